"""Stories on their way through the scorer: counted once for each key, whatever comes twice, late, at once or anew."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from lexicon import LexiconEngine
from pydantic import SecretStr
from scorer_rig import NOW, Rig, drain, item
from sqlalchemy import text

from bearometer_alerts import minutes, times
from bearometer_alerts.detector import Minute
from bearometer_alerts.evaluate import Evaluator
from bearometer_scorer import scoring
from bearometer_scorer.scoring import rows, score_all
from bearometer_shared.entities import Gazetteer, Linker
from bearometer_shared.kafka.memory import MemoryProducer
from bearometer_shared.kafka.port import NEWS_RAW, NEWS_SCORED
from bearometer_shared.settings import Settings
from bearometer_shared.storage import articles, retention, stories, streams, trends
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.wire import Scored, Tick, encode, news_item

HALT = "Corwen Bank halted after regulator opens probe $CRWB"
MINUTE = timedelta(minutes=1)
FACTS = "dimension, key, minute, items, negative, late_items, stories, negative_stories"
STORED = f"SELECT {FACTS} FROM trends ORDER BY dimension, key, minute"  # noqa: S608 - constants
STORY_KEYS = "SELECT * FROM story_keys ORDER BY stream, story, dimension, key"


@pytest.fixture
def rig(postgres_url: str) -> Iterator[Rig]:
    rig = rig_of(postgres_url)
    yield rig
    rig.database.dispose()


def rig_of(postgres_url: str, **settings: Any) -> Rig:
    given = Settings(database_url=SecretStr(postgres_url), **settings)
    return Rig(given, connect(given))


def at(ago: float) -> str:
    """So many minutes ago."""
    return (NOW - ago * MINUTE).isoformat()


def total(rig: Rig, dimension: str = "all") -> tuple[int, ...]:
    """Items, negative ones, stories and negative stories, over all keys and minutes of a dimension."""
    names = ("items", "negative", "stories", "negative_stories")
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
    return tuple(rig.rows(f"SELECT {sums} FROM trends WHERE dimension = '{dimension}'")[0])  # noqa: S608 - ours


def told(rig: Rig) -> list[Minute]:
    """What the detector is handed."""
    with transaction(rig.database) as connection:
        return list(minutes.read(connection, "live", NOW - timedelta(days=9), None))


def wire(seed: int, count: int) -> list[dict[str, Any]]:
    """Forty texts told again and again, over an hour and out of order: copies differ in source, tickers, and mood."""
    chance = random.Random(seed)  # noqa: S311 - made up, no secret
    names = [f"name{chr(97 + n)}{chr(97 + k)}" for n in range(20) for k in range(20)]
    texts = [" ".join(chance.sample(names, 6)) for _ in range(40)]
    return [
        item(
            n,
            f"{chance.choice(texts)} {chance.choice(['', 'falls', 'rises'])}".strip(),
            published_at=at(chance.uniform(1, 60)),
            source=f"source {chance.randrange(6)}",
            tickers=chance.sample(["AAA", "BBB", "CCC"], chance.randrange(3)),
        )
        for n in range(count)
    ]


def test_copies_are_heat_and_count_once_for_each_of_their_keys(rig: Rig) -> None:
    rig.publish(*(item(n, HALT, published_at=at(9 - n), source=f"s{n}") for n in range(5)), item(9, "Profit rises"))
    drain(rig.scorer())
    found = {row.id: row.story for row in rig.rows("SELECT id, story FROM articles")}
    assert found == {"n9": "n9"} | {f"n{n}": "n0" for n in range(5)}
    assert total(rig) == (6, 5, 2, 1)
    assert total(rig, "ticker") == (5, 5, 1, 1)
    assert total(rig, "source") == (6, 5, 6, 5)  # a source has told it, once
    announced = [Scored.model_validate_json(record.value) for record in rig.topic(NEWS_SCORED)]
    assert {message.article_id: message.story for message in announced} == found


def test_a_copy_an_hour_later_is_no_new_evidence_but_a_worse_one_is(rig: Rig) -> None:
    mild = "Corwen Bank and its regulator talk about the branches in Ostrander"
    scorer = rig.scorer()
    for ago, title in ((70, mild), (5, mild), (4, f"{mild} fraud"), (3, f"{mild} fraud")):
        rig.publish(item(ago, title, published_at=at(ago)))
        drain(scorer)
    first, worse = (times.number(NOW - ago * MINUTE) for ago in (70, 4))
    seen = [(minute.at, minute.items, minute.negatives.get(("all", "all"), 0)) for minute in told(rig)]
    assert seen == [(first, 1, 0), (worse, 0, 1)]
    assert total(rig) == (4, 2, 1, 1)


def test_an_earlier_item_that_comes_later_takes_the_count_to_its_minute(rig: Rig) -> None:
    scorer = rig.scorer()
    for n, ago in enumerate((4, 6, 5)):
        rig.publish(item(n, HALT, published_at=at(ago)))
        drain(scorer)
    assert [(minute.at, minute.items) for minute in told(rig)] == [(times.number(NOW - 6 * MINUTE), 1)]
    assert total(rig) == (3, 3, 1, 1)


def test_what_is_late_tells_no_story_in_time(rig: Rig) -> None:
    scorer = rig.scorer()
    for n, (title, ago) in enumerate((("Profit rises", 1), (HALT, 180), (HALT, 2))):
        rig.publish(item(n, title, published_at=at(ago)))
        drain(scorer)
    assert rig.rows("SELECT story FROM articles WHERE id = 'n2'")[0].story == "n1"
    assert [(minute.at, minute.items) for minute in told(rig)] == [
        (times.number(NOW - ago * MINUTE), 1) for ago in (2, 1)
    ]


@pytest.mark.parametrize("batch", [5, 64])
def test_trends_equal_a_rebuild_and_go_on_from_one(postgres_url: str, batch: int) -> None:
    rig = rig_of(postgres_url, batch_items=batch)
    scorer, items = rig.scorer(), wire(1, 150)
    rig.publish(item(999, "Profit rises"))
    drain(scorer)
    rig.publish(*items[:100])
    drain(scorer, 25)
    assert {row.late for row in rig.rows("SELECT DISTINCT late FROM articles")} == {False, True}
    before, kept = rig.rows(STORED), rig.rows(STORY_KEYS)
    with transaction(rig.database) as connection:
        assert trends.differences(connection, "live") == 0
        connection.execute(text("UPDATE trends SET stories = stories + 1 WHERE dimension = 'all'"))
        connection.execute(text("DELETE FROM story_keys WHERE dimension = 'ticker'"))
        assert trends.differences(connection, "live") > 0
        trends.rebuild(connection, "live")
    assert (rig.rows(STORED), rig.rows(STORY_KEYS)) == (before, kept)
    rig.publish(*items[100:])
    drain(scorer, 15)
    with transaction(rig.database) as connection:
        assert trends.differences(connection, "live") == 0
    assert total(rig)[0] == 151
    rig.database.dispose()


def test_how_news_is_cut_into_batches_changes_no_count(postgres_url: str) -> None:
    found = []
    for size in (7, 150):
        rig = rig_of(postgres_url, batch_items=size, lateness_s=7200)
        rig.publish(*({**one, "stream": f"in-{size}"} for one in wire(2, 150)))
        drain(rig.scorer(), 30)
        found.append([tuple(row) for row in rig.rows(STORED.replace("ORDER", f"WHERE stream = 'in-{size}' ORDER"))])
        for table in ("offsets", "streams"):
            rig.rows(f"DELETE FROM {table} RETURNING 1")  # noqa: S608 - ours
        rig.database.dispose()
    assert found[0] == found[1] != []


def test_two_scorers_that_race_count_a_story_once(rig: Rig) -> None:
    """Each of forty batches holds a copy of the same two texts."""
    linker, engine, lateness = Linker(Gazetteer()), LexiconEngine(), timedelta(hours=1)

    def store(n: int) -> None:
        raw = [item(2 * n + k, title, published_at=at(n % 7)) for k, title in enumerate((HALT, "Profit rises"))]
        scored, _ = score_all(engine, linker, [news_item(one, received_at=NOW) for one in raw])  # type: ignore[arg-type]  # the lexicon has the engine's face
        with transaction(rig.database) as connection:
            on_time = streams.lock(connection, {"live": max(one.item.published_at for one in scored)}, NOW, lateness)
            articles.claim(connection, [one.item for one in scored], NOW.date())
            said = stories.assign(connection, [one.sketch for one in scored])
            made = rows(scored, said, on_time, version="v", now=NOW)
            articles.insert(connection, made)
            trends.add(connection, made)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store, range(40)))
    assert total(rig) == (80, 40, 2, 1)
    with transaction(rig.database) as connection:
        assert trends.differences(connection, "live") == 0


def test_what_is_stored_again_after_a_crash_counts_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies with its work done and nothing committed, then with all committed and nothing announced."""
    rig.publish(item(1, HALT), item(2, HALT))
    with monkeypatch.context() as dying:
        dying.setattr(trends, "add", _then_die(trends.add))
        with pytest.raises(ZeroDivisionError):
            drain(rig.scorer())
    assert rig.rows("SELECT 1 FROM story_keys") == rig.rows("SELECT 1 FROM stories") == []
    rig.broker.groups.clear()
    with monkeypatch.context() as dying:
        dying.setattr(MemoryProducer, "send", _then_die(lambda *_: None))
        with pytest.raises(ZeroDivisionError):
            drain(rig.scorer())
    assert total(rig) == (2, 2, 1, 1)
    rig.broker.groups.clear()
    rig.publish(item(2, HALT), item(3, HALT))
    drain(rig.scorer())
    assert total(rig) == (3, 3, 1, 1)
    assert rig.rows("SELECT items FROM stories")[0].items == 3


