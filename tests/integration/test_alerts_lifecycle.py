"""From stored news to alert rows over real Postgres: lives, clocks, lateness, one evaluator a stream."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from made_news import BANK, DAY, START, Item, burst, by_minute, news
from pydantic import SecretStr
from sqlalchemy import Engine, text
from stored_news import LATENESS, store, tick

from bearometer_alerts import app, times
from bearometer_alerts.detector import Detector
from bearometer_alerts.evaluate import Evaluator
from bearometer_alerts.recording import KAFKA, WEBHOOK
from bearometer_alerts.rulebook import Rulebook
from bearometer_alerts.stream import Stream
from bearometer_alerts.usual import Key
from bearometer_shared.clock import ManualClock, SystemClock
from bearometer_shared.service import Stopping
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts, baselines, clocks
from bearometer_shared.storage.session import connect, transaction

LIVE, REPLAY = "live", "replay"
NOW = times.start(START + DAY)  # the calm day ends here
CALM = list(news(31, 1, per_hour=60))
Row = dict[str, Any]


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=SecretStr(postgres_url), lateness_s=int(LATENESS.total_seconds()), tick_s=5)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = connect(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def evaluator(settings: Settings, engine: Engine, clock: ManualClock) -> Iterator[Evaluator]:
    evaluator = Evaluator(settings, engine, clock, [KAFKA, WEBHOOK])
    yield evaluator
    evaluator.close()


def look(evaluator: Evaluator) -> None:
    """Until there is no more to close."""
    while evaluator.look():
        pass


def store_in_order(engine: Engine, items: list[Item], now: datetime) -> None:
    """Stores live items in two batches, the first of one item: what a batch makes late begins with the next."""
    assert store(engine, LIVE, items[:1], now) == store(engine, LIVE, items[1:], now) == 0


def found(engine: Engine, stream: str, key: str = BANK[1]) -> list[Row]:
    """A key's alerts, oldest first, with their histories."""
    with transaction(engine) as connection:
        ids = [row["id"] for row in alerts.listing(connection, stream) if row["key"] == key]
        return [alert for id in sorted(ids) if (alert := alerts.get(connection, id))]


def closed_to(engine: Engine, stream: str) -> datetime | None:
    with transaction(engine) as connection:
        rows = clocks.streams(connection, NOW, LATENESS)
    return next((row["evaluated_to"] for row in rows if row["name"] == stream), None)


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def states(alert: Row) -> list[str]:
    """In order; an alert that got worse while firing tells so with another step."""
    return list(dict.fromkeys(step["state"] for step in alert["history"]))


def test_a_replay_is_alerted_on_up_to_its_least_tick_and_no_further(engine: Engine, evaluator: Evaluator) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 60), partitions=[0])
    look(evaluator)
    assert not found(engine, REPLAY)  # the other partition may hold anything yet
    tick(engine, REPLAY, times.start(START + DAY + 60), partitions=[1])
    look(evaluator)
    [alert] = found(engine, REPLAY)
    assert states(alert) == ["pending", "firing"]
    assert alert["state"] == "firing"
    assert alert["fired_at"] <= times.start(START + DAY + 20)


def test_an_alert_lives_from_pending_to_resolved_with_every_step_kept(engine: Engine, evaluator: Evaluator) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8), *news(32, 1 / 4, 60, start=START + DAY)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 300))
    look(evaluator)
    [alert] = found(engine, REPLAY)
    assert states(alert) == ["pending", "firing", "resolved"]
    assert alert["pending_at"] <= alert["fired_at"] < alert["resolved_at"] < times.start(START + DAY + 150)
    assert {step["actor"] for step in alert["history"]} == {"detector"}
    assert all(step["recorded_at"] == NOW for step in alert["history"])
    with transaction(engine) as connection:
        assert alerts.listing(connection, REPLAY, ["firing"]) == []
        assert BANK[1] in [row["key"] for row in alerts.listing(connection, REPLAY, ["resolved"])]


def test_the_evidence_is_what_the_window_held(engine: Engine, evaluator: Evaluator) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 12, 12)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 13))
    look(evaluator)
    [alert] = found(engine, REPLAY)
    evidence = alert["evidence"]
    assert alert["observed"] == evidence["observed"] >= 4
    assert alert["model_version"] == "m1"
    assert evidence["sources"] == min(5, alert["observed"])
    assert len(evidence["top"]) == min(10, alert["observed"])
    assert evidence["top"][0]["title"] == "Trouble at CRWB"
    assert evidence["top"][0]["score"] == -0.85
    assert datetime.fromisoformat(evidence["until"]) - datetime.fromisoformat(evidence["since"]) == timedelta(hours=1)


