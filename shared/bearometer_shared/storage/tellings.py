"""What people have heard of alerts, in rows: a restart neither forgets nor repeats."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, text

from bearometer_shared.storage import alerts
from bearometer_shared.storage.alert_tables import Alert, AlertStep

_COLUMNS = [column for column in Alert.__table__.c if column.name != "evidence"]
_STANDING = text("state <> 'resolved' OR told <> ''")  # as in the index of this name
_TOGETHER = select(Alert.incident).where(_STANDING)


def standing(connection: Connection) -> list[dict[str, Any]]:
    """Alerts that are open, or of which people still believe so, oldest first, and all that share an incident with one:
    every column but the evidence.
    """
    query = select(*_COLUMNS).where(or_(_STANDING, Alert.incident.in_(_TOGETHER))).order_by(Alert.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def told(connection: Connection, id: int, severity: str, escalation: int, now: datetime) -> None:
    """People have heard of an alert: that it fires so severely, or with an empty severity that it is over."""
    values = {"told": severity, "told_at": now, "escalation": escalation, "tellings": Alert.tellings + 1}
    alerts.change(connection, id, values, now)


def last_words(connection: Connection, id: int) -> str:
    """An alert's newest step, in a line."""
    steps = select(AlertStep.state, AlertStep.actor, AlertStep.note).where(AlertStep.alert_id == id)
    step = connection.execute(steps.order_by(AlertStep.id.desc()).limit(1)).one()
    return ": ".join(filter(None, (f"{step.state} by {step.actor}", step.note)))
