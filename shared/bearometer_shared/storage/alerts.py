"""Alerts and the steps of their lives."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from bearometer_shared.storage.alert_tables import Alert, AlertStep

_SHOWN = [column for column in Alert.__table__.c if column.name not in ("created_at", "updated_at")]
_OPEN = text("state <> 'resolved'")


@dataclass(frozen=True, slots=True)
class Raised:
    """What an alert says when it turns pending or firing, or gets worse. Times are event times."""

    stream: str
    rule: str
    dimension: str
    key: str
    severity: str
    observed: int
    expected: float
    p_value: float
    model_version: str
    evidence: dict[str, Any]


def fingerprint(stream: str, rule: str, dimension: str, key: str) -> str:
    """The same for every spike of one key; at most one alert of a fingerprint is open."""
    return f"{stream}/{rule}/{dimension}/{key}"


def raise_(connection: Connection, raised: Raised, state: str, at: datetime, now: datetime) -> int:
    """Opens an alert as pending or firing, or brings the open one there. Returns its id."""
    mark = fingerprint(raised.stream, raised.rule, raised.dimension, raised.key)
    said = asdict(raised) | {"state": state, "updated_at": now}
    fired_at = at if state == "firing" else None
    new = upsert(Alert).values(fingerprint=mark, pending_at=at, fired_at=fired_at, created_at=now, **said)
    known = new.on_conflict_do_update(
        index_elements=["fingerprint"],
        index_where=_OPEN,
        set_={**said, "fired_at": text("coalesce(alerts.fired_at, excluded.fired_at)")},
    )
    return int(connection.execute(known.returning(Alert.id)).scalar_one())


def resolve(connection: Connection, mark: str, at: datetime, now: datetime) -> int | None:
    """Resolves the open alert of a fingerprint. Returns its id, or None where none is open."""
    closing = update(Alert).where(Alert.fingerprint == mark, _OPEN)
    values = {"state": "resolved", "resolved_at": at, "updated_at": now}
    return connection.execute(closing.values(**values).returning(Alert.id)).scalar()


def record(
    connection: Connection, alert_id: int, state: str, at: datetime, now: datetime, *, actor: str, note: str
) -> None:
    """Adds a step to an alert's history: `at` in event time, `now` in wall time."""
    values = {"alert_id": alert_id, "state": state, "at": at, "recorded_at": now, "actor": actor, "note": note}
    connection.execute(insert(AlertStep).values(**values))


def listing(
    connection: Connection,
    stream: str | None = None,
    states: Sequence[str] | None = None,
    limit: int = 50,
    before_id: int | None = None,
) -> list[dict[str, Any]]:
    """Alerts, newest first, older than `before_id`; of all streams and in every state where those are None."""
    query = select(*_SHOWN).order_by(Alert.id.desc()).limit(limit)
    query = query.where(Alert.stream == stream) if stream is not None else query
    query = query.where(Alert.state.in_(states)) if states is not None else query
    query = query.where(Alert.id < before_id) if before_id is not None else query
    return [dict(row) for row in connection.execute(query).mappings()]


def get(connection: Connection, id: int) -> dict[str, Any] | None:
    """One alert with its `history`, oldest step first; None where there is none."""
    row = connection.execute(select(*_SHOWN).where(Alert.id == id)).mappings().first()
    steps = select(AlertStep.state, AlertStep.at, AlertStep.recorded_at, AlertStep.actor, AlertStep.note)
    history = connection.execute(steps.where(AlertStep.alert_id == id).order_by(AlertStep.id)).mappings()
    return {**row, "history": [dict(step) for step in history]} if row else None
