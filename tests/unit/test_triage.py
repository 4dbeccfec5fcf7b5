"""What people may do with an alert and what they are told of it, over all that hypothesis thinks of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearometer_alerts import flapping, telling
from bearometer_alerts.flapping import FLAP
from bearometer_alerts.telling import REPEAT, Kind
from bearometer_alerts.until import until
from bearometer_alerts.whole import whole
from bearometer_shared import triage
from bearometer_shared.errors import UserError
from bearometer_shared.storage import silences
from bearometer_shared.storage.alerts import DETECTOR
from bearometer_shared.storage.silences import NewSilence
from bearometer_shared.triage import MOVES, OPEN, Ask, When, WrongMoveError

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FRESH: dict[str, Any] = {
    "id": 7,
    "incident": 7,
    "stream": "live",
    "rule": "spike",
    "dimension": "ticker",
    "key": "CRWB",
    "state": "firing",
    "severity": "elevated",
    "pending_at": NOON,
    "fired_at": NOON,
    "flaps": 0,
    "told": "",
    "told_at": None,
    "tellings": 0,
    "escalation": 0,
    **dict.fromkeys(("resolved_at", "resolved_by", "acknowledged_at", "acknowledged_by", "assignee", "snoozed_until")),
    **dict.fromkeys(("verdict", "verdict_reason", "verdict_by", "verdict_at")),
}
asks = st.builds(
    Ask,
    action=st.sampled_from(list(MOVES)),
    actor=st.sampled_from(["ana", "ben"]),
    note=st.text(max_size=5),
    assignee=st.sampled_from(["", "ana", "ben"]),
    until=st.integers(-30, 90).map(lambda minutes: NOON + minutes * MINUTE),
    verdict=st.sampled_from(["true", "false", "not_useful"]),
)
FIRES = {"state": "firing", "fired_at": NOON}
ENDS = {"state": "resolved", "resolved_at": NOON, "resolved_by": DETECTOR}
BACK = {"state": "pending", "resolved_at": None, "resolved_by": None}
lives = st.lists(asks | st.just("detector"), max_size=12)
starts = st.sampled_from([FRESH, FRESH | {"state": "pending", "fired_at": None}])


def at(minutes: float = 0) -> When:
    return When(NOON + minutes * MINUTE, NOON + minutes * MINUTE)


def detector(alert: dict[str, Any]) -> dict[str, Any]:
    """The detector goes its own way: pending, firing, resolved, pending again."""
    return alert | {"pending": FIRES, "firing": ENDS, "resolved": BACK}[alert["state"]]


def taken(alert: dict[str, Any], ask: Ask, when: When) -> dict[str, Any]:
    try:
        return alert | triage.take(alert, ask, when).changes
    except WrongMoveError:
        return alert


@settings(max_examples=50)
@given(start=starts, life=lives)
def test_whatever_people_and_the_detector_do_an_alerts_row_makes_sense(start: dict[str, Any], life: list[Any]) -> None:
    alert = start
    for minute, ask in enumerate(life):
        alert = detector(alert) if ask == "detector" else taken(alert, ask, at(minute))
        over = alert["state"] == "resolved"
        assert over == (alert["resolved_at"] is not None) == (alert["resolved_by"] is not None)
        assert (alert["acknowledged_at"] is None) == (alert["acknowledged_by"] is None)
        assert (alert["verdict"] is None) == (alert["verdict_by"] is None) == (alert["verdict_at"] is None)
        assert alert["state"] != "firing" or alert["fired_at"]


@settings(max_examples=50)
@given(start=starts, life=lives, ask=asks)
def test_a_step_is_taken_in_the_states_of_its_row_only_and_changes_nothing_else(
    start: dict[str, Any], life: list[Any], ask: Ask
) -> None:
    alert = start
    for earlier in life:
        alert = detector(alert) if earlier == "detector" else taken(alert, earlier, at())
    after = taken(alert, ask, at())
    if alert["state"] not in MOVES[ask.action].of:
        assert after == alert
    assert (after["state"] == alert["state"]) or ask.action in ("resolve", "reopen")
    assert ask.action != "reopen" or after == alert or (after["acknowledged_by"], after["snoozed_until"]) == (None,) * 2
    assert after["snoozed_until"] == alert["snoozed_until"] or after["snoozed_until"] is None or ask.until > NOON


@pytest.mark.parametrize(
    ("now", "ask", "why"),
    [
        (ENDS, Ask("acknowledge", "ana"), "alert 7 is resolved: no acknowledge now"),
        (ENDS, Ask("snooze", "ana", until=NOON + MINUTE), "alert 7 is resolved: no snooze now"),
        (ENDS, Ask("resolve", "ana"), "alert 7 is resolved: no resolve now"),
        ({}, Ask("reopen", "ana"), "alert 7 is firing: no reopen now"),
        ({}, Ask("snooze", "ana", until=NOON), "until: an alert is snoozed until a time that is still to come"),
        ({"acknowledged_by": "ben"}, Ask("acknowledge", "ana"), "alert 7 is acknowledged already, by ben"),
    ],
)
def test_a_wrong_move_is_one_clear_line(now: dict[str, Any], ask: Ask, why: str) -> None:
    with pytest.raises(WrongMoveError) as refused:
        triage.take(FRESH | now, ask, at())
    assert str(refused.value) == why


def test_the_history_says_in_words_what_was_asked() -> None:
    said = [
        Ask("assign", "ana", "knows banks", assignee="ben"),
        Ask("assign", "ana"),
        Ask("snooze", "ana", until=NOON + MINUTE),
        Ask("verdict", "ana", "copies", verdict="false"),
        Ask("note", "ana", "denied"),
    ]
    words = [triage.take(FRESH, ask, at()).words for ask in said]
    assert words == ["to ben: knows banks", "to nobody", "until 2026-03-05 12:01 UTC", "false: copies", "denied"]


rows = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["pending", "firing", "resolved"]),
        "severity": st.sampled_from(["watch", "elevated", "severe"]),
        "told": st.sampled_from(["", "watch", "elevated", "severe"]),
        "told_at": st.integers(-90, 0).map(lambda minutes: NOON + minutes * MINUTE),
        "acknowledged_at": st.none() | st.just(NOON),
        "snoozed_until": st.none() | st.integers(-5, 5).map(lambda minutes: NOON + minutes * MINUTE),
        "flaps": st.integers(0, 2),
        "resolved_at": st.integers(-90, 0).map(lambda minutes: NOON + minutes * MINUTE),
        "resolved_by": st.sampled_from([DETECTOR, "ana"]),
    }
)


EVERYTHING = dict.fromkeys(silences.MATCHERS, "*")


def due(row: dict[str, Any], when: When, *, silenced: bool, repeats: bool = True) -> Kind | None:
    """Of an incident of one alert."""
    said = whole([FRESH | row], [EVERYTHING] if silenced else [], when)
    return telling.due(said, when, repeats=repeats) if said else None


@settings(max_examples=60)
@given(row=rows, silenced=st.booleans())
def test_nobody_is_told_what_they_know_or_shall_not_hear(row: dict[str, Any], silenced: bool) -> None:
    kind = due(row, at(), silenced=silenced)
    if silenced or (row["snoozed_until"] and row["snoozed_until"] > NOON):
        assert kind is None
    if kind == "repeat":
        assert row["acknowledged_at"] is None
        assert at().wall - row["told_at"] >= REPEAT
    heard = row | {"told": "" if kind == "resolved" else row["severity"], "told_at": NOON}
    assert kind is None or due(heard, at(), silenced=silenced) is None  # telling once is enough
    assert due(row, at(), silenced=silenced, repeats=False) in (kind, None)


@settings(max_examples=60)
@given(row=rows)
def test_people_always_hear_in_the_end_how_an_alert_stands(row: dict[str, Any]) -> None:
    kind = due(row, at(24 * 60), silenced=False)
    believed = "" if kind == "resolved" else row["severity"] if kind else row["told"]
    if row["state"] == "firing":
        assert telling.RANK[believed] >= telling.RANK[row["severity"]]
    if row["state"] == "resolved":
        assert believed == ""


@pytest.mark.parametrize(
    ("newest", "minutes", "pending", "firing"),
    [
        (None, 0, "raised", "raised"),
        (FRESH, 0, "raised", "raised"),
        (FRESH | ENDS, 60, "reopened", "raised"),
        (FRESH | ENDS, 61, "raised", "raised"),
        (FRESH | ENDS | {"resolved_by": "ana"}, 60, "raised", "dropped"),
        (FRESH | ENDS | {"resolved_by": "ana"}, 61, "raised", "raised"),
    ],
)
def test_a_spike_after_the_end_flaps_or_is_news(
    newest: dict[str, Any] | None, minutes: int, pending: str, firing: str
) -> None:
    moment = NOON + minutes * MINUTE
    assert timedelta(minutes=60) == FLAP
    assert flapping.fate(newest, "pending", moment, FLAP) == pending
    assert flapping.fate(newest, "firing", moment, FLAP) == firing


def test_what_a_person_closed_stays_closed_for_the_window_of_its_rule() -> None:
    closed, day = FRESH | ENDS | {"resolved_by": "ana"}, timedelta(days=1)
    assert flapping.fate(closed, "firing", NOON + day, window=day) == "dropped"
    assert flapping.fate(closed, "firing", NOON + day, window=day - MINUTE) == "raised"


ALERT = {"stream": "live", "rule": "spike", "dimension": "ticker", "key": "BRK[B]", "severity": "watch"}


@pytest.mark.parametrize(
    ("patterns", "matches"),
    [
        ({"key": "BRK[B]"}, True),  # a name matches itself, whatever a glob makes of it
        ({"key": "BRK*"}, True),
        ({"key": "brk*"}, False),
        ({"key": "BRK"}, False),
        ({"stream": "live", "severity": "wat?h"}, True),
        ({"stream": "live", "severity": "severe"}, False),
        ({"key": ".*"}, False),  # no regular expression
    ],
)
def test_a_silence_matches_in_every_field(patterns: dict[str, str], matches: bool) -> None:
    silence = dict.fromkeys(silences.MATCHERS, "*") | patterns
    assert silences.silenced(ALERT, [silence]) == matches
    assert not silences.silenced(ALERT, [])


def test_a_pattern_that_would_hang_a_careless_matcher_is_answered() -> None:
    alert = ALERT | {"key": "a" * 190}
    assert not silences.silenced(alert, [dict.fromkeys(silences.MATCHERS, "*") | {"key": "*a" * 90 + "b"}])


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "must name at least one of"),
        ({"key": "X", "reason": ""}, "an author and a reason"),
        ({"key": "X", "expires_at": NOON}, "not after starts_at"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(wrong: dict[str, Any], why: str) -> None:
    sound: dict[str, Any] = {"author": "ana", "reason": "results", "starts_at": NOON, "expires_at": NOON + MINUTE}
    with pytest.raises(UserError, match=why):
        NewSilence(**sound | wrong)


def test_a_time_to_come_is_a_span_or_a_moment() -> None:
    assert until("90m", NOON) == NOON + 90 * MINUTE
    assert until("2d", NOON) == NOON + timedelta(days=2)
    assert until("2026-03-06T10:00+02:00", NOON) == datetime(2026, 3, 6, 8, tzinfo=UTC)
    assert until("2026-03-06", NOON) == datetime(2026, 3, 6, tzinfo=UTC)
    for wrong in ("", "tomorrow", "4 h", "0001-01-01T00:00+14:00", "9" * 30 + "h"):
        with pytest.raises(UserError, match="is no time"):
            until(wrong, NOON)


def test_every_step_has_a_name_of_its_own_and_open_is_not_over() -> None:
    assert len({move.step for move in MOVES.values()}) == len(MOVES)
    assert "resolved" not in OPEN
