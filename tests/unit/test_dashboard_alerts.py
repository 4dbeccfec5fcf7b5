"""Alerts as rows of the panel, and as marks on the chart."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bearometer_dashboard.alerts import incident, ranked, resolved, row, together
from bearometer_dashboard.marks import groups, marks
from bearometer_dashboard.palette import LIGHT
from bearometer_dashboard.snapshot import Moves, View, Window

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
WINDOW = Window(NOON - timedelta(hours=24), NOON, timedelta(minutes=30))


def alert(id: int, hours_ago: float = 1.0, **fields: Any) -> dict[str, Any]:
    at = (NOON - timedelta(hours=hours_ago)).isoformat()
    return {
        "id": id,
        "dimension": "topic",
        "key": "Financials",
        "rule": "spike",
        "state": "firing",
        "severity": "severe",
        "pending_at": at,
        "fired_at": at,
        "resolved_at": None,
        "observed": 23,
        "expected": 2.14,
        "p_value": 2.4e-7,
        "model_version": "m1",
        "evidence": {},
    } | fields


def view(alerts: list[dict[str, Any]], cards: dict[int, dict[str, Any]] | None = None) -> View:
    return View("live", NOON, WINDOW, alerts, cards or {}, [], [], [], Moves(6, []))


def test_the_most_severe_alert_stands_first_and_pending_ones_last() -> None:
    alerts = [
        alert(1, severity="watch"),
        alert(2, state="pending"),
        alert(3, p_value=1e-9),
        alert(4, p_value=1e-12),
        alert(5, state="resolved"),
    ]
    assert [a["id"] for a in ranked(alerts)] == [4, 3, 1, 2]


def test_recent_alerts_are_those_that_had_fired_newest_first() -> None:
    ended = [(1, "2026-03-05T09:00:00Z"), (2, "2026-03-05T11:00:00Z")]
    alerts = [alert(id, state="resolved", resolved_at=at) for id, at in ended]
    never_fired = alert(3, state="resolved", fired_at=None, resolved_at="2026-03-05T11:30:00Z")
    assert [a["id"] for a in resolved([*alerts, never_fired, alert(4)])] == [2, 1]


def test_an_incident_is_one_row_its_head_as_grave_as_the_worst_with_the_others_under_it() -> None:
    alerts = [
        alert(1, dimension="ticker", key="CRWB", severity="watch", incident=1),
        alert(2, incident=1),
        alert(3, key="Energy", severity="elevated", incident=3),
    ]
    found = together(alerts)
    assert [[one["id"] for one in members] for members in found] == [[1, 2], [3]]
    said = incident(found[0], view(alerts), frozenset({2}))
    assert (said["id"], said["name"], said["badge"], said["beside"]) == (1, "CRWB", "severe", "Topic Financials")
    assert [(one["id"], one["open"]) for one in said["members"]] == [(2, True)]


def test_an_incident_goes_on_while_one_of_it_does() -> None:
    over = {"state": "resolved", "resolved_at": "2026-03-05T11:30:00Z"}
    [members] = together([alert(1, incident=1, **over), alert(2, incident=1)])
    assert incident(members, view([]), frozenset())["state"] == "firing"


def test_a_row_says_what_was_seen_what_was_expected_and_since_when() -> None:
    said = row(alert(1, evidence={"window_minutes": 60}), view([]), frozenset())
    assert (said["observed"], said["expected"]) == ("23 negative in 60 min", "2.1 expected")
    assert (said["odds"], said["when"]) == ("chance 1 in 4.2 million", "since 11:00, 1 h 00 min")
    assert (said["dimension"], said["name"], said["open"]) == ("Topic", "Financials", False)


def test_a_resolved_alert_says_from_when_to_when() -> None:
    assert row(alert(1, state="resolved", resolved_at="2026-03-05T11:40:00Z"), view([]), frozenset())["when"] == (
        "11:00 to 11:40"
    )


def test_a_row_shows_the_first_headline_and_whether_its_card_is_read() -> None:
    shown = view([], {1: alert(1)})
    said = row(alert(1, evidence={"top": [{"title": "Corwen halts"}]}), shown, frozenset({1}))
    assert (said["headline"], said["open"], said["read"]) == ("Corwen halts", True, True)
    assert row(alert(2, acknowledged_by="ana"), shown, frozenset({2}))["read"] is False
    assert row(alert(2, acknowledged_by="ana"), shown, frozenset())["taken"] == "ana is on it"


def test_an_alert_is_marked_where_it_turned_pending_fired_and_resolved() -> None:
    at = {name: f"2026-03-05T0{k}:00:00Z" for k, name in enumerate(("pending_at", "fired_at", "resolved_at"), 5)}
    drawn = marks([alert(1, state="resolved", **at)], WINDOW, LIGHT)
    assert [line["lineStyle"]["type"] for line in drawn.lines] == ["dotted", "solid", "dashed"]
    assert [_hour(line) for line in drawn.lines] == [5, 6, 7]
    assert [_hour(edge) for edge in drawn.areas[0]] == [6, 7]


def test_an_alert_that_began_before_the_chart_is_tinted_from_its_edge() -> None:
    drawn = marks([alert(1, hours_ago=30)], WINDOW, LIGHT)
    assert drawn.lines == []
    assert drawn.areas[0][0]["xAxis"] == WINDOW.start.timestamp() * 1000


def test_a_pending_alert_is_not_tinted() -> None:
    assert marks([alert(1, state="pending", fired_at=None)], WINDOW, LIGHT).areas == []


def test_captions_that_stand_close_are_joined_the_gravest_first() -> None:
    alerts = [alert(1, 1.0), alert(2, 1.5), alert(3, 20)]
    assert [[a["id"] for a in group] for group in groups(alerts, WINDOW)] == [[3], [1, 2]]
    named = [alert(k, 1.0, key=f"K{k}") for k in range(4)]
    captions = [
        line["label"]["formatter"] for line in marks(named, WINDOW, LIGHT).lines if "formatter" in line["label"]
    ]
    assert captions == ["K0, K1 +2"]


def _hour(mark: dict[str, Any]) -> int:
    return datetime.fromtimestamp(mark["xAxis"] / 1000, UTC).hour
