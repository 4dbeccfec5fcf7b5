"""Article rows stored as the scorer does, each as a test wants it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, insert

from bearometer_shared.storage import articles, trends
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.news_tables import ArticleKey, Stream
from bearometer_shared.storage.session import transaction

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row(id: str, at: datetime = NOON, **fields: Any) -> ArticleRow:
    """A negative item about Hartwell Bank, other than `fields` say."""
    plain: dict[str, Any] = {
        "stream": "live", "id": id, "future": False, "late": False, "batch": uuid4(), "model_version": "m1",
        "published_at": at, "received_at": at, "stored_at": at, "stored_on": at.date(),
        "source": "wire", "title": f"Item {id}", "body": "", "url": "", "lang": "en", "tickers": ["HWB"],
        "sentiment": "negative", "negative": 900_000, "neutral": 80_000, "positive": 20_000, "signed": -880_000,
        "topic": "Financials", "topic_p": 750_000,
    }  # fmt: skip
    return ArticleRow(**(plain | fields))


def store(engine: Engine, rows: list[ArticleRow]) -> None:
    """As the scorer does: keys, articles with mentions, trends, the streams' newest events."""
    newest = {r.stream: max(o.published_at for o in rows if o.stream == r.stream) for r in rows}
    with transaction(engine) as connection:
        keys = [{"stream": r.stream, "id": r.id, "text_hash": "", "stored_on": r.stored_on} for r in rows]
        connection.execute(insert(ArticleKey), keys)
        articles.insert(connection, rows)
        trends.add(connection, rows)
        streams = [{"name": name, "newest_event": at, "newest_at": at} for name, at in newest.items()]
        connection.execute(insert(Stream), streams)
