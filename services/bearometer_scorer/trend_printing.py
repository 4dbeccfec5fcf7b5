"""What `bearometer trends show` and `movers` print."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import Connection

from bearometer_shared import movers
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage import reading, source_sketch, trend_reading
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.storage.trend_rollups import HOUR, ceiling

COUNTS = ("items", "negative", "stories", "negative_stories")
DIMENSIONS = ("all", "topic", "source", "ticker")


def hours(stream: str, dimension: str, key: str, count: int) -> list[dict[str, Any]]:
    """The hours of a key that hold items, oldest first. Raises UserError for an unknown dimension or stream."""
    _known("dimension", dimension, DIMENSIONS)
    with _stream(stream) as (connection, until):
        rows = trend_reading.buckets(connection, stream, dimension, [key], until - count * HOUR, until, HOUR)
    return [
        {"at": row["at"].isoformat()}
        | {name: row[name] for name in COUNTS}
        | {"sources": source_sketch.estimate(row["source_bits"]), "mood": movers.mood(row)}
        for row in rows
    ]


def moved(stream: str, dimension: str, by: Any, count: int, min_items: int, limit: int) -> list[dict[str, Any]]:
    """The keys that moved most, first those. Raises UserError for an unknown dimension, measure or stream."""
    _known("dimension", dimension, DIMENSIONS[1:])
    _known("by", by, get_args(movers.By))
    with _stream(stream) as (connection, until):
        rows = trend_reading.two_windows(connection, stream, dimension, until, count * HOUR, min_items)
    return [
        {"key": mover.key, "z": mover.z, "change": mover.change}
        | {name: mover.sums[name] for name in COUNTS}
        | {"mood": movers.mood(mover.sums), "before_items": mover.sums["before_items"]}
        | {"before_negative_stories": mover.sums["before_negative_stories"]}
        | {"before_mood": movers.mood(mover.sums, "before_")}
        for mover in movers.movers(rows, by, min_items, limit)
    ]


def table(rows: Sequence[dict[str, Any]], empty: str) -> str:
    """Columns under their names; `empty` where there are no rows."""
    if not rows:
        return empty
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cell(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "-" if value is None else str(value)


def _known(option: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise UserError(f"--{option} {given}: not one of {', '.join(known)}")


@contextmanager
def _stream(stream: str) -> Iterator[tuple[Connection, datetime]]:
    """A connection, and the end of the hour of the stream's newest event."""
    database = connect(settings())
    try:
        with transaction(database) as connection:
            newest = reading.newest_event(connection, stream)
            if newest is None:
                raise UserError(f"stream {stream!r} holds nothing")
            yield connection, ceiling(newest + timedelta(microseconds=1), HOUR)
    finally:
        database.dispose()
