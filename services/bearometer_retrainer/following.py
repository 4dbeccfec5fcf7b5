"""A run as a person at a terminal sees it: queued, watched, decided."""

from collections.abc import Iterator, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.storage import runs
from bearometer_shared.storage.runs import Overruling
from bearometer_shared.storage.session import retrying, transaction

POLL_S = 0.3
PATIENCE_S = 15  # a worker is told within three seconds


def queue(database: Engine, reason: str, overruling: Overruling | None = None) -> tuple[int, str]:
    """Queues a run, or finds the one that is active already, and says which."""
    with transaction(database) as connection:
        run_id = runs.queue(connection, trigger="cli", reason=reason, at=SystemClock().now())
        found = runs.active(connection) if run_id is None else run_id
        if found is None or (overruling and not runs.overrule(connection, found, overruling)):
            raise UserError("a run was decided this very moment; try again")
    return found, "queued" if run_id is not None else "is active already" + _announced(overruling)


def _announced(overruling: Overruling | None) -> str:
    if overruling is None:
        return ""
    return ", and will promote its candidate" if overruling.promote else ", and will keep the champion"


def cancel(database: Engine, run_id: int) -> tuple[int, str]:
    """Ends a run that is queued or running, and says so. Raises UserError where there is none to end."""
    state = look(database, run_id)["state"]
    with transaction(database) as connection:
        if not runs.cancel(connection, run_id, SystemClock().now()):
            raise UserError(f"run {run_id} has ended already: {state}")
    return run_id, "is cancelled"


def look(database: Engine, run_id: int) -> dict[str, Any]:
    """The run's row now."""
    with transaction(database) as connection:
        row = runs.get(connection, run_id)
    if row is None:
        raise UserError(f"no run {run_id}")
    return row


def wait(database: Engine, run_id: int) -> dict[str, Any]:
    """Follows a run to its end with a progress bar; an outage of Postgres is waited out."""
    clock, seconds = SystemClock(), 0.0
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("queued", total=None, left="")
        while (row := retrying(lambda: look(database, run_id), clock))["state"] in runs.ACTIVE:
            _show(bar, task, row)
            if row["state"] == "queued" and seconds < PATIENCE_S <= seconds + POLL_S:
                bar.console.print("no worker has taken it yet; is the retrainer running? (`bearometer up`)")
            clock.sleep(POLL_S)
            seconds += POLL_S
    return row


def print_decision(row: dict[str, Any]) -> None:
    """The decision and the figures that it rests on."""
    took = row["finished_at"] - (row["started_at"] or row["finished_at"])
    typer.echo(f"run {row['id']}: {row['decision'] or row['error'] or row['state']} ({took.total_seconds():.0f} s)")
    for line in _figures(row["figures"] or {}):
        typer.echo(f"  {line}")
    if row["model_version"]:
        typer.echo(f"  candidate {row['model_version']}, trained further from {row['figures']['parent']}")


def _figures(figures: dict[str, Any]) -> Iterator[str]:
    for name in ("golden", "fresh"):
        for head, before in figures.get("champion", {}).get(name, {}).items():
            after = figures["candidate"][name][head]
            yield f"{name} {head} accuracy {before['accuracy']:.3f} -> {after['accuracy']:.3f} ({before['n']} labels)"
    yield from told(figures.get("checks", []))


def told(checks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each check of the gate; of the slices only those that failed, and how many did not."""
    held = [check for check in checks if check["passed"] and check["name"].startswith("slice ")]
    for check in checks:
        if check not in held:
            yield f"{'passed' if check['passed'] else 'FAILED'}  {check['detail']}"
    if held:
        yield f"passed  slices that are not clearly worse: {len(held)}"


def _show(bar: Progress, task: TaskID, row: dict[str, Any]) -> None:
    at = row["progress"]
    left = f"loss {at['loss']:.2f}, {at['remaining']:.0f} s left" if "remaining" in at else ""
    description = at.get("stage", row["state"])
    bar.update(task, description=description, completed=at.get("step", 0), total=at.get("steps"), left=left)