def test_a_live_stream_fires_on_open_minutes_and_resolves_once_they_are_closed(
    engine: Engine, evaluator: Evaluator, clock: ManualClock
) -> None:
    store_in_order(engine, CALM, NOW)
    look(evaluator)
    clock.sleep(5 * 60)
    store(engine, LIVE, burst(START + DAY, 5, 8), clock.now())
    look(evaluator)
    [alert] = found(engine, LIVE)
    assert alert["state"] == "firing"
    closed = closed_to(engine, LIVE)
    assert closed
    assert closed < times.start(START + DAY) <= alert["fired_at"] <= times.start(START + DAY + 4)
    clock.sleep(3 * 3600)  # silence moves the clock of a live stream
    look(evaluator)
    [alert] = found(engine, LIVE)
    assert states(alert) == ["pending", "firing", "resolved"]


def test_late_items_are_stored_and_never_alerted_on(engine: Engine, evaluator: Evaluator, clock: ManualClock) -> None:
    store_in_order(engine, CALM, NOW)
    clock.sleep(3600)
    look(evaluator)
    assert store(engine, LIVE, burst(START + DAY, 30, 20), clock.now()) == 20
    look(evaluator)
    clock.sleep(3600)
    look(evaluator)
    assert not found(engine, LIVE)


def test_what_was_closed_under_the_lock_is_late_for_the_next_batch(
    engine: Engine, evaluator: Evaluator, clock: ManualClock
) -> None:
    """Silence closed minutes that the newest event alone would leave open."""
    store_in_order(engine, CALM, NOW)
    clock.sleep(30 * 60)
    look(evaluator)
    assert store(engine, LIVE, burst(START + DAY + 5, 5, 5), clock.now()) == 5


def test_a_stream_is_heard_again_in_the_look_after_a_clock_that_jumped_has_come_back(
    engine: Engine, evaluator: Evaluator, clock: ManualClock
) -> None:
    """What it closed as silent while it was a year ahead is open again, and what was usual is known again."""
    store_in_order(engine, CALM, NOW)
    look(evaluator)
    clock.sleep(400 * 86400)
    look(evaluator)
    assert closed_to(engine, LIVE) > NOW + timedelta(days=399)
    clock.at = NOW + timedelta(minutes=5)
    look(evaluator)
    assert store(engine, LIVE, burst(START + DAY, 5, 8), clock.now()) == 0
    look(evaluator)
    assert [alert["state"] for alert in found(engine, LIVE)] == ["firing"]


def test_an_event_that_a_clock_ahead_has_dated_makes_nothing_late(engine: Engine, clock: ManualClock) -> None:
    store_in_order(engine, [*CALM, *burst(START + 400 * DAY, 1, 1)], NOW)
    assert store(engine, LIVE, burst(START + DAY, 5, 8), clock.now()) == 0


def test_looking_again_changes_nothing(engine: Engine, evaluator: Evaluator) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 60))
    look(evaluator)
    before = found(engine, REPLAY)
    look(evaluator)
    assert found(engine, REPLAY) == before


def test_a_replay_in_parts_with_take_overs_raises_what_one_run_raises(
    settings: Settings, engine: Engine, clock: ManualClock
) -> None:
    items = [*CALM, *burst(START + DAY - 600, 45, 20), *burst(START + DAY - 200, 30, 9)]
    for stream in ("whole", "parts"):
        tick(engine, stream, times.start(START))
        store(engine, stream, items, NOW)
    tick(engine, "whole", times.start(START + DAY))
    with_one(settings, engine, clock)
    for minute in range(START, START + DAY + 1, 97):
        tick(engine, "parts", times.start(minute))
        with_one(settings, engine, clock)
    tick(engine, "parts", times.start(START + DAY))
    with_one(settings, engine, clock)
    whole, parts = ([_outline(alert) for alert in found(engine, stream)] for stream in ("whole", "parts"))
    assert whole == parts != []


def _outline(alert: Row) -> list[Any]:
    return [[step["state"], step["at"], step["note"]] for step in alert["history"]]


def with_one(settings: Settings, engine: Engine, clock: ManualClock) -> None:
    """An evaluator that starts, looks and is gone."""
    evaluator = Evaluator(settings, engine, clock, [KAFKA])
    look(evaluator)
    evaluator.close()


def test_the_rows_say_what_a_detector_without_database_says(engine: Engine, evaluator: Evaluator) -> None:
    """So that a back-test can run the very same code."""
    items = [*CALM, *burst(START + DAY, 20, 8)]
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, items, NOW)
    tick(engine, REPLAY, times.start(START + DAY + 200))
    look(evaluator)
    steps = Detector(START).run(by_minute(items), START + DAY + 200)
    expected = [(step.phase, times.start(step.minute + 1)) for step in steps if step.key == BANK]
    [alert] = found(engine, REPLAY)
    assert [(step["state"], step["at"]) for step in alert["history"]] == expected


