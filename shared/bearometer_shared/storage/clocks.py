"""The event-time clock of a stream, how far alerts have closed it, and who may move it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from bearometer_shared.storage.offsets import HEARD_TO

# The least tick of a replay; of a live stream, the newest event less the lateness, moved on by silence. Silence is what
# scorers hear while nothing comes, not what there is while they are away: the clock never passes `heard`. An event that
# a clock ahead of ours has dated later than now is taken as of now: it must not make all that follows late.
_CLOCK = f"""
    coalesce((SELECT min(event_time) FROM stream_ticks WHERE stream = s.name),
             (SELECT least(least(newest_event, :now) + greatest(heard - newest_at, interval '0'), heard) - :lateness
              FROM {HEARD_TO} AS h(heard) WHERE heard IS NOT NULL AND newest_event IS NOT NULL))
"""  # noqa: S608 - constants
_POSITION = f"""
    SELECT name, newest_event, newest_at, {_CLOCK} AS clock, evaluated_to,
           EXISTS (SELECT 1 FROM stream_ticks WHERE stream = s.name) AS ticked
    FROM streams s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream is. Minutes before `evaluated_to` are closed; a `ticked` stream is a replay."""

    name: str
    newest_event: datetime
    newest_at: datetime
    clock: datetime
    evaluated_to: datetime | None
    ticked: bool

    def is_ahead(self, now: datetime) -> bool:
        """Whether a clock that has come back since closed minutes of a live stream that are still to come."""
        to = self.evaluated_to
        return not self.ticked and to is not None and to > now and to > self.clock


def clock(connection: Connection, stream: str, now: datetime, lateness: timedelta) -> datetime | None:
    """The watermark of a stream in event time; None for one that holds neither items nor ticks, and until scorers have
    read of every partition.
    """
    query = f"SELECT {_CLOCK} FROM (SELECT CAST(:stream AS text) AS name) AS s LEFT JOIN streams USING (name)"  # noqa: S608 - constants
    given = {"stream": stream, "now": now, "lateness": lateness}
    return connection.execute(text(query), given).scalar()


def streams(connection: Connection, now: datetime, lateness: timedelta) -> list[dict[str, Any]]:
    """Every stream that holds items, by name: `name, newest_event, clock, evaluated_to`, the clock as above."""
    facts = ("name", "newest_event", "clock", "evaluated_to")
    return [{fact: row[fact] for fact in facts} for row in _read(connection, now, lateness)]


def positions(connection: Connection, now: datetime, lateness: timedelta) -> list[Position]:
    """Where every stream is that has a clock, by name."""
    return [Position(**row) for row in _read(connection, now, lateness) if row["clock"]]


def _read(connection: Connection, now: datetime, lateness: timedelta) -> Sequence[RowMapping]:
    rows = connection.execute(text(f"{_POSITION} ORDER BY name"), {"now": now, "lateness": lateness})
    return rows.mappings().all()


def lock(connection: Connection, stream: str, now: datetime, lateness: timedelta) -> Position | None:
    """Where a stream is, its row locked for this transaction; None for one that is gone or has no clock.

    The scorer locks the same row while it decides what is late: what is closed under this lock stays as it is.
    """
    connection.execute(text("SELECT 1 FROM streams WHERE name = :stream FOR UPDATE"), {"stream": stream})
    given = {"stream": stream, "now": now, "lateness": lateness}
    row = connection.execute(text(f"{_POSITION} WHERE name = :stream"), given).mappings().first()
    return Position(**row) if row and row["clock"] else None


def close(connection: Connection, stream: str, to: datetime) -> None:
    """Minutes before `to` are closed: items of theirs that come from now on are late."""
    connection.execute(text("UPDATE streams SET evaluated_to = :to WHERE name = :stream"), {"stream": stream, "to": to})


def own(connection: Connection, stream: str) -> bool:
    """Whether this connection is the stream's one evaluator from now on, until it closes. Ask once: locks nest."""
    query = text("SELECT pg_try_advisory_lock(hashtextextended('alerts of ' || :stream, 0))")
    return bool(connection.execute(query, {"stream": stream}).scalar())
