"""Retraining runs: one row each, from the queue to the decision.

A worker holds `LOCK` for as long as it runs one; a row that says `running` while its lock is free is a dead worker's.
Its `token` counts the takes: whoever comes back late holds an older one and is fenced off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Update, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bearometer_shared.errors import CancelledError, FencedError
from bearometer_shared.storage.learning_tables import Run
from bearometer_shared.storage.session import wake

LOCK = 7_203_333  # with the run's id the two halves of its advisory lock
MAX_ATTEMPTS = 3
RESEND_AFTER = timedelta(seconds=60)
ACTIVE = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that a worker has taken: the row's parameters, and the token that its writes must carry."""

    id: int
    token: int
    recipe: dict[str, Any]


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


def overruled(connection: Connection, claimed: Claim) -> Overruling | None:
    """What someone wants instead of what the gate says, if anyone does. Until the transaction ends nobody changes it,
    so that nobody is told that a word counts which comes too late."""
    words = select(Run.force, Run.keep).where(Run.id == claimed.id).with_for_update()
    force, keep = connection.execute(words).one()
    reason = force if force is not None else keep
    return None if reason is None else Overruling(force is not None, reason)


def best_golden(connection: Connection, golden: str) -> float | None:
    """The highest accuracy that a champion was judged with on the golden set of that name, a hash."""
    judged = Run.figures["golden_set"].as_string() == golden
    return connection.execute(select(func.max(Run.figures["golden_before"].as_float())).where(judged)).scalar()


def hold(connection: Connection, run_id: int) -> bool:
    """Takes the run's lock for as long as `connection` lives. False where a worker holds it."""
    query = text("SELECT pg_try_advisory_lock(:lock, :id)")
    return bool(connection.execute(query, {"lock": LOCK, "id": run_id}).scalar())


def claim(connection: Connection, run_id: int, at: datetime) -> Claim | None:
    """Takes a run whose lock the caller holds. None when it was decided or was tried too often already."""
    untried = Run.attempts < MAX_ATTEMPTS
    take = update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE), untried)
    take = take.values(state="running", token=Run.token + 1, attempts=Run.attempts + 1, started_at=at)
    row = connection.execute(take.returning(Run.id, Run.token, Run.recipe)).first()
    wake(connection)
    return Claim(*row) if row else None


def give_back(connection: Connection, run_id: int) -> bool:
    """A worker is told to stop: the attempt that it makes does not count. False where the run has ended."""
    undone = (
        update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE), Run.attempts > 0).values(attempts=Run.attempts - 1)
    )
    return bool(connection.execute(undone).rowcount)


def cancel(connection: Connection, run_id: int, at: datetime) -> bool:
    """Ends an active run; its worker hears of it at its next write. False where it has been decided already."""
    ended = update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE)).values(state="cancelled", finished_at=at)
    cancelled = bool(connection.execute(ended).rowcount)
    wake(connection)
    return cancelled


def note_data(connection: Connection, claimed: Claim, snapshot: str) -> None:
    """Stores the hash of what a run is taught. Raises as `progress` does."""
    _write(connection, claimed, _mine(claimed).values(data_snapshot=snapshot))


def progress(connection: Connection, claimed: Claim, figures: dict[str, Any]) -> None:
    """Stores how far a run is. Raises FencedError where another worker has taken it, CancelledError where a person
    ended it."""
    _write(connection, claimed, _mine(claimed).values(progress=figures))


def finish(
    connection: Connection,
    claimed: Claim,
    *,
    decision: str,
    figures: dict[str, Any],
    model_version: str | None,
    at: datetime,
) -> None:
    """Stores a run's decision. Raises as `progress` does."""
    values = {"decision": decision, "figures": figures, "model_version": model_version, "finished_at": at}
    _write(connection, claimed, _mine(claimed).values(state="done", **values))


def fail(connection: Connection, claimed: Claim, error: str, at: datetime) -> None:
    """Ends a run with a one-line reason. Raises as `progress` does."""
    _write(connection, claimed, _mine(claimed).values(state="failed", error=error, finished_at=at))


def requeue_dead(connection: Connection, at: datetime) -> list[int]:
    """Queues the runs whose worker died again, or fails them at the third death. Returns the ids queued."""
    running = connection.execute(select(Run.id).where(Run.state == "running")).scalars().all()
    dead = [run_id for run_id in running if _unheld(connection, run_id)]
    again = update(Run).where(Run.id.in_(dead), Run.state == "running", Run.attempts < MAX_ATTEMPTS)
    queued = connection.execute(again.values(state="queued", sent_at=None).returning(Run.id)).scalars().all()
    reason = f"the worker died {MAX_ATTEMPTS} times"
    lost = update(Run).where(Run.id.in_(dead), Run.state == "running")
    connection.execute(lost.values(state="failed", error=reason, finished_at=at))
    return list(queued)


def take_unsent(connection: Connection, at: datetime) -> Sequence[int]:
    """Queued runs that no worker has been told of, or not for a minute; they count as sent now."""
    unsent = or_(Run.sent_at.is_(None), Run.sent_at < at - RESEND_AFTER)
    sent = update(Run).where(Run.state == "queued", unsent).values(sent_at=at).returning(Run.id)
    return connection.execute(sent).scalars().all()


def _mine(claimed: Claim) -> Update:
    return update(Run).where(Run.id == claimed.id, Run.token == claimed.token, Run.state == "running")


def _write(connection: Connection, claimed: Claim, statement: Update) -> None:
    if not connection.execute(statement).rowcount:
        if connection.execute(select(Run.state).where(Run.id == claimed.id)).scalar() == "cancelled":
            raise CancelledError(f"run {claimed.id} was cancelled")
        raise FencedError(f"run {claimed.id}: another worker has taken it")
    wake(connection)


def _unheld(connection: Connection, run_id: int) -> bool:
    """Whether no worker holds the run's lock; it is ours until the transaction ends."""
    query = text("SELECT pg_try_advisory_xact_lock(:lock, :id)")
    return bool(connection.execute(query, {"lock": LOCK, "id": run_id}).scalar())
