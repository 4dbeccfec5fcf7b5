"""What the commands share: a database for as long as one runs, and facts as JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from sqlalchemy import Connection, Engine

from bearometer_shared.settings import settings
from bearometer_shared.storage import session


@contextmanager
def database() -> Iterator[Engine]:
    """The settings' database, its connections closed afterwards."""
    engine = session.connect(settings())
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def transaction() -> Iterator[Connection]:
    """A command's one transaction."""
    with database() as engine, session.transaction(engine) as connection:
        yield connection


def print_json(facts: Any) -> None:
    """One object on a line; times in ISO 8601."""
    typer.echo(json.dumps(facts, ensure_ascii=False, default=lambda moment: moment.isoformat()))
