"""Stores made news as the scorer does, without a model: the same functions, the same transaction."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from made_news import Item
from sqlalchemy import Engine

from bearometer_alerts import times
from bearometer_shared.kafka.port import NEWS_RAW, Partition
from bearometer_shared.storage import articles, streams, trends
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.session import transaction, wake
from bearometer_shared.wire import News, Tick

LATENESS = timedelta(minutes=10)


def store(engine: Engine, stream: str, items: Iterable[Item], now: datetime) -> int:
    """Stores items that arrived `now`, in one batch. Returns how many of them were late."""
    rows = [_row(stream, item, now) for item in items]
    with transaction(engine) as connection:
        newest = {stream: max(row.published_at for row in rows)}
        bound = streams.lock(connection, newest, now, LATENESS)[stream]
        rows = [replace(row, late=row.published_at < bound) for row in rows]
        articles.claim(connection, [_news(row) for row in rows], now.date())
        articles.insert(connection, rows)
        trends.add(connection, rows)
        wake(connection)
    return sum(row.late for row in rows)


def tick(engine: Engine, stream: str, at: datetime, partitions: Iterable[int] = (0, 1)) -> None:
    """A replay's tick on these of its two partitions."""
    with transaction(engine) as connection:
        for number in partitions:
            ticks = [Tick(stream=stream, event_time=at, partitions=2)]
            streams.tick(connection, Partition(NEWS_RAW, number), ticks)
        wake(connection)


def _row(stream: str, item: Item, now: datetime) -> ArticleRow:
    minute, keys, negative = item
    named = dict(keys)
    return ArticleRow(
        stored_on=now.date(),
        stream=stream,
        id=uuid.uuid4().hex,
        published_at=times.start(minute),
        received_at=now,
        stored_at=now,
        future=False,
        late=False,
        source=f"source {minute % 5}",
        title=f"{'Trouble' if negative else 'Calm'} at {named['ticker']}",
        body="",
        url="https://example.com/story",
        lang="en",
        tickers=[named["ticker"]],
        batch=uuid.uuid4(),
        model_version="m1",
        sentiment="negative" if negative else "neutral",
        negative=900_000 if negative else 100_000,
        neutral=50_000 if negative else 850_000,
        positive=50_000,
        signed=-850_000 if negative else -50_000,
        topic=named["topic"],
        topic_p=900_000,
    )


def _news(row: ArticleRow) -> News:
    return News(
        stream=row.stream, id=row.id, published_at=row.published_at, received_at=row.received_at, title=row.title
    )
