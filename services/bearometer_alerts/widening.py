"""Adds to minutes what the trends do not tell: stories about sets of tickers, and the sources of each key."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import groupby
from operator import itemgetter

from bearometer_alerts import times
from bearometer_alerts.detector import Minute
from bearometer_alerts.groups import Groups
from bearometer_alerts.usual import ALL, Key
from bearometer_shared.storage.told import Told

Entry = tuple[int, Minute | Told]


def widen(minutes: Iterable[Minute], told: Iterable[Told], groups: Groups) -> Iterator[Minute]:
    """Minutes with both, in order; one that holds only copies of older stories has sources and no counts."""
    counts: Iterator[Entry] = ((minute.at, minute) for minute in minutes)
    items: Iterator[Entry] = ((times.number(item.at), item) for item in told)
    for at, entries in groupby(merge(counts, items, key=itemgetter(0)), key=itemgetter(0)):
        found = [entry for _, entry in entries]
        minute = next((one for one in found if isinstance(one, Minute)), Minute(at))
        yield _minute(minute, [one for one in found if isinstance(one, Told)], groups)


def _minute(minute: Minute, told: Sequence[Told], groups: Groups) -> Minute:
    stories: dict[Key, set[str]] = defaultdict(set)
    sources: dict[Key, set[str]] = defaultdict(set)
    for item in told:
        sets = {key for ticker in item.tickers for key in groups.get(ticker, ())}
        for key in sets:
            if _first(item, key, groups) in (minute.at, None):
                stories[key].add(item.story)
        for key in (*_trends(item), *sets):
            sources[key].add(item.source)
    negatives = {**minute.negatives, **{key: len(stories[key]) for key in sorted(stories)}}
    return replace(minute, negatives=negatives, sources=sources)


def _first(item: Told, key: Key, groups: Groups) -> int | None:
    """The minute in which an item's story was first told badly of a set: then it counts, once, whoever it names."""
    return min((at for ticker, at in item.firsts.items() if key in groups.get(ticker, ())), default=None)


def _trends(item: Told) -> Iterator[Key]:
    if item.overall:
        yield ALL
        yield "topic", item.topic
        yield "source", item.source
    yield from (("ticker", ticker) for ticker in item.tickers)
