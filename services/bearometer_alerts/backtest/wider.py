"""What rules may ask of a history beyond its trends: sectors and distinct sources. Watchlists need a database."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bearometer_alerts import groups, times
from bearometer_alerts.backtest.history import History
from bearometer_alerts.detector import Minute
from bearometer_alerts.groups import Groups
from bearometer_alerts.rule import WATCHLIST, Rule
from bearometer_alerts.usual import ALL, Key
from bearometer_alerts.widening import widen
from bearometer_shared.entities import Entity, default
from bearometer_shared.errors import UserError
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.told import Told


def sets(rules: Sequence[Rule], companies: Sequence[Entity]) -> Groups:
    """The sectors of the default list and of one's own companies, where a rule asks for them.

    Raises UserError where one asks for a watchlist.
    """
    for rule in rules:
        if rule.watchlists or WATCHLIST in rule.dimensions:
            raise UserError(f"rule {rule.name!r}: watchlists are kept in the database, which a back-test does without")
    if not any(rule.groups() for rule in rules):
        return {}
    return groups.joined(groups.sectors([*default.members(), *default.own(), *companies]), {})


def minutes(history: History, rules: Sequence[Rule], sets: Groups) -> list[Minute]:
    """A history's minutes, with what the rules ask for, by the code of the service."""
    found = history.minutes()
    if not any(rule.widens for rule in rules):
        return found
    return list(widen(found, _items(history), sets))


def negatives(history: History, sets: Groups) -> dict[Key, list[ArticleRow]]:
    """Negative items by key, in order, those of a set's members under its own key too."""
    found = {key: {row.id: row for row in rows} for key, rows in history.negatives.items()}
    for (dimension, key), rows in history.negatives.items():
        for of in sets.get(key, ()) if dimension == "ticker" else ():
            found.setdefault(of, {}).update((row.id, row) for row in rows)
    return {key: sorted(rows.values(), key=lambda row: (row.published_at, row.id)) for key, rows in found.items()}


def told(history: History, sets: Groups) -> dict[Key, list[tuple[datetime, str]]]:
    """Negative stories by key, each with the minute in which it is first told badly; those of sets too."""
    found = {key: {story: at for at, story in stories} for key, stories in history.told().items()}
    for (dimension, key), stories in list(found.items()):
        for of in sets.get(key, ()) if dimension == "ticker" else ():
            whole = found.setdefault(of, {})
            whole.update({story: min(at, whole.get(story, at)) for story, at in stories.items()})
    return {key: sorted((at, story) for story, at in stories.items()) for key, stories in found.items()}


def _items(history: History) -> list[Told]:
    """Every negative item, overall or towards companies, in order of publishing."""
    overall = {row.id for row in history.negatives.get(ALL, ())}
    rows: dict[str, ArticleRow] = {}
    tickers: dict[str, list[str]] = {}
    for (dimension, key), found in history.negatives.items():
        for row in found if (dimension, key) == ALL or dimension == "ticker" else ():
            rows[row.id] = row
            tickers.setdefault(row.id, []).extend([key] if dimension == "ticker" else [])
    firsts = _firsts(history)
    items = (_told(row, tickers[id], firsts, id in overall) for id, row in rows.items())
    return sorted(items, key=lambda item: item.at)


def _told(row: ArticleRow, tickers: Sequence[str], firsts: Mapping[str, Mapping[str, int]], overall: bool) -> Told:
    return Told(row.published_at, row.story, row.source, row.topic, tickers, firsts.get(row.story, {}), overall)


def _firsts(history: History) -> dict[str, dict[str, int]]:
    """For each story the minute in which it was first told badly of each ticker."""
    found: dict[str, dict[str, int]] = {}
    for (dimension, key), stories in history.told().items():
        for at, story in stories if dimension == "ticker" else ():
            found.setdefault(story, {})[key] = times.number(at)
    return found
