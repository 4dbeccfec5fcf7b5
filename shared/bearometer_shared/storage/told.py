"""The negative items of a stream, as the alert service counts sets of tickers and distinct sources from them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, cast, func, select

from bearometer_shared.storage.news_tables import Article
from bearometer_shared.storage.story_tables import StoryKey


class Told(NamedTuple):
    """A negative item that came in time. `firsts`: for each ticker the minute when its story was first told badly."""

    at: datetime
    story: str
    source: str
    topic: str
    tickers: Sequence[str]
    firsts: Mapping[str, int]


def read(connection: Connection, stream: str, since: datetime, until: datetime | None) -> Iterator[Told]:
    """In the order of publishing, from `since` to before `until`. `firsts` are minutes since 1970."""
    minute = cast(func.floor(func.extract("epoch", StoryKey.negative_minute) / 60), BigInteger)
    firsts = select(func.jsonb_object_agg(StoryKey.key, minute)).where(
        StoryKey.stream == Article.stream,
        StoryKey.story == Article.story,
        StoryKey.dimension == "ticker",
        StoryKey.negative_minute.is_not(None),
    )
    query = select(
        Article.published_at, Article.story, Article.source, Article.topic, Article.tickers, firsts.scalar_subquery()
    )
    query = query.where(Article.stream == stream, Article.published_at >= since)
    query = query.where(Article.sentiment == "negative", Article.late.is_(False))
    query = query.where(Article.published_at < until) if until else query
    with connection.execute(query.order_by(Article.published_at), execution_options={"yield_per": 5000}) as found:
        for at, story, source, topic, tickers, known in found:
            yield Told(at, story, source, topic, tickers, known or {})
