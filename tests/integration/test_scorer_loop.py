"""The scorer's loop over an in-memory Kafka and a real Postgres: what the promises of design section 7 say."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from scorer_rig import NOW, Rig, drain, item
from sqlalchemy import text

from bearometer_scorer.dead_letters import TooManyDeadLettersError
from bearometer_shared.entities import THRESHOLD, Gazetteer, Link, Linker
from bearometer_shared.kafka.memory import MemoryProducer
from bearometer_shared.kafka.port import NEWS_RAW, Partition
from bearometer_shared.settings import Settings
from bearometer_shared.storage import trends
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.wire import Tick, encode


class FailingLinker(Linker):
    """Fails on one word, as no linker should."""

    def __init__(self) -> None:
        super().__init__(Gazetteer())

    def link(self, text: str, when: datetime | None = None, threshold: float = THRESHOLD) -> list[Link]:
        if "POISON" in text:
            raise ValueError(text)
        return super().link(text, when, threshold)


@pytest.fixture
def rig(postgres_url: str) -> Iterator[Rig]:
    settings = Settings(database_url=SecretStr(postgres_url))
    database = connect(settings)
    yield Rig(settings, database)
    database.dispose()


def test_items_become_articles_trends_and_announcements(rig: Rig) -> None:
    rig.publish(item(1, "Shares of $ACME halted"), item(2, "Profit rises"), item(3))
    drain(rig.scorer())
    stored = rig.rows("SELECT id, sentiment, tickers FROM articles ORDER BY id")
    assert [(r.id, r.sentiment) for r in stored] == [("n1", "negative"), ("n2", "positive"), ("n3", "neutral")]
    assert stored[0].tickers == ["ACME"]
    assert sorted(rig.scored_ids()) == ["n1", "n2", "n3"]
    (total,) = rig.rows("SELECT items, negative, positive FROM trends WHERE dimension = 'all'")
    assert (total.items, total.negative, total.positive) == (3, 1, 1)
    assert rig.rows("SELECT negative FROM trends WHERE dimension = 'ticker' AND key = 'ACME'")[0].negative == 1


def test_live_trends_equal_a_rebuild_from_the_articles(rig: Rig) -> None:
    rig.publish(*(item(n, f"$TICK{'ABC'[n % 3]} falls" if n % 2 else "wins") for n in range(40)))
    drain(rig.scorer())
    with transaction(rig.database) as connection:
        assert trends.differences(connection, "live") == 0
        connection.execute(text("UPDATE trends SET negative = negative + 1 WHERE dimension = 'all'"))
        assert trends.differences(connection, "live") == 1
        trends.rebuild(connection, "live")
        assert trends.differences(connection, "live") == 0


def test_a_repeat_is_stored_once_and_announced_again(rig: Rig) -> None:
    scorer = rig.scorer()
    rig.publish(item(1), item(1))
    drain(scorer)
    rig.publish(item(1))
    drain(scorer)
    assert len(rig.rows("SELECT 1 FROM articles")) == 1
    assert rig.scored_ids() == ["n1", "n1"]
    assert rig.letters() == []


def test_a_known_id_with_another_text_can_be_read_in_the_dead_letters(rig: Rig) -> None:
    rig.publish(item(1, "first"), item(1, "second"))
    scorer = rig.scorer()
    drain(scorer)
    rig.publish(item(1, "third"))
    drain(scorer)
    assert rig.rows("SELECT title FROM articles")[0].title == "first"
    assert ["another text" in letter["reason"] for letter in rig.letters()] == [True, True]


HOSTILE = [
    b"\xff\xfe not json",
    b"[1, 2, 3]",
    b"{}",
    b'{"id": "x", "title": ""}',
    b'{"id": "old", "title": "old", "published_at": "1600-01-01T00:00:00Z"}',
    b'{"id": "v9", "title": "from the future", "v": "9.0"}',
    b'{"id": "deep", "title": ' + b"[" * 100_000,
]


def test_hostile_records_go_to_the_dead_letters_and_block_nothing(rig: Rig) -> None:
    rig.publish(*HOSTILE, item(1))
    drain(rig.scorer())
    assert [r.id for r in rig.rows("SELECT id FROM articles")] == ["n1"]
    letters = rig.letters()
    assert len(letters) == len(HOSTILE)
    assert base64.b64decode(letters[0]["value"]) in HOSTILE
    assert all(letter["reason"] and letter["topic"] == NEWS_RAW for letter in letters)


def test_odd_text_is_cleaned_and_kept(rig: Rig) -> None:
    far = {"published_at": "2600-01-01T00:00:00+00:00"}
    rig.publish(
        b'{"id": "nul", "title": "a\\u0000b", "source": "s\\u0000"}',
        b'{"id": "lone", "title": "broken \\ud800 surrogate"}',
        json.dumps({"id": "big", "title": "big", "body": "x" * 5_000_000}).encode(),
        item(7, **far),
    )
    drain(rig.scorer())
    stored = {r.id: r for r in rig.rows("SELECT id, title, future, length(body) AS body FROM articles")}
    assert set(stored) == {"nul", "lone", "big", "n7"}
    assert stored["nul"].title == "a b"
    assert stored["n7"].future


def test_a_poison_item_is_found_by_bisection_and_the_others_are_stored(rig: Rig) -> None:
    rig.serving.engine.poison = "POISON"
    rig.publish(*(item(n, "POISON" if n == 5 else "") for n in range(20)))
    drain(rig.scorer())
    assert len(rig.rows("SELECT 1 FROM articles")) == 19
    assert [letter["key"] for letter in rig.letters()] == ["n5"]


def test_an_item_that_the_linker_fails_on_goes_to_the_dead_letters_alone(rig: Rig) -> None:
    rig.publish(*(item(n, "POISON" if n == 5 else "") for n in range(20)))
    drain(rig.scorer(FailingLinker))
    assert len(rig.rows("SELECT 1 FROM articles")) == 19
    assert [letter["key"] for letter in rig.letters()] == ["n5"]


def test_a_flood_of_failures_stops_the_scorer_before_it_drains_the_topic(rig: Rig) -> None:
    rig.publish(*(b"bad %d" % n for n in range(250)))
    with pytest.raises(TooManyDeadLettersError):
        drain(rig.scorer())
    assert rig.letters() == []
    assert {r.next for r in rig.rows("SELECT next FROM offsets")} == {0}


def test_a_crash_after_the_transaction_announces_again(rig: Rig) -> None:
    """Stored but not announced: a new scorer reads from `announced` and sends them again, storing nothing twice."""
    rig.publish(item(1), item(2))
    first = rig.scorer()
    first.producer.send = lambda *a, **k: None  # type: ignore[method-assign]  # it dies before anything is sent
    drain(first, 3)  # the first step only takes the partitions over, the second has the batch scored
    first.consumer.close()
    assert len(rig.rows("SELECT 1 FROM articles")) == 2
    assert rig.scored_ids() == []
    drain(rig.scorer())
    assert len(rig.rows("SELECT 1 FROM articles")) == 2
    assert sorted(rig.scored_ids()) == ["n1", "n2"]


@pytest.mark.parametrize("read", [0, 1], ids=["nothing", "one batch"])
def test_what_a_new_owner_has_not_read_again_does_not_count_as_announced(rig: Rig, read: int) -> None:
    """It takes over what was stored and not announced, reads some of it, waits for Kafka's next answer, and dies."""
    rig.publish(*(item(n) for n in range(30)))
    first = rig.scorer()
    first.producer.send = lambda *a, **k: None  # type: ignore[method-assign]  # it dies before anything is sent
    drain(first, 3)
    first.consumer.close()
    rig.settings = rig.settings.model_copy(update={"batch_items": 10})
    second = rig.scorer()
    drain(second, 1 + read)
    second.consumer.poll = lambda timeout_s, max_records: []  # type: ignore[method-assign]
    drain(second, 3)
    second.consumer.close()
    drain(rig.scorer())
    assert len(rig.rows("SELECT 1 FROM articles")) == 30
    assert set(rig.scored_ids()) == {f"n{n}" for n in range(30)}


