"""Trends by the hour and by the day: written with the minutes, in their transaction, and rebuilt with them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from bearometer_shared.storage import source_sketch
from bearometer_shared.storage.story_keys import Bucket

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WIDTHS = (60, 1440)  # minutes
Rollup = tuple[str, str, int, str, datetime]  # stream, dimension, width, key, at


def floor(moment: datetime, step: timedelta) -> datetime:
    """The beginning of the bucket that a time lies in, counted from the epoch as Postgres' date_bin does."""
    return EPOCH + (moment - EPOCH) // step * step


def ceiling(moment: datetime, step: timedelta) -> datetime:
    """The first beginning of a bucket that is not before a time."""
    return EPOCH - (EPOCH - moment) // step * step


def add(
    connection: Connection,
    minutes: Mapping[Bucket, Counter[str]],
    told: Iterable[tuple[Bucket, str]],
    names: tuple[str, ...],
) -> None:
    """Adds what was added to minutes, and the sources that `told` it, in one order for all writers."""
    totals = _coarser(minutes)
    sources: dict[Rollup, set[str]] = defaultdict(set)
    for bucket, source in told:
        for rollup in _rollups(bucket):
            sources[rollup].add(source)
    order = sorted(totals)
    sums = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in names)
    given = ", ".join(f"CAST(:{name} AS bigint[])" for name in names)
    connection.execute(
        text(
            "INSERT INTO trend_rollups AS t SELECT * FROM unnest(CAST(:stream AS text[]), CAST(:dimension AS text[]),"  # noqa: S608 - names are ours
            f" CAST(:width AS int[]), CAST(:key AS text[]), CAST(:at AS timestamptz[]), {given},"
            f" CAST(:sources AS bit({source_sketch.BITS})[])) ON CONFLICT (stream, dimension, width, key, at)"
            f" DO UPDATE SET {sums}, sources = t.sources | excluded.sources"
        ),
        {name: [rollup[n] for rollup in order] for n, name in enumerate(("stream", "dimension", "width", "key", "at"))}
        | {name: [totals[rollup][name] for rollup in order] for name in names}
        | {"sources": [source_sketch.literal(sources[rollup]) for rollup in order]},
    )


def made(told: str, minutes: str, names: tuple[str, ...]) -> str:
    """The query of all roll-ups of a stream, from queries of its articles' keys and of its minutes."""
    widths = f"unnest(ARRAY{list(WIDTHS)}) AS width"
    at = "date_bin(make_interval(mins => width), minute, 'epoch'::timestamptz) AS at"
    sums = ", ".join(f"sum({name}) AS {name}" for name in names)
    bits = source_sketch.sql("source")
    return (
        f"SELECT s.*, coalesce(b.sources, {source_sketch.EMPTY_SQL}) AS sources FROM"  # noqa: S608 - constants
        f" (SELECT stream, dimension, width, key, {at}, {sums} FROM ({minutes}) m, {widths} GROUP BY 1, 2, 3, 4, 5) s"
        f" LEFT JOIN (SELECT dimension, width, key, {at}, bit_or({bits}) AS sources FROM ({told}) a, {widths}"
        " WHERE source <> '' GROUP BY 1, 2, 3, 4) b USING (dimension, width, key, at)"
    )


def _coarser(minutes: Mapping[Bucket, Counter[str]]) -> dict[Rollup, Counter[str]]:
    totals: dict[Rollup, Counter[str]] = defaultdict(Counter)
    for bucket, counts in minutes.items():
        for rollup in _rollups(bucket):
            totals[rollup].update(counts)
    return totals


def _rollups(bucket: Bucket) -> Iterator[Rollup]:
    stream, dimension, key, minute = bucket
    for width in WIDTHS:
        yield stream, dimension, width, key, floor(minute, timedelta(minutes=width))
