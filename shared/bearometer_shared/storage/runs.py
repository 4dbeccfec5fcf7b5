"""Retraining runs: one row each, from the queue to the decision. What its worker does with it is in `claims`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bearometer_shared.storage.learning_tables import Run
from bearometer_shared.storage.session import wake

RESEND_AFTER = timedelta(seconds=60)
ACTIVE = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Overruling:
    """A person's word that counts more than the gate's, and why."""

    promote: bool
    reason: str


def queue(
    connection: Connection,
    *,
    trigger: str,
    at: datetime,
    period: str | None = None,
    reason: str = "",
    force: str | None = None,
    keep: str | None = None,
    recipe: dict[str, Any] | None = None,
) -> int | None:
    """Adds a run and returns its id; None when that period has a row or a run is active.

    `force` is the reason to promote whatever the gate says, `keep` the one not to; `recipe` overrides fields of the
    training settings.
    """
    row: dict[str, Any] = {"period": period or f"{trigger}-{uuid4()}", "trigger": trigger, "reason": reason}
    row |= {"force": force, "keep": keep, "recipe": recipe or {}, "progress": {}, "created_at": at}
    row |= {"state": "queued", "token": 0, "attempts": 0}
    added = connection.execute(insert(Run).values(row).on_conflict_do_nothing().returning(Run.id)).scalar()
    wake(connection)
    return added


def get(connection: Connection, run_id: int) -> dict[str, Any] | None:
    """A run's row."""
    row = connection.execute(select(*Run.__table__.c).where(Run.id == run_id)).mappings().first()
    return dict(row) if row else None


def newest(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest runs, newest first."""
    rows = connection.execute(select(*Run.__table__.c).order_by(Run.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]


def shadows(connection: Connection) -> dict[str, dict[str, Any]]:
    """Of each version that a run made, what it said of the newest items beside the champion."""
    query = text("SELECT model_version, figures -> 'shadow' AS shadow FROM runs WHERE figures ? 'shadow' ORDER BY id")
    return {row.model_version: row.shadow for row in connection.execute(query)}


def last_created(connection: Connection) -> datetime | None:
    """When the newest run was queued."""
    return connection.execute(select(Run.created_at).order_by(Run.id.desc()).limit(1)).scalar()


def active(connection: Connection) -> int | None:
    """The run that is queued or running."""
    return connection.execute(select(Run.id).where(Run.state.in_(ACTIVE))).scalar()


def overrule(connection: Connection, run_id: int, word: Overruling) -> bool:
    """Decides an active run beforehand; the last word counts. False where it has been decided already."""
    reasons = {"force": word.reason, "keep": None} if word.promote else {"force": None, "keep": word.reason}
    overruled = update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE)).values(reasons)
    return bool(connection.execute(overruled).rowcount)


def best_golden(connection: Connection, golden: str) -> float | None:
    """The highest accuracy that a champion was judged with on the golden set of that name, a hash."""
    judged = Run.figures["golden_set"].as_string() == golden
    return connection.execute(select(func.max(Run.figures["golden_before"].as_float())).where(judged)).scalar()


def cancel(connection: Connection, run_id: int, at: datetime) -> bool:
    """Ends an active run; its worker hears of it at its next write. False where it has been decided already."""
    ended = update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE)).values(state="cancelled", finished_at=at)
    cancelled = bool(connection.execute(ended).rowcount)
    wake(connection)
    return cancelled


def take_unsent(connection: Connection, at: datetime) -> Sequence[int]:
    """Queued runs that no worker has been told of, or not for a minute; they count as sent now."""
    unsent = or_(Run.sent_at.is_(None), Run.sent_at < at - RESEND_AFTER)
    sent = update(Run).where(Run.state == "queued", unsent).values(sent_at=at).returning(Run.id)
    return connection.execute(sent).scalars().all()
