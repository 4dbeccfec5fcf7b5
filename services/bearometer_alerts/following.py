"""What time alone brings, looked for once a look: snoozes that end, and notices that have come due.

All from rows, so that a restart changes nothing. Several services may follow up at once: an alert that another one
has in its hands is passed over, and judged again under its lock.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import telling
from bearometer_alerts.telling import REPEAT, Kind
from bearometer_shared.storage import alerts, clocks, silences, tellings, triage
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
        for alert in tellings.standing(self._connection):
            if self._wakes(alert) or self._due(alert):
                self._take(alert["id"])

    def _take(self, id: int) -> None:
        alert = alerts.lock(self._connection, id, skip=True)
        if alert is None:
            return
        if self._wakes(alert):
            alert |= self._wake(alert)
        if kind := self._due(alert):
            self._tell(alert, kind)
        wake(self._connection)

    def _wakes(self, alert: Row) -> bool:
        until = alert["snoozed_until"]
        return until is not None and until <= self._now and alert["state"] != "resolved"

    def _wake(self, alert: Row) -> dict[str, Any]:
        """What fires is news again to people."""
        woken = {"snoozed_until": None, "told": "", "escalation": 0}
        alerts.change(self._connection, alert["id"], woken, self._now)
        triage.announce(self._connection, alert, "woken", self._at(alert), actor=ACTOR, note="its snooze is over")
        return woken

    def _due(self, alert: Row) -> Kind | None:
        """A replay that has ended never resolves what fires: nobody is told of that twice."""
        if not self._people:
            return None
        silenced = silences.silenced(alert, self._silences)
        position = self._positions.get(alert["stream"])
        return telling.due(alert, self._at(alert), silenced=silenced, repeats=not (position and position.ticked))

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
