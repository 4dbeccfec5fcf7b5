"""The table of imported entities."""

from datetime import date, datetime

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class EntityRow(Table):
    """A company under one ticker and name, from the first day to the last that it was so. Replaced, never changed."""

    __tablename__ = "entities"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticker: Mapped[str]
    name: Mapped[str]
    aliases: Mapped[list[str]]
    symbols: Mapped[list[str]]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    sector: Mapped[str]
    imported_at: Mapped[datetime]
