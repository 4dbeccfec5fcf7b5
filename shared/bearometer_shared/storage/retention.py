"""What is dropped with age. The retrainer's daily task is the one owner of clean-up."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bearometer_shared.storage import outbox, partitions, stories

TOLD_FOR = timedelta(days=30)
SILENT_FOR = timedelta(days=1)

# Trends are old when their minute is and no article of it is kept: a replay of 1987 is as young as its arrival.
_OLD_TRENDS = """
    DELETE FROM trends WHERE minute < :keep_from AND (stream, minute) NOT IN (
        SELECT DISTINCT stream, date_trunc('minute', published_at, 'UTC') FROM articles
        WHERE published_at < :keep_from)
"""

# A roll-up goes with the last of its minutes; until then it tells the whole of its hour or day.
_OLD_ROLLUPS = """
    DELETE FROM trend_rollups r WHERE at < :keep_from AND NOT EXISTS (
        SELECT FROM trends t WHERE (t.stream, t.dimension, t.key) = (r.stream, r.dimension, r.key)
        AND t.minute >= r.at AND t.minute < r.at + make_interval(mins => r.width))
"""


def clean(connection: Connection, now: datetime, retention_days: int) -> list[str]:
    """Makes partitions ahead and drops what is past its time. Returns the partitions dropped."""
    keep_from = now - timedelta(days=retention_days)
    partitions.ensure(connection, now.date())
    dropped = partitions.drop_older(connection, keep_from.date())
    connection.execute(text(_OLD_TRENDS), {"keep_from": keep_from})
    connection.execute(text(_OLD_ROLLUPS), {"keep_from": keep_from})
    connection.execute(text("DELETE FROM restated WHERE stored_on < :day"), {"day": keep_from.date()})
    stories.forget(connection)
    outbox.forget(connection, now - TOLD_FOR)
    connection.execute(text("DELETE FROM servers WHERE seen_at < :before"), {"before": now - SILENT_FOR})
    return dropped
