"""`bearometer models rescore`: history as another model tells it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine as Database

from bearometer_retrainer import terminal
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.store import Store
from bearometer_shared.rescoring import rescore
from bearometer_shared.settings import settings
from bearometer_shared.storage import models, rescores, restated
from bearometer_shared.storage.rescores import Day
from bearometer_shared.storage.session import transaction


def rescore_days(
    stream: Annotated[str, typer.Option(help="whose items")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="the first day, UTC")],
    to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="the last day, UTC, included")],
    model: Annotated[str, typer.Option(help="a version, as `bearometer models list` shows it")],
    queue: Annotated[bool, typer.Option("--queue", help="leave it to the workers, and return at once")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Scores stored items with any version, beside what was said at the time. Ask again after a kill: it goes on.

    Example: bearometer models rescore --stream live --from 2026-03-01 --to 2026-03-05 --model 3f2a9c10d4e5
    """
    with terminal.database() as database:
        with transaction(database) as connection:
            now = SystemClock().now()
            days = rescores.ask(connection, model, stream, since.date(), to.date(), now)
        if not queue:
            _score(database, model, days)
        facts = _facts(database, model, stream, days)
    if as_json:
        terminal.print_json(facts)
        return
    typer.echo(f"{facts['said']:,} of {facts['items']:,} items of {facts['days']} days as {model} tells them")


def _score(database: Database, model: str, days: list[Day]) -> None:
    with transaction(database) as connection:
        row = models.get(connection, model)
    if row is None:
        raise UserError(f"no model version {model}; `bearometer models list` shows them")
    engine = Engine.load(Store(settings()).fetch(row["location"]), settings().threads)
    engine.check()
    with _bar(_facts(database, model, days[0].stream, days)) as told:
        for day in days:
            rescore(database, engine, day, told, lambda: False)


@contextmanager
def _bar(facts: dict[str, Any]) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere; on stderr."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("scoring", total=facts["items"], completed=facts["said"])
        yield lambda items: progress.advance(task, items)


def _facts(database: Database, model: str, stream: str, days: list[Day]) -> dict[str, Any]:
    with transaction(database) as connection:
        told = [restated.progress(connection, model, stream, *day.bounds) for day in days]
    said, items = sum(said for said, _ in told), sum(items for _, items in told)
    return {"model": model, "stream": stream, "days": len(days), "said": said, "items": items}
