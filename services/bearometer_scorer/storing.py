"""What a scored batch leaves in Postgres, but for its offsets: articles, stories, mentions, trends, clocks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bearometer_scorer.scoring import Scored, rows
from bearometer_scorer.work import Work
from bearometer_shared.storage import articles, stories, streams, trends
from bearometer_shared.storage.articles import ArticleRow


def store(
    connection: Connection, work: Work, scores: Sequence[Scored], *, version: str, now: datetime, lateness: timedelta
) -> list[ArticleRow]:
    """Stores what no other scorer has stored meanwhile, and returns it."""
    on_time = streams.lock(connection, _newest(scores), now, lateness)
    claimed = articles.claim(connection, [one.item for one in scores], now.date())
    new = [one for one in scores if (one.item.stream, one.item.id) in claimed]
    told = stories.assign(connection, [one.sketch for one in new])
    stored = rows(new, told, on_time, version=version, now=now)
    articles.insert(connection, stored)
    trends.add(connection, stored)
    for partition, ticks in work.ticks.items():
        streams.tick(connection, partition, ticks)
    return stored


def _newest(scores: Sequence[Scored]) -> dict[str, datetime]:
    """The newest publication of each stream."""
    newest: dict[str, datetime] = {}
    for item in (one.item for one in scores):
        newest[item.stream] = max(item.published_at, newest.get(item.stream, item.published_at))
    return newest
