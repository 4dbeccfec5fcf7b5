"""Tables of history told anew: what another model says of stored items, the days asked for, and re-based swaps."""

from datetime import date, datetime

from sqlalchemy import Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class Restated(Table):
    """What a model version says of an item that another one scored when it came. The article stays as it was."""

    __tablename__ = "restated"
    model_version: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    stored_on: Mapped[date]
    sentiment: Mapped[str]
    negative: Mapped[int] = mapped_column(Integer)
    neutral: Mapped[int] = mapped_column(Integer)
    positive: Mapped[int] = mapped_column(Integer)
    signed: Mapped[int] = mapped_column(Integer)
    topic: Mapped[str]
    topic_p: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("ix_restated_stored_on", "stored_on"),)


class RescoreDay(Table):
    """A day of a stream (UTC, by publishing) that a version is to score: queued, done or failed, and then why.

    `sent_at` is when a worker was last told of it.
    """

    __tablename__ = "rescore_days"
    model_version: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str]
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str]


class Rebase(Table):
    """A swap for which recent history was told by the new version; `missing` items were not when its time was up."""

    __tablename__ = "rebases"
    promotion: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str]
    at: Mapped[datetime]
    items: Mapped[int] = mapped_column(Integer)
    missing: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[float]
