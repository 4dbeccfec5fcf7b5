"""What people are told of an alert: what they do not know yet, and again while nobody takes it.

An alert's row says what they believe (`told`). They hear of it when it fires, gets worse, or is over; while it is
snoozed or silenced they hear nothing, and afterwards how it stands. One that flaps is over when it has stayed so.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import Connection

from bearometer_alerts import flapping
from bearometer_alerts.rule import RANK
from bearometer_shared.storage import outbox, tellings, triage
from bearometer_shared.triage import When

REPEAT = timedelta(minutes=30)  # time to read the evidence and decide; a break that nobody saw is told twice an hour
NAMES = UUID("9b0c7f0e-5a53-4d0b-8a6a-3f6a1d1c2e75")  # any fixed one: the same notice has the same id everywhere
Kind = Literal["firing", "repeat", "resolved"]
Alert = Mapping[str, Any]


def due(alert: Alert, at: When, *, silenced: bool, repeats: bool = True) -> Kind | None:
    """What people are to hear of an alert as it stands; None where they know, or shall not hear."""
    asleep = alert["snoozed_until"] is not None and alert["snoozed_until"] > at.wall
    if silenced or asleep or alert["state"] == "pending":
        return None
    if alert["state"] == "resolved":
        return "resolved" if alert["told"] and flapping.settled(alert, at.event) else None
    if RANK[alert["severity"]] > RANK[alert["told"]]:
        return "firing"
    waits = alert["acknowledged_at"] is None and at.wall - alert["told_at"] >= REPEAT
    return "repeat" if repeats and waits else None


def tell(connection: Connection, alert: Alert, kind: Kind, channels: Collection[str], at: When, note: str) -> None:
    """Queues a notice on each of people's channels. The alert's row must be locked, with its evidence.

    The ids follow from the alert and from how often people were told of it: two services can not both tell the same.
    """
    escalation = alert["escalation"] + 1 if kind == "repeat" else 0
    state = "resolved" if kind == "resolved" else "firing"
    for channel in channels:
        id = uuid5(NAMES, f"{alert['id']}/{alert['tellings']}/{channel}")
        more = {"evidence": alert["evidence"], "note": note, "escalation": escalation}
        data = triage.event(alert, id, state, at.event) | more
        payload = {"type": f"alert.{state}", "timestamp": data["at"], "data": data}
        outbox.add(connection, id, alert["id"], channel, payload, at.wall)
    severity = "" if kind == "resolved" else alert["severity"]
    tellings.told(connection, alert["id"], severity, escalation, at.wall)
