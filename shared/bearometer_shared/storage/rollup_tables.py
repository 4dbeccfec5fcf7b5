"""The table of coarser trends, from which ranges of months are answered."""

from datetime import datetime

from sqlalchemy import Index, Integer
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.source_sketch import BITS
from bearometer_shared.storage.tables import Table


class TrendRollup(Table):
    """An hour or a day of one key: the sums of its minutes, written with them. `width` is in minutes, 60 or 1440.

    `sources` is the sketch of the sources that the items came from. No index holds a sum, so that an update of one
    stays within its page (a heap-only tuple).
    """

    __tablename__ = "trend_rollups"
    stream: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    width: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    items: Mapped[int] = mapped_column(Integer)
    negative: Mapped[int] = mapped_column(Integer)
    neutral: Mapped[int] = mapped_column(Integer)
    positive: Mapped[int] = mapped_column(Integer)
    signed_sum: Mapped[int]
    late_items: Mapped[int] = mapped_column(Integer)
    late_negative: Mapped[int] = mapped_column(Integer)
    stories: Mapped[int] = mapped_column(Integer)
    negative_stories: Mapped[int] = mapped_column(Integer)
    sources: Mapped[str] = mapped_column(BIT(BITS))

    __table_args__ = (Index("ix_trend_rollups_at", "stream", "dimension", "width", "at"),)
