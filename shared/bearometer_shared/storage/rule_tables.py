"""Tables of what people tell the alert service to watch: rules and watchlists."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from bearometer_shared.storage.tables import Table


class RuleRow(Table):
    """A rule, in place of the file's or the built-in one of its name. One that is not enabled switches that off."""

    __tablename__ = "rules"
    name: Mapped[str] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    enabled: Mapped[bool]
    updated_at: Mapped[datetime]
    author: Mapped[str]


class Member(Table):
    """That a ticker is on a watchlist. A list is replaced, never changed."""

    __tablename__ = "watchlists"
    name: Mapped[str] = mapped_column(primary_key=True)
    ticker: Mapped[str] = mapped_column(primary_key=True)
    added_at: Mapped[datetime]
