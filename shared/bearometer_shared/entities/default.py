"""The list that needs no database: members of seventeen indices by `pytickersymbols`, and companies of our own."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from bearometer_shared.entities.entity import Entity, read_csv
from bearometer_shared.entities.words import LISTS, lines

OWN = LISTS / "companies.csv"


@cache
def own() -> tuple[Entity, ...]:
    """Companies that we list ourselves: short names, former names and tickers, and what the package has wrong."""
    return tuple(read_csv(OWN.read_text("utf-8").splitlines(), OWN.name))


@cache
def members() -> tuple[Entity, ...]:
    """Members of the indices, one row a ticker. The first index that has a company decides what its name means.

    Three indices are not in our list of them: they give many members a symbol of another exchange.
    """
    from pytickersymbols.indices_data import INDICES as DATA  # 1.9 MB of literals: only for who links names

    found: dict[str, Entity] = {}
    for index in lines("indices"):
        for company in DATA[index]["companies"]:
            if company.get("symbol"):
                row = _entity(company)
                found.setdefault(row.ticker, row)
    return tuple(found.values())


def _entity(company: Mapping[str, Any]) -> Entity:
    """Its ticker is that of New York where it has one, so that a company counts once whoever writes of it."""
    home, york = company["symbol"], _listed(company, "NYSE:", "NASDAQ:")
    abroad = "." in home and home.rpartition(".")[2] not in ("A", "B")  # classes of shares
    ticker = york[0] if york and york[0].isalpha() and abroad else home
    symbols = dict.fromkeys([home, *york, *_listed(company, "OTCMKTS:")])
    sectors = set(lines("sectors")) & set(company.get("industries", ()))
    others = tuple(symbol for symbol in symbols if symbol != ticker)
    return Entity(ticker, company["name"], symbols=others, sector=min(sectors, default=""))


def _listed(company: Mapping[str, Any], *exchanges: str) -> list[str]:
    return [listing["yahoo"] for listing in company.get("symbols", ()) if listing["google"].startswith(exchanges)]
