"""Sets of tickers that rules watch as one key: sectors, from the list of companies, and watchlists."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection

from bearometer_alerts.rule import WATCHLIST, Key
from bearometer_shared.entities import Entity, default
from bearometer_shared.storage import entities, watchlists

Groups = Mapping[str, Collection[Key]]  # the keys of the sets that a ticker is in
Revision = tuple[tuple[int, int], watchlists.Revision]


def load(connection: Connection) -> Groups:
    """By ticker. A company's sector is what was imported last for its ticker, else that of the default list."""
    layers = (default.members(), default.own(), entities.load(connection))
    return joined(sectors(row for rows in layers for row in rows), watchlists.load(connection))


def revision(connection: Connection) -> Revision:
    """Another value after each change of what they are made from."""
    return entities.revision(connection), watchlists.revision(connection)


def sectors(companies: Iterable[Entity]) -> dict[str, str]:
    """The sector of each ticker that has one; the last row with one decides."""
    return {row.ticker: row.sector for row in companies if row.sector}


def joined(sectors: Mapping[str, str], lists: Mapping[str, Iterable[str]]) -> Groups:
    found: dict[str, list[Key]] = defaultdict(list)
    for ticker, sector in sectors.items():
        found[ticker].append(("sector", sector))
    for name, tickers in lists.items():
        for ticker in tickers:
            found[ticker].append((WATCHLIST, name))
    return dict(found)


def tickers(groups: Groups, key: Key) -> list[str]:
    """The members of a set."""
    return sorted(ticker for ticker, keys in groups.items() if key in keys)