def test_another_owner_fences_a_scorer_that_does_not_know_it_yet(rig: Rig) -> None:
    zombie = rig.scorer()
    rig.publish(item(1))
    drain(zombie)
    with transaction(rig.database) as connection:  # another owner has moved on
        connection.execute(text("UPDATE offsets SET next = next + 1, announced = next + 1"))
    rig.publish(item(2))
    drain(zombie, 2)
    assert {r.id for r in rig.rows("SELECT id FROM articles")} == {"n1"}


def test_a_scorer_that_another_has_outrun_stops_without_an_error(rig: Rig) -> None:
    zombie = rig.scorer()
    rig.publish(item(1))
    drain(zombie, 3)  # stored, and sent, and not noted as announced
    with transaction(rig.database) as connection:
        connection.execute(text("UPDATE offsets SET next = next + 1"))
    zombie.close()


def test_a_topic_made_anew_is_read_from_its_beginning(rig: Rig) -> None:
    rig.publish(*(item(n) for n in range(9)))
    drain(rig.scorer())
    rig.broker.logs.clear()
    rig.broker.groups.clear()
    rig.publish(item(100))
    drain(rig.scorer())
    assert "n100" in {r.id for r in rig.rows("SELECT id FROM articles")}


def test_kafka_away_is_a_delay(rig: Rig) -> None:
    scorer = rig.scorer()
    rig.publish(item(1))
    drain(scorer)
    rig.broker.down = True
    drain(scorer, 3)
    rig.broker.down = False
    rig.publish(item(2))
    drain(scorer)
    assert {r.id for r in rig.rows("SELECT id FROM articles")} == {"n1", "n2"}
    assert set(rig.scored_ids()) == {"n1", "n2"}


