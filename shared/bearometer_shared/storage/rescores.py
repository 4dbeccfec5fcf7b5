"""Days of a stream that a version is asked to score. A day's progress is its rows in `restated`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select, text

from bearometer_shared.errors import UserError
from bearometer_shared.storage import models, restated
from bearometer_shared.storage.restated_tables import RescoreDay
from bearometer_shared.storage.session import wake

DAY = timedelta(days=1)
RESEND_AFTER = timedelta(seconds=60)


class Day(NamedTuple):
    """One day's work: it can be done, and done again, by itself."""

    version: str
    stream: str
    day: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From its first moment to before the next day's, in UTC."""
        begin = datetime.combine(self.day, time(), UTC)
        return begin, begin + DAY


def ask(connection: Connection, version: str, stream: str, first: date, last: date, now: datetime) -> list[Day]:
    """Queues every day of the range that holds items, done ones again: what is told already costs nothing.

    Raises UserError for a version that is not registered, and where the range holds no items.
    """
    if models.get(connection, version) is None:
        raise UserError(f"no model version {version}; `bearometer models list` shows them")
    query = text(
        "INSERT INTO rescore_days (model_version, stream, day, state, asked_at, error)"
        " SELECT DISTINCT :version, :stream, CAST(published_at AT TIME ZONE 'UTC' AS date), 'queued',"
        " CAST(:now AS timestamptz), '' FROM articles"
        " WHERE stream = :stream AND published_at >= :since AND published_at < :until"
        " ON CONFLICT (model_version, stream, day) DO UPDATE"
        " SET state = 'queued', asked_at = excluded.asked_at, error = '', sent_at = NULL RETURNING day"
    )
    since, until = Day(version, stream, first).bounds[0], Day(version, stream, last).bounds[1]
    given = {"version": version, "stream": stream, "since": since, "until": until, "now": now}
    days = [Day(version, stream, day) for day in sorted(connection.execute(query, given).scalars())]
    if not days:
        raise UserError(f"stream {stream} holds nothing from {first} to {last}")
    wake(connection)
    return days


def take_unsent(connection: Connection, now: datetime) -> list[Day]:
    """Queued days of which no worker was told within a minute, marked as told."""
    query = text(
        "UPDATE rescore_days SET sent_at = :now WHERE state = 'queued' AND (sent_at IS NULL OR sent_at < :before)"
        " RETURNING model_version, stream, day"
    )
    return [Day(*row) for row in connection.execute(query, {"now": now, "before": now - RESEND_AFTER})]


@contextmanager
def held(database: Engine, day: Day) -> Iterator[bool]:
    """Whether the day is this process's for as long as the block runs; the lock dies with it."""
    with database.connect() as keeper:
        keeper = keeper.execution_options(isolation_level="AUTOCOMMIT")
        keeper.detach()  # closed for good at the end, not kept in the pool with the lock
        name = f"rescore {day.version} {day.stream} {day.day}"
        query = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
        yield bool(keeper.execute(query, {"name": name}).scalar())


def finish(connection: Connection, day: Day, state: str, error: str = "") -> None:
    """The day is `done`, or `failed` and why, or `queued` for a worker to go on with."""
    query = text(
        "UPDATE rescore_days SET state = :state, error = :error, sent_at = NULL"
        " WHERE model_version = :version AND stream = :stream AND day = :day"
    )
    connection.execute(query, day._asdict() | {"state": state, "error": error})
    wake(connection)


def listing(connection: Connection, version: str, limit: int) -> list[dict[str, Any]]:
    """A version's days, newest first: `stream, day, state, error, said, items`."""
    query = select(RescoreDay.stream, RescoreDay.day, RescoreDay.state, RescoreDay.error)
    query = query.where(RescoreDay.model_version == version).order_by(RescoreDay.day.desc(), RescoreDay.stream)
    return [_told(connection, version, dict(row)) for row in connection.execute(query.limit(limit)).mappings()]


def _told(connection: Connection, version: str, row: dict[str, Any]) -> dict[str, Any]:
    bounds = Day(version, row["stream"], row["day"]).bounds
    said, items = restated.progress(connection, version, row["stream"], *bounds)
    return row | {"said": said, "items": items}
