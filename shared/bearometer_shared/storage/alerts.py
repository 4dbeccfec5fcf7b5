"""Alerts and the steps of their lives."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from bearometer_shared.storage.alert_tables import Alert, AlertStep

DETECTOR = "detector"  # the actor of every step that no person took
_OURS = ("flaps", "told", "told_at", "tellings", "escalation", "created_at", "updated_at")
_SHOWN = [column for column in Alert.__table__.c if column.name not in _OURS]
_LISTED = [
    *(column for column in _SHOWN if column.name != "evidence"),
    Alert.evidence.delete_path(["curve"]).label("evidence"),
]
_OPEN = text("state <> 'resolved'")
_UNTOLD = {"flaps": 0, "told": "", "tellings": 0, "escalation": 0}


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
    """Opens an alert as pending or firing, or brings the open one there; one that fires stays so. Returns its id."""
    mark = fingerprint(raised.stream, raised.rule, raised.dimension, raised.key)
    said = asdict(raised) | {"state": state, "updated_at": now}
    fired_at = at if state == "firing" else None
    born = {"fingerprint": mark, "pending_at": at, "fired_at": fired_at, "created_at": now, **_UNTOLD}
    new = upsert(Alert).values(**born, **said)
    kept = {
        "state": case((Alert.state == "firing", Alert.state), else_=new.excluded.state),
        "fired_at": text("coalesce(alerts.fired_at, excluded.fired_at)"),
    }
    known = new.on_conflict_do_update(index_elements=["fingerprint"], index_where=_OPEN, set_={**said, **kept})
    return int(connection.execute(known.returning(Alert.id)).scalar_one())


def resolve(connection: Connection, mark: str, at: datetime, now: datetime) -> int | None:
    """Resolves the open alert of a fingerprint. Returns its id, or None where none is open."""
    closing = update(Alert).where(Alert.fingerprint == mark, _OPEN)
    values = {"state": "resolved", "resolved_at": at, "resolved_by": DETECTOR, "updated_at": now}
    return connection.execute(closing.values(**values).returning(Alert.id)).scalar()


def reopen(connection: Connection, id: int, now: datetime) -> None:
    """Counts a flap: what the detector resolved a moment ago is pending again."""
    values = {"state": "pending", "resolved_at": None, "resolved_by": None, "flaps": Alert.flaps + 1}
    change(connection, id, values, now)


def alone(connection: Connection, stream: str) -> None:
    """Waits until nobody else steps alerts of a stream, and keeps others waiting until this transaction ends.

    Steps lock the rows of an incident in no one order: detector, people and members each begin at another alert.
    Whoever may wait for a row asks first, so that nobody deadlocks.
    """
    query = text("SELECT pg_advisory_xact_lock(hashtextextended('steps of ' || :stream, 0))")
    connection.execute(query, {"stream": stream})


def stream_of(connection: Connection, id: int) -> str | None:
    """The stream of an alert, which never changes; None where there is no such alert."""
    return connection.execute(select(Alert.stream).where(Alert.id == id)).scalar()


def latest(connection: Connection, mark: str) -> dict[str, Any] | None:
    """The newest alert of a fingerprint, open or not, with every column and locked; None before the first."""
    newest = select(*Alert.__table__.c).where(Alert.fingerprint == mark).order_by(Alert.id.desc()).limit(1)
    row = connection.execute(newest.with_for_update()).mappings().first()
    return dict(row) if row else None


def lock(connection: Connection, id: int, *, skip: bool = False) -> dict[str, Any] | None:
    """An alert with every column, locked for this transaction; None for no such one, or one that another holds and
    that we `skip`.
    """
    query = select(*Alert.__table__.c).where(Alert.id == id).with_for_update(skip_locked=skip)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def change(connection: Connection, id: int, values: Mapping[str, Any], now: datetime) -> None:
    """Sets columns of an alert."""
    connection.execute(update(Alert).where(Alert.id == id).values(**values, updated_at=now))


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
    *,
    assignee: str | None = None,
    verdicts: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Alerts, newest first, older than `before_id`, without their curves; whatever is None narrows nothing."""
    query = select(*_LISTED).order_by(Alert.id.desc()).limit(limit)
    query = query.where(Alert.stream == stream) if stream is not None else query
    query = query.where(Alert.state.in_(states)) if states is not None else query
    query = query.where(Alert.id < before_id) if before_id is not None else query
    query = query.where(Alert.assignee == assignee) if assignee is not None else query
    query = query.where(Alert.verdict.in_(verdicts)) if verdicts is not None else query
    return [dict(row) for row in connection.execute(query).mappings()]


def get(connection: Connection, id: int) -> dict[str, Any] | None:
    """One alert with its `history`, oldest step first; None where there is none."""
    row = connection.execute(select(*_SHOWN).where(Alert.id == id)).mappings().first()
    steps = select(AlertStep.state, AlertStep.at, AlertStep.recorded_at, AlertStep.actor, AlertStep.note)
    history = connection.execute(steps.where(AlertStep.alert_id == id).order_by(AlertStep.id)).mappings()
    return {**row, "history": [dict(step) for step in history]} if row else None
