"""What the detector remembers of each key, so that a take-over resumes from rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from bearometer_shared.storage.alert_tables import Baseline

Key = tuple[str, str]  # dimension, key


def load(connection: Connection, stream: str, rule: str) -> dict[Key, dict[str, Any]]:
    """Every state of a stream, by key."""
    query = select(Baseline.dimension, Baseline.key, Baseline.state)
    rows = connection.execute(query.where(Baseline.stream == stream, Baseline.rule == rule))
    return {(row.dimension, row.key): row.state for row in rows}


def save(
    connection: Connection, stream: str, rule: str, states: Mapping[Key, dict[str, Any] | None], as_of: datetime
) -> None:
    """Stores states as of an event time; a key whose state is None is forgotten."""
    kept = [
        {"stream": stream, "rule": rule, "dimension": key[0], "key": key[1], "as_of": as_of, "state": state}
        for key, state in states.items()
        if state is not None
    ]
    statement = insert(Baseline)
    fresh = {"as_of": statement.excluded.as_of, "state": statement.excluded.state}
    if kept:
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(Baseline.__mapper__.primary_key), set_=fresh), kept
        )
    gone = [key for key, state in states.items() if state is None]
    if gone:
        mine = delete(Baseline).where(Baseline.stream == stream, Baseline.rule == rule)
        connection.execute(mine.where(tuple_(Baseline.dimension, Baseline.key).in_(gone)))


def forget(connection: Connection, stream: str) -> None:
    """Drops what is left of an earlier stream of that name."""
    connection.execute(delete(Baseline).where(Baseline.stream == stream))
