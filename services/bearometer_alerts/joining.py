"""Finds in rows the incident of an alert that fires, in the transaction of its step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import groups, incident, times
from bearometer_alerts.detector import Step
from bearometer_alerts.groups import Groups
from bearometer_alerts.incident import Open
from bearometer_alerts.rule import GROUPS, Key
from bearometer_shared.storage import alert_evidence, incidents
from bearometer_shared.storage.alert_evidence import Window

Alert = dict[str, Any]


def incident_of(connection: Connection, alert: Alert, step: Step, minutes: int) -> int:
    """The id of its head: the alert itself, where it moves with none that fires. `minutes` are the window's."""
    standing = incidents.firing(connection, alert)
    if not standing:
        return int(alert["id"])
    until = times.start(step.minute + 1)
    around = _Around(connection, alert["stream"], until - minutes * times.MINUTE, until, groups.load(connection))
    mine = around.stories(step.key)
    found = incident.home(step.key, len(mine), around.open(standing, mine))
    return int(alert["id"]) if found is None else found


@dataclass(frozen=True)
class _Around:
    """The window of an alert that fires."""

    connection: Connection
    stream: str
    since: datetime
    until: datetime
    groups: Groups

    def stories(self, key: Key) -> set[str]:
        members = groups.tickers(self.groups, key) if key[0] in GROUPS else ()
        window = Window(self.stream, *key, self.since, self.until, tuple(members))
        return alert_evidence.stories(self.connection, window)

    def open(self, standing: dict[Key, int], mine: set[str]) -> list[Open]:
        """What fires, beside the stories of the new one. The trends count all keys but sets."""
        plain = [key for key in standing if key[0] not in GROUPS]
        counts = incidents.alike(self.connection, self.stream, plain, mine, self.since, self.until)
        for key in standing.keys() - set(plain):
            theirs = self.stories(key)
            counts[key] = len(theirs), len(theirs & mine)
        return [Open(standing[key], key, *counts[key]) for key in standing if key in counts]
