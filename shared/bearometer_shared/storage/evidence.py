"""What the alert service reads of the news, by minute. Late items never count."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from bearometer_shared.storage.news_tables import Trend


def first_minute(connection: Connection, stream: str, since: datetime | None = None) -> datetime | None:
    """The earliest minute with items, from `since` on."""
    query = select(func.min(Trend.minute)).where(Trend.stream == stream)
    return connection.execute(query.where(Trend.minute >= since) if since else query).scalar()


def counts(
    connection: Connection, stream: str, dimensions: Collection[str], since: datetime, until: datetime | None
) -> Iterator[RowMapping]:
    """`minute, dimension, key, stories, negative_stories`, in order of minutes, from `since` to before `until`.

    Of (all, all) every minute in which a story is first told; of every key of these dimensions those in which one is
    first told as negative.
    """
    query = select(Trend.minute, Trend.dimension, Trend.key, Trend.stories, Trend.negative_stories)
    query = query.where(Trend.stream == stream, Trend.minute >= since, Trend.dimension.in_(dimensions))
    query = query.where(or_(and_(Trend.dimension == "all", Trend.stories > 0), Trend.negative_stories > 0))
    query = query.where(Trend.minute < until) if until else query
    # A busy day is many rows: they come in portions.
    in_parts = {"yield_per": 5000}
    with connection.execute(query.order_by(Trend.minute), execution_options=in_parts) as found:
        yield from found.mappings()
