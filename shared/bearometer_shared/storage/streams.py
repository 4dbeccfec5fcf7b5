"""A stream's event-time clock as the scorer moves it: the newest event, and the ticks of a replay."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from bearometer_shared.kafka.port import Partition
from bearometer_shared.storage.offsets import HEARD_TO
from bearometer_shared.wire import Tick

_LOCK = f"""
    INSERT INTO streams (name, newest_event, newest_at) VALUES (:name, :event, :now)
    ON CONFLICT (name) DO UPDATE SET name = excluded.name
    RETURNING newest_event, evaluated_to, xmax = 0 AS opened, {HEARD_TO} AS heard,
              (SELECT min(event_time) FROM stream_ticks WHERE stream = :name) AS tick
"""  # noqa: S608 - a constant
ANY_TIME = datetime(1, 1, 1, tzinfo=UTC)  # a stream that opens with this batch has nothing late in it


def lock(
    connection: Connection, newest: Mapping[str, datetime], now: datetime, lateness: timedelta
) -> dict[str, datetime]:
    """Locks streams for this transaction and says of each from which event time on an item is not late.

    `newest` holds the newest event of this batch for each stream; it moves the clock, but what it makes late begins
    with the next batch. Rows are taken in one order, so that nobody deadlocks.
    """
    bounds = {}
    for name, event in sorted(newest.items()):
        row = connection.execute(
            text(_LOCK),
            {"name": name, "event": event, "now": now},
        ).one()
        opened = row.opened or row.heard is None
        # Neither a clock ahead of ours nor a partition that is read sooner makes late what follows on another one.
        watermark = row.tick or (ANY_TIME if opened else min(row.newest_event, row.heard) - lateness)
        bounds[name] = max(watermark, row.evaluated_to or watermark)
        connection.execute(
            text(
                "UPDATE streams SET newest_event = :event, newest_at = :now"
                " WHERE name = :name AND newest_event < :event"
            ),
            {"name": name, "event": event, "now": now},
        )
    return bounds


def tick(connection: Connection, partition: Partition, ticks: Collection[Tick]) -> None:
    """Stores a partition's newest ticks. A stream's first tick opens the rows of all its partitions: the clock, which
    is the least of them, must not run ahead of a partition that nobody has read yet.
    """
    for stream, partitions, event_time in sorted({(t.stream, t.partitions, t.event_time) for t in ticks}):
        connection.execute(
            text(
                "INSERT INTO stream_ticks SELECT :stream, n, :at FROM generate_series(0, :last) n"
                " WHERE NOT EXISTS (SELECT FROM stream_ticks WHERE stream = :stream AND partition = n)"
                " ON CONFLICT DO NOTHING"
            ),
            {"stream": stream, "last": partitions - 1, "at": event_time},
        )
        connection.execute(
            text(
                "UPDATE stream_ticks SET event_time = greatest(event_time, :at)"
                " WHERE stream = :stream AND partition = :partition"
            ),
            {"stream": stream, "partition": partition.number, "at": event_time},
        )
