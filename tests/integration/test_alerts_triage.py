"""People, detector and timer on the same rows: what is kept, what is told, and what happens when two come at once."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from bearometer_alerts import card, telling
from bearometer_alerts.detector import Step
from bearometer_alerts.following import FollowUp
from bearometer_alerts.lifecycle import Phase, Verdict
from bearometer_alerts.recording import Recorder
from bearometer_alerts.rule import SPIKE
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts, silences, triage
from bearometer_shared.storage.alert_tables import Outbox
from bearometer_shared.storage.news_tables import StreamTick
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.storage.silences import NewSilence
from bearometer_shared.triage import Ask, When, WrongMoveError

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHANNELS = ("kafka", "webhook", "mail")
Row = dict[str, Any]


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)), pool=8)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the evidence holds is another test's matter."""
    monkeypatch.setattr(card, "evidence_of", lambda *_: {"model_versions": ["m1"]})


def moment(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def detect(engine: Engine, phase: Phase, minutes: float = 0, severity: str = "elevated", stream: str = "live") -> None:
    """A step of the detector; event time and the wall agree."""
    step = Step(("ticker", "CRWB"), phase, 0, severity, phase != "pending", Verdict(9, 1.5, 1e-9, 0.1, 40))
    with transaction(engine) as connection:
        Recorder(connection, stream, SPIKE, CHANNELS, moment(minutes)).write([step], moment(minutes))


def fire(engine: Engine, minutes: float = 0, severity: str = "elevated", stream: str = "live") -> None:
    detect(engine, "pending", minutes, severity, stream)
    detect(engine, "firing", minutes, severity, stream)


def follow_up(engine: Engine, minutes: float) -> None:
    with transaction(engine) as connection:
        FollowUp(connection, CHANNELS, moment(minutes)).run()


def act(engine: Engine, action: Any, minutes: float = 0, id: int = 1, **more: Any) -> None:
    with transaction(engine) as connection:
        assert triage.act(connection, id, Ask(action, "ana", **more), moment(minutes))


def silence(engine: Engine, minutes: float, **matchers: str) -> None:
    with transaction(engine) as connection:
        new = NewSilence("ana", "results", NOON, moment(minutes), **matchers)
        silences.add(connection, new, NOON)


def alert(engine: Engine, id: int = 1) -> Row:
    with transaction(engine) as connection:
        return alerts.get(connection, id) or {}


def states(engine: Engine) -> list[str]:
    """Of every alert, oldest first."""
    with transaction(engine) as connection:
        return [row["state"] for row in reversed(alerts.listing(connection))]


def steps(engine: Engine, id: int = 1) -> list[str]:
    return [step["state"] for step in alert(engine, id)["history"]]


def told(engine: Engine, channel: str = "webhook") -> list[Row]:
    """What a channel was given, in order."""
    with transaction(engine) as connection:
        query = select(Outbox.payload).where(Outbox.channel == channel).order_by(Outbox.sequence)
        return list(connection.execute(query).scalars())


def heard(engine: Engine) -> list[tuple[str, int]]:
    """Whether it fires or is over, and the escalation, of each notice to people."""
    assert [one["data"]["note"] for one in told(engine)] == [one["data"]["note"] for one in told(engine, "mail")]
    return [(one["data"]["state"], one["data"]["escalation"]) for one in told(engine)]


def at_once(*works: Callable[[], None]) -> list[BaseException]:
    """Runs works at the same time; what they raised."""
    failures: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait()
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


FIRING, OVER = ("firing", 0), ("resolved", 0)


def test_every_step_stays_with_actor_and_both_times_and_programs_hear_of_each(engine: Engine) -> None:
    fire(engine)
    act(engine, "acknowledge", 1)
    act(engine, "assign", 2, assignee="ben", note="knows banks")
    act(engine, "verdict", 3, verdict="true", note="the bank confirms")
    act(engine, "resolve", 4)
    act(engine, "note", 5, note="see the minutes")
    act(engine, "reopen", 6)
    row = alert(engine)
    names = ["pending", "firing", "acknowledged", "assigned", "judged", "resolved", "noted", "reopened"]
    assert steps(engine) == names
    assert [event["state"] for event in told(engine, "kafka")] == names
    assert told(engine, "kafka")[3]["actor"] == "ana"
    assigned = row["history"][3]
    assert (assigned["at"], assigned["recorded_at"]) == (moment(2), moment(2))
    assert (assigned["actor"], assigned["note"]) == ("ana", "to ben: knows banks")
    assert (row["state"], row["assignee"]) == ("firing", "ben")
    assert (row["verdict"], row["verdict_reason"]) == ("true", "the bank confirms")
    assert (row["resolved_at"], row["acknowledged_by"]) == (None, None)


def test_the_event_time_of_a_persons_step_is_the_clock_of_a_replay(engine: Engine) -> None:
    long_ago = datetime(1987, 6, 19, 12, tzinfo=UTC)
    step = Step(("ticker", "CRWB"), "pending", 0, "watch", False, Verdict(9, 1.5, 1e-9, 0.1, 40))
    with transaction(engine) as connection:
        connection.execute(insert(StreamTick).values(stream="old", partition=0, event_time=long_ago + MINUTE))
        Recorder(connection, "old", SPIKE, CHANNELS, NOON).write([step], long_ago)
    act(engine, "resolve", 1)
    assert alert(engine)["resolved_at"] == long_ago + MINUTE
    assert alert(engine)["history"][-1]["recorded_at"] == moment(1)


def test_an_unknown_alert_has_no_steps(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert not triage.act(connection, 99, Ask("note", "ana", "who?"), NOON)


def test_an_acknowledged_alert_is_not_told_again_unless_it_gets_worse(engine: Engine) -> None:
    fire(engine)
    act(engine, "acknowledge", 1)
    follow_up(engine, 500)
    assert heard(engine) == [FIRING]
    detect(engine, "firing", 501, "severe")
    assert heard(engine) == [FIRING, FIRING]
    assert alert(engine)["acknowledged_by"] == "ana"


def test_a_snoozed_alert_is_quiet_to_people_until_it_wakes_and_then_told_if_it_still_fires(engine: Engine) -> None:
    fire(engine)
    act(engine, "snooze", 1, until=moment(60))
    detect(engine, "firing", 20, "severe")
    follow_up(engine, 59)
    assert heard(engine) == [FIRING]
    assert told(engine, "kafka")[-1]["severity"] == "severe"
    follow_up(engine, 60)
    follow_up(engine, 61)
    assert heard(engine) == [FIRING, FIRING]
    assert (steps(engine)[-1], alert(engine)["snoozed_until"]) == ("woken", None)


def test_a_snoozed_alert_that_ends_is_told_as_over_when_the_snooze_is(engine: Engine) -> None:
    """An incident that a receiver opened must close."""
    fire(engine)
    act(engine, "snooze", 1, until=moment(60))
    detect(engine, "resolved", 30)
    follow_up(engine, 59)
    assert heard(engine) == [FIRING]
    follow_up(engine, 60)
    assert heard(engine) == [FIRING, OVER]
    assert "woken" not in steps(engine)


def test_what_a_person_resolved_does_not_come_back_from_the_same_window_but_a_new_spike_does(engine: Engine) -> None:
    fire(engine, severity="watch")
    act(engine, "resolve", 5)
    follow_up(engine, 6)
    assert heard(engine) == [FIRING, OVER]
    detect(engine, "firing", 10, "severe")
    detect(engine, "resolved", 20)
    assert states(engine) == ["resolved"]
    assert steps(engine) == ["pending", "firing", "resolved"]
    fire(engine, 40)
    assert states(engine) == ["resolved", "firing"]


def test_what_gets_worse_long_after_a_person_resolved_it_is_a_new_alert(engine: Engine) -> None:
    fire(engine, severity="watch")
    act(engine, "resolve", 5)
    detect(engine, "firing", 66, "severe")
    assert states(engine) == ["resolved", "firing"]


def test_an_alert_that_flaps_is_reopened_and_people_hear_of_it_once(engine: Engine) -> None:
    fire(engine)
    for minutes in (40, 80, 120):
        detect(engine, "resolved", minutes)
        follow_up(engine, minutes + 1)
        fire(engine, minutes + 20)
        act(engine, "acknowledge", minutes + 21) if minutes == 40 else None
    assert states(engine) == ["firing"]
    assert steps(engine).count("reopened") == 3
    assert alert(engine)["fired_at"] == NOON
    assert heard(engine) == [FIRING, OVER, FIRING]
    detect(engine, "resolved", 160)
    follow_up(engine, 220)
    assert heard(engine) == [FIRING, OVER, FIRING]
    follow_up(engine, 221)
    follow_up(engine, 300)
    assert heard(engine) == [FIRING, OVER, FIRING, OVER]


def test_a_spike_more_than_an_hour_after_the_last_is_a_new_alert(engine: Engine) -> None:
    fire(engine)
    detect(engine, "resolved", 40)
    fire(engine, 101)
    assert states(engine) == ["resolved", "firing"]


def test_a_silenced_alert_is_recorded_but_not_told_until_the_silence_is_over(engine: Engine) -> None:
    silence(engine, 60, key="CR*")
    fire(engine)
    follow_up(engine, 59)
    assert (alert(engine)["state"], heard(engine)) == ("firing", [])
    assert len(told(engine, "kafka")) == 2
    follow_up(engine, 60)
    assert heard(engine) == [FIRING]


def test_a_silence_of_mild_alerts_lets_a_severe_one_through(engine: Engine) -> None:
    silence(engine, 600, severity="watch")
    fire(engine, severity="watch")
    assert heard(engine) == []
    detect(engine, "firing", 5, "severe")
    assert heard(engine) == [FIRING]


def test_a_silence_ends_early_once_and_stays_in_the_history(engine: Engine) -> None:
    silence(engine, 60, stream="live")
    with transaction(engine) as connection:
        ended = silences.expire(connection, 1, moment(10))
        assert ended
        assert (ended["starts_at"], ended["expires_at"]) == (NOON, moment(10))
        assert silences.expire(connection, 1, moment(11)) is None
        assert silences.active(connection, moment(10)) == []
        assert [row["id"] for row in silences.listing(connection, moment(10), ["expired"], 10)] == [1]


def test_a_silence_that_has_not_begun_is_called_off(engine: Engine) -> None:
    with transaction(engine) as connection:
        silences.add(connection, NewSilence("ana", "results", moment(30), moment(60), key="X"), NOON)
        assert [row["id"] for row in silences.listing(connection, NOON, ["pending"], 10)] == [1]
        silences.expire(connection, 1, moment(1))
        assert silences.active(connection, moment(40)) == []


def test_what_nobody_acknowledges_is_told_again_each_half_hour_and_escalates(engine: Engine) -> None:
    fire(engine)
    for minutes in range(0, 71, 5):
        follow_up(engine, minutes)
    assert heard(engine) == [FIRING, ("firing", 1), ("firing", 2)]
    assert steps(engine)[2:] == ["escalated", "escalated"]
    act(engine, "acknowledge", 71)
    follow_up(engine, 200)
    assert len(heard(engine)) == 3


def test_a_pause_of_the_service_makes_one_repeat_not_many(engine: Engine) -> None:
    fire(engine)
    follow_up(engine, 600)
    follow_up(engine, 601)
    assert heard(engine) == [FIRING, ("firing", 1)]


def test_two_services_repeat_once_an_interval(engine: Engine) -> None:
    fire(engine)
    for minutes in (30, 60, 90):
        assert at_once(*[partial(follow_up, engine, minutes)] * 4) == []
    assert heard(engine) == [FIRING, *(("firing", n) for n in (1, 2, 3))]


def test_the_same_notice_has_the_same_id_so_that_even_without_locks_one_wins(engine: Engine) -> None:
    fire(engine)
    with transaction(engine) as connection:
        stale = alerts.lock(connection, 1) or {}
    follow_up(engine, 30)
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        telling.tell(connection, stale | {"others": []}, "repeat", ["webhook"], When(moment(30), moment(30)), "")
    assert len(heard(engine)) == 2


def test_a_replay_that_has_ended_is_told_once(engine: Engine) -> None:
    """Its clock stands, so that what fires at its end never resolves."""
    with transaction(engine) as connection:
        connection.execute(insert(StreamTick).values(stream="old", partition=0, event_time=NOON))
        connection.execute(text("INSERT INTO streams VALUES ('old', :at, :at, :at)"), {"at": NOON})
    fire(engine, stream="old")
    follow_up(engine, 600)
    assert heard(engine) == [FIRING]


def test_a_service_without_people_tells_nobody_and_forgets_nothing(engine: Engine) -> None:
    step = Step(("ticker", "CRWB"), "firing", 0, "watch", True, Verdict(9, 1.5, 1e-9, 0.1, 40))
    with transaction(engine) as connection:
        Recorder(connection, "live", SPIKE, ["kafka"], NOON).write([step], NOON)
        FollowUp(connection, ["kafka"], moment(99)).run()
    assert (heard(engine), steps(engine)) == ([], ["firing"])
    follow_up(engine, 100)
    assert heard(engine) == [FIRING]


def test_a_reopening_is_told_and_asks_for_an_acknowledgement_again(engine: Engine) -> None:
    fire(engine)
    act(engine, "acknowledge", 1)
    act(engine, "resolve", 2)
    follow_up(engine, 3)
    act(engine, "reopen", 4, note="it goes on")
    follow_up(engine, 5)
    follow_up(engine, 35)
    assert heard(engine) == [FIRING, OVER, FIRING, ("firing", 1)]
    assert told(engine)[2]["data"]["note"] == "reopened by ana: it goes on"


def test_an_alert_that_a_person_reopened_is_not_made_pending_by_the_next_spike(engine: Engine) -> None:
    fire(engine)
    detect(engine, "resolved", 40)
    act(engine, "reopen", 41)
    detect(engine, "pending", 200, "watch")
    assert states(engine) == ["firing"]
    detect(engine, "resolved", 300)
    assert states(engine) == ["resolved"]


def test_an_alert_stays_resolved_while_a_newer_one_of_its_fingerprint_is_open(engine: Engine) -> None:
    fire(engine)
    detect(engine, "resolved", 40)
    fire(engine, 200)
    with pytest.raises(WrongMoveError, match="alert 1 stays resolved: a newer alert of its fingerprint is open"):
        act(engine, "reopen", 201)
    assert steps(engine) == ["pending", "firing", "resolved"]


def test_of_two_people_who_resolve_at_once_one_does(engine: Engine) -> None:
    fire(engine)
    failures = at_once(*[lambda: act(engine, "resolve", 1)] * 3)
    assert [type(failure) for failure in failures] == [WrongMoveError] * 2
    assert steps(engine).count("resolved") == 1


def test_a_reopening_and_a_new_spike_at_once_leave_one_alert_open(engine: Engine) -> None:
    for begin in range(0, 1000, 200):
        fire(engine, begin)
        detect(engine, "resolved", begin + 40)
        with transaction(engine) as connection:
            newest = alerts.listing(connection)[0]["id"]
        reopen, spike = partial(act, engine, "reopen", begin + 150, newest), partial(fire, engine, begin + 150)
        assert all(isinstance(failure, WrongMoveError) for failure in at_once(reopen, spike))
        assert states(engine).count("firing") == len(states(engine)) - states(engine).count("resolved") == 1
        detect(engine, "resolved", begin + 190)


def test_a_person_and_the_detector_who_resolve_at_once_make_one_end(engine: Engine) -> None:
    fire(engine)
    failures = at_once(lambda: act(engine, "resolve", 40), lambda: detect(engine, "resolved", 40))
    assert all(isinstance(failure, WrongMoveError) for failure in failures)
    assert steps(engine).count("resolved") == 1
    follow_up(engine, 41)
    assert heard(engine) == [FIRING, OVER]