def _then_die(work: Callable[..., None]) -> Callable[..., None]:
    def dying(*given: Any) -> None:
        work(*given)
        raise ZeroDivisionError

    return dying


def test_a_text_that_cannot_be_sketched_goes_to_the_dead_letters_alone(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    sketch = scoring.sketch
    monkeypatch.setattr(scoring, "sketch", lambda one: sketch(one) if "POISON" not in one.title else 1 / 0)
    rig.publish(*(item(n, "POISON" if n == 5 else "") for n in range(20)))
    drain(rig.scorer())
    assert len(rig.rows("SELECT 1 FROM articles")) == 19
    assert [(letter["key"], "ZeroDivisionError" in letter["reason"]) for letter in rig.letters()] == [("n5", True)]


def test_where_a_forgotten_story_counted_is_forgotten_a_run_later(rig: Rig) -> None:
    rig.publish(item(1, HALT), item(2, "Profit rises"))
    drain(rig.scorer())
    left = []
    with transaction(rig.database) as connection:
        connection.execute(text("UPDATE streams SET newest_event = newest_event + interval '10 days'"))
        for _ in range(2):
            retention.clean(connection, NOW, 90)
            left.append(connection.execute(text("SELECT count(DISTINCT story) FROM story_keys")).scalar())
    assert left == [2, 0]


def day_of_news(bad: list[str]) -> list[dict[str, Any]]:
    """Ten hours of calm news, one item in ten negative and no two alike; then the bad items, one a minute."""
    chance = random.Random(3)  # noqa: S311 - made up, no secret
    names = [f"name{chr(97 + n)}{chr(97 + k)}" for n in range(26) for k in range(26)]
    calm = [
        item(n, " ".join([*chance.sample(names, 6), "$CALM", "loss" if n % 10 == 0 else "meets"]), published_at=at(ago))
        for n, ago in enumerate(range(700, 100, -1))
    ]
    burst = [
        item(1000 + n, title, published_at=at(100 - n), source=f"source {n}", tickers=["CRWB"])
        for n, title in enumerate(bad)
    ]
    return [one | {"stream": "replay"} for one in calm + burst]


def ticks(rig: Rig, moment: datetime) -> None:
    producer = MemoryProducer(rig.broker)
    for number in range(rig.broker.partitions):
        producer.send(NEWS_RAW, "tick", encode(Tick(stream="replay", event_time=moment, partitions=3)), number)
    producer.flush()


SEPARATE = [" ".join(f"word{chr(97 + n)}{chr(97 + k)}" for k in range(6)) + " fraud" for n in range(24)]


@pytest.mark.parametrize(("bad", "alerts"), [([HALT] * 24, 0), (SEPARATE, 1)], ids=["copies", "separate stories"])
def test_copies_raise_no_alert_where_as_many_stories_do(rig: Rig, bad: list[str], alerts: int) -> None:
    scorer = rig.scorer()
    ticks(rig, NOW - timedelta(days=1))
    drain(scorer)
    rig.publish(*day_of_news(bad))
    drain(scorer)
    ticks(rig, NOW)
    drain(scorer)
    assert rig.rows("SELECT sum(negative) AS n FROM trends WHERE key = 'CRWB'")[0].n == 24
    evaluator = Evaluator(rig.settings, rig.database, rig.clock, [])
    while evaluator.look():
        pass
    evaluator.close()
    assert len(rig.rows("SELECT 1 FROM alerts WHERE dimension = 'ticker' AND fired_at IS NOT NULL")) == alerts
