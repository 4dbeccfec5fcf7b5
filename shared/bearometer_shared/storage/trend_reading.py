"""Trends as people read them, each range from the widest buckets that tell it exactly: days, hours, minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Select, func, literal, null, select, true, union_all
from sqlalchemy import cast as sql_cast

from bearometer_shared.storage.news_tables import Trend
from bearometer_shared.storage.rollup_tables import TrendRollup
from bearometer_shared.storage.trend_rollups import DAY, EPOCH, HOUR, MINUTE, ceiling, floor

STORED = (DAY, HOUR, MINUTE)
COUNTS = ("items", "negative", "neutral", "positive", "signed_sum", "stories", "negative_stories")


class Piece(NamedTuple):
    """A part of a range that stored buckets of one width fill."""

    width: timedelta
    since: datetime
    until: datetime


def pieces(since: datetime, until: datetime, stored: Sequence[timedelta] = STORED) -> list[Piece]:
    """Cuts a range of whole minutes: the widest buckets where they fit, finer ones at the edges."""
    width, *finer = stored
    begin, end = ceiling(since, width), floor(until, width)
    if since >= until:
        return []
    if not finer:
        return [Piece(width, since, until)]
    if begin >= end:
        return pieces(since, until, finer)
    return [*pieces(since, begin, finer), Piece(width, begin, end), *pieces(end, until, finer)]


def width_for(step: timedelta) -> timedelta:
    """The widest stored buckets that a step is whole multiples of."""
    return next(width for width in STORED if not step % width)


def buckets(
    connection: Connection,
    stream: str,
    dimension: str,
    keys: Sequence[str],
    since: datetime,
    until: datetime,
    step: timedelta,
    width: timedelta | None = None,
) -> list[dict[str, Any]]:
    """Buckets that hold items, of width `step` from the epoch on; `since` and `until` lie on such.

    Each has `key, at, items, negative, neutral, positive, signed_sum`, in millionths, `stories`, `negative_stories`,
    and `source_bits`: how many bits of the sources' sketch are set, None where the step is no whole hours.
    They are read from stored buckets of `width`, the widest that will do if None.
    """
    width = width or width_for(step)
    rows = _rows(stream, dimension, Piece(width, since, until)).subquery()
    rolled = "sources" in rows.c
    query = select(rows.c.key, rows.c.at, *(rows.c[name] for name in COUNTS))
    bits: Any = rows.c.sources if rolled else null()
    if step > width:
        at = func.date_bin(step, rows.c.at, EPOCH).label("at")
        query = select(rows.c.key, at, *_sums(rows.c)).group_by(rows.c.key, at)
        bits = func.bit_or(bits) if rolled else null()
    query = query.add_columns((func.bit_count(bits) if rolled else null()).label("source_bits"))
    query = query.where(rows.c.key.in_(keys)).order_by(rows.c.key, query.selected_columns.at)
    return [dict(row) for row in connection.execute(query).mappings()]


def top_keys(
    connection: Connection,
    stream: str,
    dimension: str,
    since: datetime,
    until: datetime,
    limit: int,
    stored: Sequence[timedelta] = STORED,
) -> list[str]:
    """The keys of a dimension with items from `since` to before `until`, most items first."""
    parts = [_rows(stream, dimension, piece) for piece in pieces(since, until, stored)]
    rows = union_all(*(_narrow(part) for part in parts)).subquery()
    query = select(rows.c.key).group_by(rows.c.key).order_by(func.sum(rows.c["items"]).desc(), rows.c.key)
    return list(connection.execute(query.limit(limit)).scalars())


def two_windows(
    connection: Connection,
    stream: str,
    dimension: str,
    until: datetime,
    window: timedelta,
    at_least: int,
    stored: Sequence[timedelta] = STORED,
) -> list[dict[str, Any]]:
    """For each key the sums of the window before `until` and, as `before_...`, of the one before that.

    Keys with fewer than `at_least` items in both windows are left out.
    """
    middle = until - window
    parts = [
        _narrow(_rows(stream, dimension, piece)).add_columns(literal(now).label("now"))
        for now, since in ((True, middle), (False, middle - window))
        for piece in pieces(since, since + window, stored)
    ]
    rows = union_all(*parts).subquery()
    sums = [
        sql_cast(func.coalesce(func.sum(rows.c[name]).filter(of), 0), BigInteger).label(prefix + name)
        for prefix, of in (("", rows.c.now), ("before_", ~rows.c.now))
        for name in COUNTS
    ]
    items = [func.coalesce(func.sum(rows.c["items"]).filter(of), 0) for of in (rows.c.now, ~rows.c.now)]
    query = select(rows.c.key, *sums).group_by(rows.c.key).having(func.greatest(*items) >= at_least)
    return [dict(row) for row in connection.execute(query).mappings()]


def _rows(stream: str, dimension: str, piece: Piece) -> Select[Any]:
    """Stored buckets of one width, as `key`, `at`, the counts, and `sources` where there are such."""
    table, at, more = Trend, Trend.minute.label("at"), []
    of_width: Any = true()
    if piece.width > MINUTE:
        table, at, more = TrendRollup, TrendRollup.at.label("at"), [TrendRollup.sources]  # type: ignore[assignment]
        of_width = TrendRollup.width == piece.width // MINUTE
    query = select(table.key, at, *(getattr(table, name) for name in COUNTS), *more)
    return query.where(table.stream == stream, table.dimension == dimension, of_width).where(
        at.element >= piece.since, at.element < piece.until
    )


def _narrow(rows: Select[Any]) -> Select[Any]:
    return rows.with_only_columns(*(column for column in rows.selected_columns if column.name != "sources"))


def _sums(columns: Any) -> list[Any]:
    # Back to whole numbers: Postgres sums to decimals, which are slow to read.
    return [sql_cast(func.sum(columns[name]), BigInteger).label(name) for name in COUNTS]
