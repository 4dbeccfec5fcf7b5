"""What people are told of an incident: what they do not know yet, and again while nobody takes it.

Its head's row says what they believe (`told`). They hear of it when it fires, gets worse, or is over; while it is
snoozed or silenced they hear nothing, and afterwards how it stands. One that flaps is over when it has stayed so.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import Connection

from bearometer_alerts.rule import RANK
from bearometer_shared.storage import outbox, tellings, triage
from bearometer_shared.triage import When

REPEAT = timedelta(minutes=30)  # time to read the evidence and decide; a break that nobody saw is told twice an hour
NAMES = UUID("9b0c7f0e-5a53-4d0b-8a6a-3f6a1d1c2e75")  # any fixed one: the same notice has the same id everywhere
Kind = Literal["firing", "repeat", "resolved"]
Alert = Mapping[str, Any]


def due(alert: Alert, at: When, *, repeats: bool = True) -> Kind | None:
    """What people are to hear of an incident as it stands (`whole`); None where they know, or shall not hear."""
    if alert["state"] == "resolved":
        return "resolved" if alert["told"] else None
    if RANK[alert["severity"]] > RANK[alert["told"]]:
        return "firing"
    waits = alert["acknowledged_at"] is None and at.wall - alert["told_at"] >= REPEAT
    return "repeat" if repeats and waits else None


def tell(connection: Connection, alert: Alert, kind: Kind, channels: Collection[str], at: When, note: str) -> None:
    """Queues a notice of an incident on each of people's channels. Its rows must be locked, with their evidence.

    The ids follow from the head and from how often people were told of it: two services can not both tell the same.
    """
    escalation = alert["escalation"] + 1 if kind == "repeat" else 0
    state = "resolved" if kind == "resolved" else "firing"
    for channel in channels:
        id = uuid5(NAMES, f"{alert['incident']}/{alert['tellings']}/{channel}")
        more = {"evidence": alert["evidence"], "note": note, "escalation": escalation, "others": alert["others"]}
        data = triage.event(alert, id, state, at.event) | more
        payload = {"type": f"alert.{state}", "timestamp": data["at"], "data": data}
        outbox.add(connection, id, alert["id"], channel, payload, at.wall)
    severity = "" if kind == "resolved" else alert["severity"]
    tellings.told(connection, alert["incident"], severity, escalation, at.wall)
