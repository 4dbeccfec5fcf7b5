"""A run as its worker holds it.

A worker holds `LOCK` for as long as it runs one; a row that says `running` while its lock is free is a dead worker's.
Its `token` counts the takes: whoever comes back late holds an older one and is fenced off.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, select, text, update

from bearometer_shared.errors import CancelledError, FencedError
from bearometer_shared.storage.learning_tables import Run
from bearometer_shared.storage.runs import ACTIVE, Overruling
from bearometer_shared.storage.session import wake

LOCK = 7_203_333  # with the run's id the two halves of its advisory lock
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that a worker has taken: the row's parameters, and the token that its writes must carry."""

    id: int
    token: int
    recipe: dict[str, Any]


def hold(connection: Connection, run_id: int) -> bool:
    """Takes the run's lock for as long as `connection` lives. False where a worker holds it."""
    query = text("SELECT pg_try_advisory_lock(:lock, :id)")
    return bool(connection.execute(query, {"lock": LOCK, "id": run_id}).scalar())


def take(connection: Connection, run_id: int, at: datetime) -> Claim | None:
    """Takes a run whose lock the caller holds. None when it was decided or was tried too often already."""
    untried = Run.attempts < MAX_ATTEMPTS
    taken = update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE), untried)
    taken = taken.values(state="running", token=Run.token + 1, attempts=Run.attempts + 1, started_at=at)
    row = connection.execute(taken.returning(Run.id, Run.token, Run.recipe)).first()
    wake(connection)
    return Claim(*row) if row else None


def give_back(connection: Connection, run_id: int) -> bool:
    """A worker is told to stop: the attempt that it makes does not count. False where the run has ended."""
    undone = (
        update(Run).where(Run.id == run_id, Run.state.in_(ACTIVE), Run.attempts > 0).values(attempts=Run.attempts - 1)
    )
    return bool(connection.execute(undone).rowcount)


def overruled(connection: Connection, claimed: Claim) -> Overruling | None:
    """What someone wants instead of what the gate says, if anyone does. Until the transaction ends nobody changes it,
    so that nobody is told that a word counts which comes too late."""
    words = select(Run.force, Run.keep).where(Run.id == claimed.id).with_for_update()
    force, keep = connection.execute(words).one()
    reason = force if force is not None else keep
    return None if reason is None else Overruling(force is not None, reason)


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
