"""What the commands on entities read and write."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import typer

from bearometer_shared.clock import SystemClock
from bearometer_shared.entities import Entity, Link, Linker, linker_with, read_file
from bearometer_shared.settings import settings
from bearometer_shared.storage import entities
from bearometer_shared.storage.session import connect, transaction


def store(file: Path, *, everything: bool) -> dict[str, int]:
    """Imports a CSV file, all of it or nothing. Raises UserError with the line at fault."""
    rows = read_file(file)
    database = connect(settings())
    with transaction(database) as connection:
        entities.replace(connection, rows, SystemClock().now(), everything=everything)
        _, count = entities.revision(connection)
    database.dispose()
    return {"rows": len(rows), "tickers": len({row.ticker for row in rows}), "imported": count}


def linker() -> Linker:
    """As the scorers have it; without a database, over the default list."""
    return linker_with(_imported())


def known(*, imported_only: bool) -> list[Entity]:
    """Companies by ticker and time."""
    rows = _imported() if imported_only else linker().gazetteer.entities
    return sorted(rows, key=lambda row: (row.ticker, row.valid_from or date.min))


def _imported() -> list[Entity]:
    if not settings().database_url.get_secret_value():
        return []
    database = connect(settings())
    with transaction(database) as connection:
        found = entities.load(connection)
    database.dispose()
    return found


def period(row: Entity) -> str:
    """When it was so, if that is known."""
    return f"[{row.valid_from or ''}..{row.valid_to or ''}] " if row.valid_from or row.valid_to else ""


def fields(link: Link) -> dict[str, Any]:
    """A link as JSON has it."""
    return asdict(link)


def as_json(row: Entity) -> dict[str, Any]:
    """An entity as JSON has it; days in ISO 8601."""
    days = {name: day and day.isoformat() for name, day in (("valid_from", row.valid_from), ("valid_to", row.valid_to))}
    return asdict(row) | days


def show(facts: Any, words: str, as_json: bool) -> None:
    """One object on a line, or words."""
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else words)
