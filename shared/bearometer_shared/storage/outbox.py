"""Notifications that wait for delivery, written in the transaction of the step that they tell of."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, text, update

from bearometer_shared.storage.alert_tables import Outbox

_SUMMARY = """
    SELECT channel,
           count(*) FILTER (WHERE next_at IS NOT NULL) AS waiting,
           count(*) FILTER (WHERE delivered_at IS NOT NULL) AS delivered,
           count(*) FILTER (WHERE next_at IS NULL AND delivered_at IS NULL) AS given_up,
           coalesce((array_agg(last_error ORDER BY sequence DESC) FILTER (WHERE last_error <> ''))[1], '') AS last_error
    FROM outbox GROUP BY channel
"""


class Notification(NamedTuple):
    """One to deliver. `id` is the same on every attempt, so that a repeat is recognisable."""

    id: UUID
    payload: dict[str, Any]
    created_at: datetime
    attempts: int


def add(connection: Connection, id: UUID, alert_id: int, channel: str, payload: dict[str, Any], now: datetime) -> None:
    """Writes a notification that is due at once."""
    waiting = {"attempts": 0, "next_at": now, "last_error": ""}
    values = {"id": id, "alert_id": alert_id, "channel": channel, "payload": payload, "created_at": now, **waiting}
    connection.execute(insert(Outbox).values(**values))


def due(connection: Connection, channel: str, now: datetime, limit: int) -> list[Notification]:
    """Takes notifications that are due, in order of writing: nobody else gets them while this transaction lasts."""
    columns = (Outbox.id, Outbox.payload, Outbox.created_at, Outbox.attempts)
    query = select(*columns).where(Outbox.channel == channel, Outbox.next_at <= now).order_by(Outbox.sequence)
    rows = connection.execute(query.limit(limit).with_for_update(skip_locked=True))
    return [Notification(*row) for row in rows]


def delivered(connection: Connection, id: UUID, now: datetime) -> None:
    """It was acknowledged."""
    _attempted(connection, id, {"delivered_at": now, "next_at": None, "last_error": ""})


def failed(connection: Connection, id: UUID, reason: str, next_at: datetime | None) -> None:
    """It was not; it is tried again at `next_at`, or given up where that is None."""
    _attempted(connection, id, {"next_at": next_at, "last_error": reason})


def hold(connection: Connection, id: UUID, until: datetime) -> None:
    """It is not due before; no attempt was made."""
    connection.execute(update(Outbox).where(Outbox.id == id).values(next_at=until))


def drop(connection: Connection, id: UUID) -> None:
    """Its channel does not want it."""
    connection.execute(delete(Outbox).where(Outbox.id == id))


def forget(connection: Connection, before: datetime) -> None:
    """Deletes what was written before, and is delivered, given up, or was due before and nobody took it."""
    connection.execute(delete(Outbox).where(func.coalesce(Outbox.next_at, Outbox.created_at) < before))


def summary(connection: Connection) -> dict[str, dict[str, Any]]:
    """By channel: how many are `waiting`, `delivered` and `given_up`, and the newest one's `last_error`, if any."""
    rows = connection.execute(text(_SUMMARY)).mappings()
    return {row["channel"]: {name: row[name] for name in row if name != "channel"} for row in rows}


def _attempted(connection: Connection, id: UUID, values: dict[str, Any]) -> None:
    statement = update(Outbox).where(Outbox.id == id)
    connection.execute(statement.values(attempts=Outbox.attempts + 1, **values))
