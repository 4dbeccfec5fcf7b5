"""Steps of an alert's life as rows: the history for ever, and a record for programs on the topic `alerts`."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bearometer_shared import triage
from bearometer_shared.storage import alerts, clocks, incidents, outbox
from bearometer_shared.storage.session import wake
from bearometer_shared.triage import Ask, When, WrongMoveError
from bearometer_shared.wire import AlertEvent

KAFKA = "kafka"  # the channel of programs; every other one is people's
SPREAD = frozenset({"acknowledge", "snooze"})  # what is done with an incident's head is done with its members


def act(connection: Connection, id: int, ask: Ask, now: datetime) -> bool:
    """Takes a person's step. False where there is no such alert. Raises WrongMoveError where it may not be taken."""
    if (stream := alerts.stream_of(connection, id)) is not None:
        alerts.alone(connection, stream)
    alert = alerts.lock(connection, id)
    if alert is None:
        return False
    at = When(event_time(connection, alert, now), now)
    taken = triage.take(alert, ask, at)
    _change(connection, id, taken.changes, now)
    announce(connection, alert | taken.changes, taken.step, at, actor=ask.actor, note=taken.words)
    if ask.action in SPREAD and alert["incident"] == id:
        _spread(connection, id, ask, at)
    wake(connection)
    return True


def _spread(connection: Connection, head: int, ask: Ask, at: When) -> None:
    """Takes a person's step of a head for each other member that allows it."""
    for member in incidents.lock(connection, head):
        with suppress(WrongMoveError):
            if member["id"] != head:
                taken = triage.take(member, ask, at)
                _change(connection, member["id"], taken.changes, at.wall)
                announce(connection, member | taken.changes, taken.step, at, actor=ask.actor, note=taken.words)


def announce(connection: Connection, alert: triage.Alert, step: str, at: When, *, actor: str, note: str) -> None:
    """Adds a step to the history of an alert, and queues the record of it."""
    alerts.record(connection, alert["id"], step, at.event, at.wall, actor=actor, note=note)
    id = uuid4()
    payload = event(alert, id, step, at.event) | {"actor": actor, "note": note}
    outbox.add(connection, id, alert["id"], KAFKA, payload, at.wall)


def event(alert: triage.Alert, id: UUID, state: str, at: datetime) -> dict[str, Any]:
    """What an AlertEvent says of an alert's row, as JSON."""
    said = {name: alert[name] for name in AlertEvent.model_fields if name in alert}
    event = AlertEvent.model_validate(said | {"id": str(id), "alert_id": alert["id"], "state": state, "at": at})
    return event.model_dump(mode="json")


def event_time(connection: Connection, alert: triage.Alert, now: datetime) -> datetime:
    """What time it is in the alert's stream, late items or not; never before the alert."""
    begun: datetime = alert["fired_at"] or alert["pending_at"]
    return max(clocks.clock(connection, alert["stream"], now, timedelta()) or now, begun)


def _change(connection: Connection, id: int, changes: triage.Changes, now: datetime) -> None:
    """The unique index decides, so that a reopening and a new spike cannot both win."""
    try:
        with connection.begin_nested():
            alerts.change(connection, id, changes, now)
    except IntegrityError as error:
        raise WrongMoveError(f"alert {id} stays resolved: a newer alert of its fingerprint is open") from error
