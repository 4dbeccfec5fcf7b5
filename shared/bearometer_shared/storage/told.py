"""Negative items, on the whole or towards a company: from them alerts count sets of tickers and distinct sources."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, cast, func, or_, select, true

from bearometer_shared.storage.news_tables import Article, Mention
from bearometer_shared.storage.story_tables import StoryKey


class Told(NamedTuple):
    """An item that came in time and is negative, `overall` or towards some of the companies it names: its `tickers`.

    `firsts`: for each ticker the minute when its story was first told badly.
    """

    at: datetime
    story: str
    source: str
    topic: str
    tickers: Sequence[str]
    firsts: Mapping[str, int]
    overall: bool = True


def read(connection: Connection, stream: str, since: datetime, until: datetime | None) -> Iterator[Told]:
    """In the order of publishing, from `since` to before `until`. `firsts` are minutes since 1970."""
    minute = cast(func.floor(func.extract("epoch", StoryKey.negative_minute) / 60), BigInteger)
    firsts = select(func.jsonb_object_agg(StoryKey.key, minute)).where(
        StoryKey.stream == Article.stream,
        StoryKey.story == Article.story,
        StoryKey.dimension == "ticker",
        StoryKey.negative_minute.is_not(None),
    )
    mine = (Mention.stored_on == Article.stored_on, Mention.stream == stream, Mention.article_id == Article.id)
    badly = select(func.array_agg(Mention.ticker).label("tickers")).where(*mine, Mention.sentiment == "negative")
    of, overall = badly.lateral(), Article.sentiment == "negative"
    query = select(Article.published_at, Article.story, Article.source, Article.topic, of.c.tickers)
    query = query.add_columns(firsts.scalar_subquery(), overall).join(of, true())
    query = query.where(Article.stream == stream, Article.published_at >= since, Article.late.is_(False))
    query = query.where(or_(overall, of.c.tickers.is_not(None)))
    query = query.where(Article.published_at < until) if until else query
    with connection.execute(query.order_by(Article.published_at), execution_options={"yield_per": 5000}) as found:
        for at, story, source, topic, tickers, known, bad in found:
            yield Told(at, story, source, topic, tickers or (), known or {}, bad)
