"""Stories in Postgres: the same answers as in memory, kept for a restart, shared by scorers, forgotten with age."""

import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from made_stories import HALT, NOON, VALVES, item, stories
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, text

from bearometer_shared.clock import SystemClock
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.storage.stories import assign, forget
from bearometer_shared.stories import joining
from bearometer_shared.stories.joining import WINDOW, Assignment
from bearometer_shared.stories.memory import MemoryShelf
from bearometer_shared.stories.sketch import Sketch

TABLES = ("stories", "story_items", "story_versions", "story_buckets", "story_keys")


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


def stored(database: Engine, items: list[Sketch]) -> list[Assignment]:
    with transaction(database) as connection:
        return assign(connection, items)


def wire(seed: int, count: int) -> list[Sketch]:
    """Titles of a few words, many of them alike, over five days and two streams."""
    chance = random.Random(seed)  # noqa: S311 - made up, no secret
    names = [f"name{chr(97 + n)}" for n in range(12)]
    titles = [" ".join(chance.sample(names, 5)) for _ in range(count // 4)]
    return [
        item(
            f"{n:03}",
            " ".join([*chance.choice(titles).split()[: chance.randint(3, 5)], chance.choice(names)]),
            minutes=chance.randrange(5 * 1440),
            body=" ".join(chance.choices(names, k=chance.choice([0, 0, 9]))),
            stream=chance.choice(["live", "replay"]),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("size", [1, 7, 60])
def test_memory_and_postgres_give_the_same_answers(database: Engine, size: int) -> None:
    shelf, items = MemoryShelf(), wire(seed=size, count=120)
    batches = [items[n : n + size] for n in range(0, len(items), size)]
    ours = [stored(database, batch) for batch in batches]
    theirs = [joining.assign(shelf, batch) for batch in batches]
    assert ours == theirs
    assert 10 < sum(answer.is_first for batch in ours for answer in batch) < 100  # or the test compares nothing


def test_a_crowded_bucket_gives_both_the_same_newest_versions(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bearometer_shared.storage.stories.CROWD", 2)
    monkeypatch.setattr("bearometer_shared.stories.memory.CROWD", 2)
    shelf, items = MemoryShelf(), wire(seed=3, count=120)
    for n in range(0, len(items), 10):
        assert stored(database, items[n : n + 10]) == joining.assign(shelf, items[n : n + 10])


def test_a_restart_forgets_nothing(database: Engine) -> None:
    before = stored(database, [item("a", HALT), item("b", VALVES)])
    database.dispose()
    assert stored(database, [item("a", HALT), item("b", VALVES)]) == before
    assert stories(stored(database, [item("c", HALT, 9)])) == {"c": "a"}


def test_a_batch_that_is_rolled_back_leaves_nothing(database: Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(database) as connection:
        assign(connection, [item("a", HALT)])
        raise ZeroDivisionError
    assert stories(stored(database, [item("b", HALT, 1)])) == {"b": "b"}


def test_of_two_scorers_that_see_two_copies_at_once_the_second_waits_and_joins(database: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction(database) as connection:
            assign(connection, [item("a", HALT)])
            second: Future[list[Assignment]] = pool.submit(stored, database, [item("b", HALT)])
            _until_somebody_waits(database)
            assert not second.done()
        assert stories(second.result(timeout=30)) == {"b": "a"}


def test_another_stream_does_not_wait(database: Engine) -> None:
    with transaction(database) as connection:
        assign(connection, [item("a", HALT)])
        assert stories(stored(database, [item("b", HALT, stream="replay")])) == {"b": "b"}


def test_many_scorers_at_once_make_one_story_of_each_text_and_count_every_copy(database: Engine) -> None:
    batches = [[item(f"{n}-{k}", text, k) for k, text in enumerate([HALT, VALVES])] for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        said = [answer for batch in pool.map(lambda batch: stored(database, batch), batches) for answer in batch]
    for kind in ("0", "1"):
        mine = [answer for answer in said if answer.item.endswith(f"-{kind}")]
        assert len({answer.story for answer in mine}) == 1
        assert sorted(answer.copies for answer in mine) == list(range(12))


def test_what_nothing_can_join_is_forgotten_by_the_streams_own_clock(database: Engine) -> None:
    later = WINDOW + timedelta(minutes=30)
    stored(database, [item("old", HALT), item("new", VALVES, 60), item("1987", HALT, stream="replay")])
    with transaction(database) as connection:
        _clock(connection, "live", NOON + later)
        _clock(connection, "replay", NOON)
        assert forget(connection) == 1
    assert _left(database) == {"new", "1987"}
    assert stories(stored(database, [item("copy", VALVES, 61)])) == {"copy": "new"}


def test_a_stream_whose_articles_are_gone_leaves_nothing(database: Engine) -> None:
    stored(database, [item("a", HALT)])
    with transaction(database) as connection:
        _clock(connection, "live", NOON)
        connection.execute(text("DELETE FROM article_keys"))
        forget(connection)
        assert [connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in TABLES] == [0] * 5  # noqa: S608 - ours


def _clock(connection: Connection, stream: str, newest: datetime) -> None:
    """A stream whose clock stands there, with an article kept."""
    values = {"stream": stream, "newest": newest}
    connection.execute(text("INSERT INTO streams VALUES (:stream, :newest, :newest)"), values)
    connection.execute(text("INSERT INTO article_keys VALUES (:stream, 'x', 'x', '2026-03-05')"), values)


def _left(database: Engine) -> set[str]:
    with transaction(database) as connection:
        return set(connection.execute(text("SELECT article_id FROM story_versions")).scalars())


def _until_somebody_waits(database: Engine) -> None:
    """Polls Postgres until a transaction stands at an advisory lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(2000):
        with transaction(database) as connection:
            if connection.execute(waiting).scalar():
                return
        SystemClock().sleep(0.01)
    pytest.fail("the second scorer never waited")
