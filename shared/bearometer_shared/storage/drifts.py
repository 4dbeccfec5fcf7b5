"""What the tests for drift look at and what they found: stories by day as a version tells them, and a row a day.

A story counts once, on the day that first told it: copies would pass for many draws. Days are UTC days of publishing.
"""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert

from bearometer_shared.storage.learning_tables import Drift
from bearometer_shared.storage.session import wake

WEEK = timedelta(days=7)

_TOLD = """
    SELECT CAST(a.published_at AT TIME ZONE 'UTC' AS date) AS day, a.id, a.title, a.body,
           coalesce(r.sentiment, a.sentiment) AS sentiment, coalesce(r.topic, a.topic) AS topic
    FROM articles a LEFT JOIN restated r ON r.model_version = :version AND r.stream = a.stream AND r.id = a.id
    WHERE a.stream = :stream AND a.story = a.id AND (a.model_version = :version OR r.id IS NOT NULL)
    AND a.published_at >= :since AND a.published_at < :until
"""
_COUNTS = f"SELECT day, sentiment, topic, count(*) AS stories FROM ({_TOLD}) t GROUP BY day, sentiment, topic"  # noqa: S608 - constants
_SAMPLE = f"""
    SELECT day, title, left(body, 1000) AS body
    FROM (SELECT *, row_number() OVER (PARTITION BY day ORDER BY md5(id)) AS place FROM ({_TOLD}) t) numbered
    WHERE place <= :a_day ORDER BY day, place
"""  # noqa: S608 - constants
_UNTESTED = """
    SELECT s.name, CAST(s.newest_event AT TIME ZONE 'UTC' AS date) - 1 AS day FROM streams s
    WHERE NOT EXISTS (SELECT FROM drifts d WHERE d.version = :version AND d.stream = s.name
        AND d.day >= CAST(s.newest_event AT TIME ZONE 'UTC' AS date) - 1) ORDER BY s.name
"""


class Window(NamedTuple):
    """Days of a stream as a version tells them, from `since` to before `until`."""

    version: str
    stream: str
    since: datetime
    until: datetime


class Counted(NamedTuple):
    """How many stories of a day were told as this sentiment and topic."""

    day: date
    sentiment: str
    topic: str
    stories: int


class Sampled(NamedTuple):
    """A story's text and its day."""

    day: date
    title: str
    body: str


def untested(connection: Connection, version: str) -> list[tuple[str, date]]:
    """Streams, each with its newest whole day, where that day was not tested for this version."""
    return [(row.name, row.day) for row in connection.execute(text(_UNTESTED), {"version": version})]


def counts(connection: Connection, window: Window) -> list[Counted]:
    """Stories of each day by answer."""
    return [Counted(*row) for row in connection.execute(text(_COUNTS), window._asdict())]


def sample(connection: Connection, window: Window, a_day: int) -> list[Sampled]:
    """At most `a_day` stories of each day, the same whenever asked, in the order of days."""
    return [Sampled(*row) for row in connection.execute(text(_SAMPLE), window._asdict() | {"a_day": a_day})]


def record(connection: Connection, row: dict[str, Any]) -> bool:
    """Stores what was found on a day of a stream. False where somebody did before."""
    added = insert(Drift).values(row).on_conflict_do_nothing().returning(Drift.day)
    wake(connection)
    return connection.execute(added).first() is not None


def newest(connection: Connection, version: str) -> list[dict[str, Any]]:
    """The newest test of each stream for a version."""
    query = select(*Drift.__table__.c).ext(distinct_on(Drift.stream)).where(Drift.version == version)
    rows = connection.execute(query.order_by(Drift.stream, Drift.day.desc())).mappings()
    return [dict(row) for row in rows]


def standing(connection: Connection, version: str, now: datetime) -> list[dict[str, Any]]:
    """The newest tests, of the last week, that found a stream to drift from what the version told before."""
    return [row for row in newest(connection, version) if row["drifted"] and row["at"] >= now - WEEK]


def live(connection: Connection, now: datetime) -> int:
    """How many streams brought anything in the last week: they share the false alarms."""
    query = text("SELECT count(*) FROM streams WHERE newest_at >= :since")
    return int(connection.execute(query, {"since": now - WEEK}).scalar_one())
