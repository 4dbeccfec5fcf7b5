"""Tables of stories: what was said of each item, where it counts, and what later copies are compared with."""

from datetime import datetime

from sqlalchemy import Float, Identity, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class Story(Table):
    """A story, named after its first item. `items` is its heat, the first included."""

    __tablename__ = "stories"
    stream: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    items: Mapped[int] = mapped_column(Integer)
    newest_at: Mapped[datetime]


class StoryItem(Table):
    """That an item belongs to a story, `copies` of which came before it."""

    __tablename__ = "story_items"
    stream: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(primary_key=True)
    story: Mapped[str]
    at: Mapped[datetime]
    copies: Mapped[int] = mapped_column(Integer)
    similarity: Mapped[float] = mapped_column(Float(53))

    __table_args__ = (Index("ix_story_items_story", "stream", "story", "copies"),)


class StoryKey(Table):
    """That a story counts for a trend's key: in the minute of its first item in time, and of its first negative one."""

    __tablename__ = "story_keys"
    stream: Mapped[str] = mapped_column(primary_key=True)
    story: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[datetime]
    negative_minute: Mapped[datetime | None]


class StoryVersion(Table):
    """An item that copies are compared with. `title` and `lead` hold word codes, 32 bits each, little-endian."""

    __tablename__ = "story_versions"
    number: Mapped[int] = mapped_column(Identity(), primary_key=True)
    stream: Mapped[str]
    article_id: Mapped[str]
    story: Mapped[str]
    at: Mapped[datetime]
    title: Mapped[bytes]
    lead: Mapped[bytes]
    subject: Mapped[int]
    corrects: Mapped[bool]

    __table_args__ = (Index("ix_story_versions_at", "stream", "at"),)


class StoryBucket(Table):
    """That a version lies in an LSH bucket. `key` holds the stream too. Two copies meet in at least one."""

    __tablename__ = "story_buckets"
    key: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
