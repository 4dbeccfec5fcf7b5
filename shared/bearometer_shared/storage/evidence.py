"""What the alert service reads of the news: counts by minute, and the items behind a window. Late items never count."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, literal, or_, select, true

from bearometer_shared.storage.news_tables import Article, Trend


@dataclass(frozen=True, slots=True)
class Window:
    """One key's window of event time; `until` is not included."""

    stream: str
    dimension: str
    key: str
    since: datetime
    until: datetime


def first_minute(connection: Connection, stream: str, since: datetime | None = None) -> datetime | None:
    """The earliest minute with items, from `since` on."""
    query = select(func.min(Trend.minute)).where(Trend.stream == stream)
    return connection.execute(query.where(Trend.minute >= since) if since else query).scalar()


def counts(
    connection: Connection, stream: str, dimensions: Collection[str], since: datetime, until: datetime | None
) -> Iterator[RowMapping]:
    """`minute, dimension, key, items, negative`, in order of minutes, from `since` to before `until`.

    Of (all, all) every minute with items; of the other keys of these dimensions those with negative ones.
    """
    items = (Trend.items - Trend.late_items).label("items")
    negative = (Trend.negative - Trend.late_negative).label("negative")
    query = select(Trend.minute, Trend.dimension, Trend.key, items, negative)
    query = query.where(Trend.stream == stream, Trend.minute >= since, Trend.dimension.in_(dimensions), items > 0)
    query = query.where(or_(Trend.dimension == "all", negative > 0))
    query = query.where(Trend.minute < until) if until else query
    # A busy day is many rows: they come in portions.
    in_parts = {"yield_per": 5000}
    with connection.execute(query.order_by(Trend.minute), execution_options=in_parts) as found:
        yield from found.mappings()


def top(connection: Connection, window: Window, limit: int) -> list[dict[str, Any]]:
    """The window's most negative items: `id, title, source, url, published_at, score`, the score in [-1, 1]."""
    score = (Article.signed / 1e6).label("score")
    query = select(Article.id, Article.title, Article.source, Article.url, Article.published_at, score)
    rows = connection.execute(query.where(*_negatives(window)).order_by(Article.signed, Article.id).limit(limit))
    return [dict(row) for row in rows.mappings()]


def sources(connection: Connection, window: Window) -> int:
    """How many distinct sources the window's negative items have."""
    return int(
        connection.execute(select(func.count(Article.source.distinct())).where(*_negatives(window))).scalar_one()
    )


def model_versions(connection: Connection, window: Window) -> list[str]:
    """The models that scored the window's negative items."""
    versions = select(Article.model_version).where(*_negatives(window)).distinct().order_by(Article.model_version)
    return list(connection.execute(versions).scalars())


def _negatives(window: Window) -> list[ColumnElement[bool]]:
    of_key = {"topic": Article.topic == window.key, "ticker": literal(window.key) == Article.tickers.any_()}
    return [
        Article.stream == window.stream,
        Article.published_at >= window.since,
        Article.published_at < window.until,
        Article.sentiment == "negative",
        Article.late.is_(False),
        of_key.get(window.dimension, true()),
    ]