def test_late_items_are_counted_apart(rig: Rig) -> None:
    scorer = rig.scorer()
    rig.publish(item(1))
    drain(scorer)
    rig.publish(item(2, "old loss", published_at=(NOW - timedelta(hours=3)).isoformat()))
    drain(scorer)
    found = {r.id: r.late for r in rig.rows("SELECT id, late FROM articles")}
    assert found == {"n1": False, "n2": True}
    assert rig.rows("SELECT sum(late_negative) AS n FROM trends WHERE dimension = 'all'")[0].n == 1


def test_the_batch_that_opens_a_stream_holds_nothing_late(rig: Rig) -> None:
    rig.publish(*(item(n, published_at=(NOW - timedelta(hours=n)).isoformat()) for n in range(9)))
    scorer = rig.scorer()
    drain(scorer)
    assert {r.late for r in rig.rows("SELECT late FROM articles")} == {False}


def test_a_replayed_stream_is_late_only_behind_its_slowest_partition(rig: Rig) -> None:
    producer, start = MemoryProducer(rig.broker), NOW - timedelta(days=30)
    tick: Callable[[datetime], bytes] = lambda at: encode(Tick(stream="old", event_time=at, partitions=3))  # noqa: E731
    for number in range(3):
        producer.send(NEWS_RAW, "tick", tick(start), number)
    producer.flush()
    scorer = rig.scorer()
    drain(scorer)
    producer.send(NEWS_RAW, "tick", tick(start + timedelta(hours=5)), 0)
    producer.flush()
    drain(scorer)
    rig.publish(item(1, stream="old", published_at=(start + timedelta(hours=9)).isoformat()))
    drain(scorer)
    rig.publish(item(2, stream="old", published_at=(start + timedelta(hours=1)).isoformat()))
    drain(scorer)
    assert {r.late for r in rig.rows("SELECT late FROM articles")} == {False}
    assert rig.rows("SELECT min(event_time) AS least FROM stream_ticks")[0].least == start
    assert rig.broker.logs[Partition(NEWS_RAW, 0)]
