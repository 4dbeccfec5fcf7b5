"""Silence closes the minutes of a live stream; an outage of the scorers does not, or what they missed would be late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from made_news import BANK, DAY, START, news
from prometheus_client import REGISTRY
from pydantic import SecretStr
from scorer_rig import Rig, drain
from sqlalchemy import text
from stored_news import LATENESS, store

from bearometer_alerts import times
from bearometer_alerts.evaluate import Evaluator
from bearometer_shared.clock import ManualClock
from bearometer_shared.kafka.memory import MemoryBroker
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts, clocks
from bearometer_shared.storage.session import connect, transaction

LIVE = "live"
NOW = times.start(START + DAY)  # a calm day ends here
OUTAGE = timedelta(hours=3)


@pytest.fixture
def rig(postgres_url: str) -> Iterator[Rig]:
    lateness = int(LATENESS.total_seconds())
    settings = Settings(database_url=SecretStr(postgres_url), lateness_s=lateness, batch_items=8)
    database, clock = connect(settings), ManualClock(NOW)
    yield Rig(settings, database, MemoryBroker(clock=clock), clock=clock)
    database.dispose()


@pytest.fixture
def evaluator(rig: Rig) -> Iterator[Evaluator]:
    evaluator = Evaluator(rig.settings, rig.database, rig.clock, [])
    yield evaluator
    evaluator.close()


def publish(rig: Rig, n: int, title: str) -> None:
    about = {"source": f"wire {n % 5}", "published_at": rig.clock.now().isoformat()}
    rig.publish({"id": f"{title[:4]}{n}", "title": title, **about})


def publish_three_hours(rig: Rig) -> None:
    """An item each three minutes, all the while that no scorer reads; half an hour of it is the bank's."""
    for n in range(60):
        rig.clock.sleep(OUTAGE.total_seconds() / 60)
        publish(rig, n, f"Company {n} reports on the year {1900 + n}")
        if 20 <= n < 30:
            publish(rig, n, f"Branch {n} of ${BANK[1]} halted, fraud number {n * n} and loss of {n} million")


def clock(rig: Rig) -> datetime:
    with transaction(rig.database) as connection:
        found = clocks.clock(connection, LIVE, rig.clock.now(), LATENESS)
    assert found is not None
    return found


def test_a_stream_has_no_clock_before_every_partition_has_been_read_of(rig: Rig, evaluator: Evaluator) -> None:
    publish(rig, 1, "Company reports")
    scorer = rig.scorer()
    scorer.step(0)
    store(rig.database, LIVE, news(3, 1, 60), NOW)
    evaluator.look()
    assert [row.evaluated_to for row in rig.rows("SELECT evaluated_to FROM streams")] == [None]
    drain(scorer)
    assert clock(rig) == NOW - LATENESS


def test_silence_moves_the_clock_of_a_live_stream(rig: Rig) -> None:
    scorer = rig.scorer()
    publish(rig, 1, "Company reports")
    drain(scorer)
    rig.clock.sleep(3600)
    drain(scorer)
    assert clock(rig) == rig.clock.now() - LATENESS


def test_partitions_that_a_topic_made_anew_has_no_more_hold_no_clock(rig: Rig) -> None:
    publish(rig, 1, "Company reports")
    scorer = rig.scorer()
    drain(scorer)
    scorer.consumer.close()
    rig.broker.logs.clear()
    rig.broker.partitions = 2
    rig.clock.sleep(3600)
    drain(rig.scorer())
    assert [row.partition for row in rig.rows("SELECT partition FROM offsets ORDER BY 1")] == [0, 1]
    assert clock(rig) == rig.clock.now() - LATENESS


def test_operators_see_how_many_records_wait(rig: Rig) -> None:
    for n in range(2 * rig.settings.batch_items):
        publish(rig, n, f"Company {n} reports")
    scorer = rig.scorer()
    seen = []
    for _ in range(5):
        scorer.step(0)
        rig.clock.sleep(1)
        seen.append(REGISTRY.get_sample_value("bearometer_scorer_behind"))
    assert seen[0] == 2 * rig.settings.batch_items, "of partitions just sought nothing is taken yet"
    assert sorted(seen, reverse=True) == seen and seen[-1] == 0


@pytest.mark.parametrize("away", ["scorer", "kafka"])
def test_an_outage_does_not(rig: Rig, away: str) -> None:
    scorer = rig.scorer()
    publish(rig, 1, "Company reports")
    drain(scorer)
    rig.broker.down = away == "kafka"
    rig.clock.sleep(3600)
    if away == "kafka":
        drain(scorer)
    assert clock(rig) == NOW - LATENESS


def test_what_was_missed_in_an_outage_is_alerted_on_when_it_is_read(rig: Rig, evaluator: Evaluator) -> None:
    scorer = rig.scorer()
    drain(scorer)
    store(rig.database, LIVE, news(31, 1, 60), NOW)
    while evaluator.look():
        pass
    publish_three_hours(rig)
    evaluator.look()
    while read(rig) < 70:
        scorer.step(0)
        evaluator.look()
    drain(scorer)
    while evaluator.look():
        pass
    assert not rig.rows("SELECT id FROM articles WHERE late")
    with transaction(rig.database) as connection:
        [fired] = [one for one in alerts.listing(connection, LIVE) if one["key"] == BANK[1]]
    assert timedelta(hours=1) < fired["fired_at"] - NOW < timedelta(hours=1, minutes=30)


def read(rig: Rig) -> int:
    (row,) = rig.rows("SELECT sum(next) AS n FROM offsets")
    return int(row.n)


def test_a_clock_that_had_jumped_ahead_leaves_nothing_heard_in_the_future(rig: Rig) -> None:
    scorer = rig.scorer()
    publish(rig, 1, "Company reports")
    drain(scorer)
    rig.clock.sleep(DAY * 60)
    drain(scorer)
    rig.clock.at = NOW + timedelta(minutes=5)
    drain(scorer)
    with transaction(rig.database) as connection:
        assert connection.execute(text("SELECT max(heard_to) FROM offsets")).scalar() == rig.clock.now()
