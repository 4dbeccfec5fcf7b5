"""Tables that the scorer writes in one transaction: articles with their scores, mentions, trends, offsets."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class Offset(Table):
    """How far a partition is: `next` is the first offset not stored yet, `announced` the first not in news.scored.

    All that came to it before `heard_to` is stored; None where no scorer has read of it or to its end yet.
    """

    __tablename__ = "offsets"
    topic: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True)
    next: Mapped[int]
    announced: Mapped[int]
    heard_to: Mapped[datetime | None]


class Stream(Table):
    """A stream's event-time clock: the newest event, when (wall time) it came, and how far alerts have looked.

    `rebased` is the promotion whose model the alert baselines belong to; items up to `rebased_to` are read as it tells.
    """

    __tablename__ = "streams"
    name: Mapped[str] = mapped_column(primary_key=True)
    newest_event: Mapped[datetime]
    newest_at: Mapped[datetime]
    evaluated_to: Mapped[datetime | None]
    rebased: Mapped[int | None]
    rebased_to: Mapped[datetime | None]


class StreamTick(Table):
    """The newest tick of a replayed stream on each partition; the stream's clock is the least of them."""

    __tablename__ = "stream_ticks"
    stream: Mapped[str] = mapped_column(primary_key=True)
    partition: Mapped[int] = mapped_column(Integer, primary_key=True)
    event_time: Mapped[datetime]


class ArticleKey(Table):
    """One row an item: the narrow unpartitioned key that makes an item unique over all days."""

    __tablename__ = "article_keys"
    stream: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    text_hash: Mapped[str]
    stored_on: Mapped[date]


class Article(Table):
    """An item with the score that it was given when it came. Partitioned by `stored_on`, the day of arrival.

    Probabilities and `signed` are millionths. `batch` names the micro-batch transaction that scored it. `story` is the
    id of its story's first item, its own where it is that.
    """

    __tablename__ = "articles"
    stored_on: Mapped[date] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    received_at: Mapped[datetime]
    stored_at: Mapped[datetime]
    future: Mapped[bool]
    late: Mapped[bool]
    source: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    url: Mapped[str]
    lang: Mapped[str]
    tickers: Mapped[list[str]]
    batch: Mapped[UUID]
    model_version: Mapped[str]
    sentiment: Mapped[str]
    negative: Mapped[int] = mapped_column(Integer)
    neutral: Mapped[int] = mapped_column(Integer)
    positive: Mapped[int] = mapped_column(Integer)
    signed: Mapped[int] = mapped_column(Integer)
    topic: Mapped[str]
    topic_p: Mapped[int] = mapped_column(Integer)
    story: Mapped[str]

    __table_args__ = (
        Index("ix_articles_newest", "stream", text("published_at DESC"), "id"),
        Index("ix_articles_topic", "stream", "topic", text("published_at DESC")),
        {"postgresql_partition_by": "RANGE (stored_on)"},
    )


class Mention(Table):
    """That an item names a ticker, and the sentiment towards it, in millionths. Partitioned like articles."""

    __tablename__ = "mentions"
    stored_on: Mapped[date] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(primary_key=True)
    ticker: Mapped[str] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    sentiment: Mapped[str]
    negative: Mapped[int] = mapped_column(Integer)
    neutral: Mapped[int] = mapped_column(Integer)
    positive: Mapped[int] = mapped_column(Integer)
    signed: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        Index("ix_mentions_newest", "stream", "ticker", text("published_at DESC")),
        {"postgresql_partition_by": "RANGE (stored_on)"},
    )


class Trend(Table):
    """One minute of one key. Integers only, so that live totals equal a rebuild from the articles exactly.

    `dimension` is all, topic, source or ticker. `signed_sum` is in millionths. The `late_` columns count those of the
    items that came after the stream's lateness: they are in the totals, and never alerted on. `stories` were first told
    in that minute, `negative_stories` first told badly, by an item in time: a story counts once for a key.
    """

    __tablename__ = "trends"
    stream: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    items: Mapped[int] = mapped_column(Integer)
    negative: Mapped[int] = mapped_column(Integer)
    neutral: Mapped[int] = mapped_column(Integer)
    positive: Mapped[int] = mapped_column(Integer)
    signed_sum: Mapped[int]
    late_items: Mapped[int] = mapped_column(Integer)
    late_negative: Mapped[int] = mapped_column(Integer)
    stories: Mapped[int] = mapped_column(Integer)
    negative_stories: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("ix_trends_minute", "stream", "minute", "dimension"),)
