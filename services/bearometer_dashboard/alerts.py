"""The alerts panel: a card an incident, the most severe first; a click opens an alert's evidence."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from bearometer_dashboard.card import Card, OnStep
from bearometer_dashboard.client import Json
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.snapshot import View
from bearometer_dashboard.wording import DIMENSIONS, lasting, moment, name, odds, short, taken

SEVERITIES = ("severe", "elevated", "watch")
RECENT = 5


class AlertList(ui.element, component="alerts.js"):
    """Draws `rows` (open incidents) and `recent` (resolved, dimmed); text only, whatever the news says."""

    def __init__(self, on_pick: Callable[[int], Any], on_step: OnStep) -> None:
        super().__init__()
        self._on_step = on_step
        self._cards: dict[int, Card] = {}
        self._props["rows"] = []
        self._props["recent"] = []
        self.on("pick", lambda event: on_pick(_picked(event)))

    def show(self, view: View | None, opened: frozenset[int], palette: Palette) -> None:
        """Draws the alerts of a stream; those in `opened` with their cards."""
        alerts = view.alerts if view else []
        found = together(alerts)
        rows = [incident(one, view, opened) for one in found if _goes_on(one)] if view else []
        recent = [incident(one, view, opened) for one in found if not _goes_on(one)][:RECENT] if view else []
        shown = [one for row in rows + recent for one in (row, *row["members"])]
        self._show_cards({one["id"] for one in shown if one["open"]}, view, palette)
        if (rows, recent) != (self._props["rows"], self._props["recent"]):
            self._props["rows"], self._props["recent"] = rows, recent
            self.update()

    def _show_cards(self, opened: set[int], view: View | None, palette: Palette) -> None:
        for id in self._cards.keys() - opened:
            self._cards.pop(id).delete()
        for id in opened - self._cards.keys():
            with self.slots.get(f"card-{id}") or self.add_slot(f"card-{id}"):
                self._cards[id] = Card(self._on_step)
        for id, card in self._cards.items():
            if view and id in view.cards:
                card.show(view.cards[id], view.clock, palette)


def ranked(alerts: list[Json]) -> list[Json]:
    """The open alerts: firing before pending, then by severity, then the least probable."""
    opened = [alert for alert in alerts if alert["state"] != "resolved"]
    return sorted(opened, key=lambda a: (a["state"] == "pending", _rank(a["severity"]), a["p_value"]))


def resolved(alerts: list[Json]) -> list[Json]:
    """The resolved alerts that had fired, newest first."""
    fired = [alert for alert in alerts if alert["state"] == "resolved" and alert["fired_at"]]
    return sorted(fired, key=lambda alert: str(alert["resolved_at"]), reverse=True)


def together(alerts: list[Json]) -> list[list[Json]]:
    """The alerts on show by incident, each with its head first: the gravest incident, then those that are over."""
    found: dict[int, list[Json]] = {}
    for alert in ranked(alerts) + resolved(alerts):
        found.setdefault(alert.get("incident") or alert["id"], []).append(alert)
    return [sorted(members, key=lambda one: one["id"] != id) for id, members in found.items()]


def incident(members: list[Json], view: View, opened: frozenset[int]) -> Json:
    """What the panel shows of an incident: its head's row, as grave as the worst that goes on, and the `members` under
    it.
    """
    head, *others = (row(alert, view, opened) for alert in members)
    worst = next(iter(ranked(members)), members[0])
    beside = ", ".join(" ".join(filter(None, (one["dimension"], one["name"]))) for one in others)
    graver = {name: row(worst, view, opened)[name] for name in ("state", "severity", "badge")}
    return head | graver | {"members": others, "beside": beside}


def _goes_on(members: list[Json]) -> bool:
    return any(alert["state"] != "resolved" for alert in members)


def row(alert: Json, view: View, opened: frozenset[int]) -> Json:
    """What the panel shows of an alert, as text. Times in UTC."""
    evidence = alert["evidence"]
    top, minutes = evidence.get("top"), evidence.get("window_minutes")
    return {
        "id": alert["id"],
        "state": alert["state"],
        "severity": alert["severity"],
        "badge": "pending" if alert["state"] == "pending" else alert["severity"],
        "dimension": DIMENSIONS.get(alert["dimension"], alert["dimension"]),
        "name": name(alert),
        "when": when(alert, view.clock),
        "observed": f"{alert['observed']} negative" + (f" in {minutes} min" if minutes else ""),
        "expected": f"{alert['expected']:.1f} expected",
        "odds": f"chance {odds(alert['p_value'])}",
        "headline": top[0]["title"] if top else "",
        "taken": taken(alert),
        "open": alert["id"] in opened,
        "read": alert["id"] in view.cards,
    }


def when(alert: Json, now: datetime | None) -> str:
    """`since 14:10, 22 min` while open, `13:05 to 14:10` after. Event time."""
    start, end = moment(alert["fired_at"] or alert["pending_at"]), moment(alert["resolved_at"])
    if end:
        return f"{short(start, now)} to {short(end, now)}"
    return f"since {short(start, now)}" + (f", {lasting(now - start)}" if now and start else "")


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _picked(event: GenericEventArguments) -> int:
    return int(event.args)