def test_one_evaluator_a_stream_and_another_stands_by_until_it_is_gone(
    settings: Settings, engine: Engine, clock: ManualClock
) -> None:
    active, standby = (Evaluator(settings, engine, clock, []) for _ in range(2))
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    look(active)
    tick(engine, REPLAY, times.start(START + DAY + 60))
    look(standby)
    assert not found(engine, REPLAY)
    active.close()

    def told() -> bool:
        look(standby)
        return bool(found(engine, REPLAY))

    until(told)  # Postgres lets go of the lock once it has seen that the session is gone
    assert [states(alert) for alert in found(engine, REPLAY)] == [["pending", "firing"]]
    standby.close()


def test_minutes_that_an_owner_before_closed_in_the_last_moment_are_not_closed_again_unseen(
    settings: Settings, engine: Engine, clock: ManualClock, evaluator: Evaluator
) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    with transaction(engine) as connection:
        [stale] = clocks.positions(connection, NOW, LATENESS)
    before = Evaluator(settings, engine, clock, [])
    look(before)
    before.close()
    tick(engine, REPLAY, times.start(START + DAY + 60))
    closed = closed_to(engine, REPLAY)
    with engine.connect() as connection:
        late = Stream(connection, REPLAY, Rulebook(settings), [], clock, LATENESS)
        assert late.advance(stale, None, None), "there is more to close"
    assert closed_to(engine, REPLAY) == closed
    look(evaluator)
    assert [states(alert) for alert in found(engine, REPLAY)] == [["pending", "firing"]]


def test_an_evaluator_that_lost_its_connection_writes_nothing_more_and_recovers(
    engine: Engine, evaluator: Evaluator
) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    look(evaluator)
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid, 30000) FROM pg_locks WHERE locktype = 'advisory'"))
    tick(engine, REPLAY, times.start(START + DAY + 60))
    with pytest.raises(Exception, match=r"terminating|closed|lost"):
        evaluator.look()
    assert not evaluator.connected
    look(evaluator)
    assert [states(alert) for alert in found(engine, REPLAY)] == [["pending", "firing"]]


def test_a_failure_in_the_middle_leaves_neither_alert_nor_progress(
    engine: Engine, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 60))
    with monkeypatch.context() as broken:
        broken.setattr(clocks, "close", _fail)
        with pytest.raises(ZeroDivisionError):
            look(evaluator)
    assert not found(engine, REPLAY)
    with transaction(engine) as connection:
        assert not baselines.load(connection, REPLAY, "spike")
    look(evaluator)
    assert [states(alert) for alert in found(engine, REPLAY)] == [["pending", "firing"]]


def _fail(*_: object) -> None:
    raise ZeroDivisionError


def test_a_stream_that_is_gone_or_has_no_clock_is_passed_over(
    engine: Engine, evaluator: Evaluator, clock: ManualClock
) -> None:
    tick(engine, "only-ticks", NOW)
    store(engine, REPLAY, CALM, NOW)
    look(evaluator)
    with transaction(engine) as connection:
        assert clocks.clock(connection, "only-ticks", NOW, LATENESS) == NOW
        assert clocks.clock(connection, "nobody", NOW, LATENESS) is None
        connection.execute(text("DELETE FROM streams; DELETE FROM trends"))
    look(evaluator)
    store(engine, REPLAY, CALM, NOW)
    look(evaluator)


def test_months_of_silence_are_passed_in_a_step(engine: Engine, evaluator: Evaluator) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + 150 * DAY, 20, 3)], NOW)
    tick(engine, REPLAY, times.start(START + 150 * DAY + 60))
    passes = 1
    while evaluator.look():
        passes += 1
    assert passes <= 4
    assert not found(engine, REPLAY)


def test_the_service_hears_of_a_batch_before_its_next_poll_and_outlives_its_connections(
    settings: Settings, engine: Engine
) -> None:
    """Polling is every five seconds here; the notification brings the alert at once."""
    wall = SystemClock()
    now = wall.now()
    begin = times.number(now) - DAY - 5
    store_in_order(engine, list(news(33, 1, per_hour=60, start=begin - begin % 60)), now)
    stopping = Stopping()
    thread = threading.Thread(target=app.serve, args=(settings, [], stopping))
    thread.start()
    try:
        until(lambda: closed_to(engine, LIVE) is not None)
        store(engine, LIVE, burst(times.number(now) - 3, 3, 10), wall.now())
        until(lambda: firing(engine, BANK), seconds=4)
        kick_out_the_others(engine)
        other = ("ticker", "GRBN")
        store(engine, LIVE, burst(times.number(now) - 3, 3, 10, other), wall.now())
        until(lambda: firing(engine, other))
    finally:
        stopping.set()
        thread.join()


def firing(engine: Engine, key: Key) -> bool:
    return [alert["state"] for alert in found(engine, LIVE, key[1])] == ["firing"]


def kick_out_the_others(engine: Engine) -> None:
    """What a restart of the server does to every connection but this one."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with transaction(engine) as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid, 30000) {others}"))
