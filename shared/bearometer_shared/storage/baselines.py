"""What the detector remembers of each key, so that a take-over resumes from rows."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, text

from bearometer_shared.storage.alert_tables import Baseline

Key = tuple[str, str]  # dimension, key


def load(connection: Connection, stream: str, rule: str) -> dict[Key, dict[str, Any]]:
    """Every state of a stream, by key."""
    query = select(Baseline.dimension, Baseline.key, Baseline.state)
    rows = connection.execute(query.where(Baseline.stream == stream, Baseline.rule == rule))
    return {(row.dimension, row.key): row.state for row in rows}


_SAVE = """
    INSERT INTO baselines SELECT :stream, :rule, dimension, key, :as_of, CAST(state AS jsonb)
    FROM unnest(CAST(:dimensions AS text[]), CAST(:keys AS text[]), CAST(:states AS text[])) AS n(dimension, key, state)
    ON CONFLICT (stream, rule, dimension, key) DO UPDATE SET as_of = excluded.as_of, state = excluded.state
"""
_FORGET = """
    DELETE FROM baselines USING unnest(CAST(:dimensions AS text[]), CAST(:keys AS text[])) AS n(dimension, key)
    WHERE stream = :stream AND rule = :rule AND baselines.dimension = n.dimension AND baselines.key = n.key
"""


def save(
    connection: Connection, stream: str, rule: str, states: Mapping[Key, dict[str, Any] | None], as_of: datetime
) -> None:
    """Stores states as of an event time, thousands in one statement; a key whose state is None is forgotten."""
    kept = {key: json.dumps(state) for key, state in states.items() if state is not None}
    gone = [key for key, state in states.items() if state is None]
    if kept:
        arrays = _columns(kept) | {"states": list(kept.values()), "as_of": as_of}
        connection.execute(text(_SAVE), {"stream": stream, "rule": rule, **arrays})
    if gone:
        connection.execute(text(_FORGET), {"stream": stream, "rule": rule, **_columns(gone)})


def _columns(keys: Collection[Key]) -> dict[str, list[str]]:
    return {"dimensions": [dimension for dimension, _ in keys], "keys": [key for _, key in keys]}


def forget(connection: Connection, stream: str) -> None:
    """Drops what is left of an earlier stream of that name."""
    connection.execute(delete(Baseline).where(Baseline.stream == stream))
