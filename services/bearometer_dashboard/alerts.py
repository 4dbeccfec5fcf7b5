"""The alerts panel: what fires, most severe first; a click shows the evidence and the alert's history."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from bearometer_dashboard.client import Json
from bearometer_dashboard.items import link
from bearometer_dashboard.snapshot import View
from bearometer_dashboard.wording import lasting, moment, odds, short, signed

SEVERITIES = ("severe", "elevated", "watch")
DIMENSIONS = {"all": "", "topic": "Topic", "source": "Source", "ticker": "Ticker"}
RECENT = 5


class AlertList(ui.element, component="alerts.js"):
    """Draws `rows` (open alerts) and `recent` (resolved, dimmed); text only, whatever the news says."""

    def __init__(self, on_pick: Callable[[int], Any]) -> None:
        super().__init__()
        self._props["rows"] = []
        self._props["recent"] = []
        self.on("pick", lambda event: on_pick(_picked(event)))

    def show(self, view: View | None, opened: frozenset[int]) -> None:
        """Draws the alerts of a stream; those in `opened` with their evidence."""
        alerts = view.alerts if view else []
        rows = [row(a, view, opened) for a in ranked(alerts)] if view else []
        recent = [row(a, view, opened) for a in resolved(alerts)[:RECENT]] if view else []
        if (rows, recent) != (self._props["rows"], self._props["recent"]):
            self._props["rows"], self._props["recent"] = rows, recent
            self.update()


def ranked(alerts: list[Json]) -> list[Json]:
    """The open alerts: firing before pending, then by severity, then the least probable."""
    opened = [alert for alert in alerts if alert["state"] != "resolved"]
    return sorted(opened, key=lambda a: (a["state"] == "pending", _rank(a["severity"]), a["p_value"]))


def resolved(alerts: list[Json]) -> list[Json]:
    """The resolved alerts that had fired, newest first."""
    fired = [alert for alert in alerts if alert["state"] == "resolved" and alert["fired_at"]]
    return sorted(fired, key=lambda alert: str(alert["resolved_at"]), reverse=True)


def row(alert: Json, view: View, opened: frozenset[int]) -> Json:
    """What the panel shows of an alert, as text. Times in UTC."""
    now, evidence = view.clock, alert["evidence"]
    stories = [story(item, now) for item in evidence.get("top", [])]
    minutes = evidence.get("window_minutes")
    return {
        "id": alert["id"],
        "state": alert["state"],
        "severity": alert["severity"],
        "badge": "pending" if alert["state"] == "pending" else alert["severity"],
        "dimension": DIMENSIONS.get(alert["dimension"], alert["dimension"]),
        "name": name(alert),
        "when": when(alert, now),
        "observed": f"{alert['observed']} negative" + (f" in {minutes} min" if minutes else ""),
        "expected": f"{alert['expected']:.1f} expected",
        "odds": f"chance {odds(alert['p_value'])}",
        "headline": stories[0]["title"] if stories else "",
        "open": alert["id"] in opened,
        "stories": stories,
        "steps": [step(s, now) for s in view.histories.get(alert["id"], [])],
        "facts": facts(alert),
    }


def name(alert: Json) -> str:
    """What an alert is about, in as few words as possible."""
    return "All news" if alert["dimension"] == "all" else str(alert["key"])


def when(alert: Json, now: datetime | None) -> str:
    """`since 14:10, 22 min` while open, `13:05 to 14:10` after. Event time."""
    start, end = moment(alert["fired_at"] or alert["pending_at"]), moment(alert["resolved_at"])
    if end:
        return f"{short(start, now)} to {short(end, now)}"
    return f"since {short(start, now)}" + (f", {lasting(now - start)}" if now and start else "")


def story(item: Json, now: datetime | None) -> Json:
    """An item of the evidence."""
    return {
        "time": short(moment(item["published_at"]), now),
        "source": item["source"],
        "title": item["title"],
        "url": link(item["url"]),
        "score": signed(item["score"]),
    }


def step(entry: Json, now: datetime | None) -> Json:
    """A step of an alert's life."""
    return {"time": short(moment(entry["at"]), now), "state": entry["state"], "note": entry["note"]}


def facts(alert: Json) -> list[str]:
    """What the count rests on, and what a person needs to look the alert up elsewhere."""
    evidence, lines = (
        alert["evidence"],
        [f"Alert {alert['id']}, rule {alert['rule']}, scored by {alert['model_version']}"],
    )
    if "sources" in evidence:
        lines.insert(
            0, f"{alert['observed']} negative of {evidence['items']} items, from {evidence['sources']} sources"
        )
    return lines


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _picked(event: GenericEventArguments) -> int:
    return int(event.args)
