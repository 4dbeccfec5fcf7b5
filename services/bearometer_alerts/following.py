"""What time alone brings, looked for once a look: snoozes that end, and notices that have come due.

All from rows, so that a restart changes nothing. Several services may follow up at once: an incident that another
one has in its hands is passed over, and judged again under its lock. Nothing is waited for, so nothing deadlocks.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import telling
from bearometer_alerts.telling import REPEAT, Kind
from bearometer_alerts.whole import whole
from bearometer_shared.storage import alerts, clocks, incidents, silences, tellings, triage
from bearometer_shared.storage.clocks import Position
from bearometer_shared.storage.session import wake
from bearometer_shared.triage import When

ACTOR = "timer"
Row = Mapping[str, Any]


class FollowUp:
    """One look at every alert that stands, in the caller's transaction. `channels` are those of the service."""

    def __init__(self, connection: Connection, channels: Collection[str], now: datetime) -> None:
        self._connection, self._now = connection, now
        self._people = [channel for channel in channels if channel != triage.KAFKA]
        self._silences = silences.active(connection, now)
        self._positions = {at.name: at for at in clocks.positions(connection, now, timedelta())}

    def run(self) -> None:
        together: dict[int, list[Row]] = {}
        for alert in tellings.standing(self._connection):
            together.setdefault(alert["incident"] or alert["id"], []).append(alert)
        for members in together.values():
            if any(map(self._wakes, members)) or self._due(members):
                self._take(members[0])

    def _take(self, one: Row) -> None:
        """Of all members at once, or of none."""
        members = self._lock(one)
        if woken := [alert for alert in members if self._wakes(alert)]:
            for alert in woken:
                self._wake(alert)
            members = self._lock(one)
        if due := self._due(members):
            self._tell(*due)
        wake(self._connection)

    def _lock(self, one: Row) -> list[dict[str, Any]]:
        if one["incident"]:
            return incidents.lock(self._connection, one["incident"], skip=True)
        alert = alerts.lock(self._connection, one["id"], skip=True)
        return [alert] if alert else []

    def _wakes(self, alert: Row) -> bool:
        until = alert["snoozed_until"]
        return until is not None and until <= self._now and alert["state"] != "resolved"

    def _wake(self, alert: Row) -> None:
        """What fires is news again to people."""
        alerts.change(self._connection, alert["id"], {"snoozed_until": None}, self._now)
        alerts.change(self._connection, alert["incident"] or alert["id"], {"told": "", "escalation": 0}, self._now)
        triage.announce(self._connection, alert, "woken", self._at(alert), actor=ACTOR, note="its snooze is over")

    def _due(self, members: Sequence[Row]) -> tuple[Row, Kind] | None:
        """A replay that has ended never resolves what fires: nobody is told of that twice."""
        said = whole(members, self._silences, self._at(members[0])) if members and self._people else None
        if said is None:
            return None
        position = self._positions.get(said["stream"])
        kind = telling.due(said, self._at(said), repeats=not (position and position.ticked))
        return (said, kind) if kind else None

    def _tell(self, alert: Row, kind: Kind) -> None:
        note = tellings.last_words(self._connection, alert["id"])
        if kind == "repeat":
            note = f"told again: nobody acknowledged it for {REPEAT // timedelta(minutes=1)} minutes"
            triage.announce(self._connection, alert, "escalated", self._at(alert), actor=ACTOR, note=note)
        telling.tell(self._connection, alert, kind, self._people, self._at(alert), note)

    def _at(self, alert: Row) -> When:
        position: Position | None = self._positions.get(alert["stream"])
        begun = alert["fired_at"] or alert["pending_at"]
        return When(max(position.clock if position else self._now, begun), self._now)
