"""Watchlists: sets of tickers that rules watch as one. Written by `bearometer watchlists`, read by alert services."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from bearometer_shared.storage.rule_tables import Member

Revision = tuple[int, datetime | None]


def load(connection: Connection) -> dict[str, list[str]]:
    """The tickers of every list, both in order."""
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(Member.name, Member.ticker).order_by(Member.name, Member.ticker)):
        found.setdefault(row.name, []).append(row.ticker)
    return found


def replace(connection: Connection, name: str, tickers: Collection[str], now: datetime) -> None:
    """Makes a list hold these tickers and no others."""
    connection.execute(delete(Member).where(Member.name == name))
    connection.execute(
        insert(Member), [{"name": name, "ticker": ticker, "added_at": now} for ticker in sorted(tickers)]
    )


def remove(connection: Connection, name: str) -> bool:
    """Drops a list. Whether there was one."""
    return connection.execute(delete(Member).where(Member.name == name)).rowcount > 0


def revision(connection: Connection) -> Revision:
    """Another value after each change of the table."""
    found = connection.execute(select(func.count(), func.max(Member.added_at))).one()
    return found[0], found[1]
