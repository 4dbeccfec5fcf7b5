"""Spikes put into a stream of scored rows: real negative items of other times, moved to one key and one time.

Each item is a story of its own, with an id and a source of its own. Of one pass no spike begins within `APART` of the
end of another, and each pass goes into a fresh copy of the stream.
"""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, count, cycle
from math import sqrt

from bearometer_cli.bench.alerts_backtest import Key
from bearometer_shared.errors import UserError
from bearometer_shared.storage import trends
from bearometer_shared.storage.articles import ArticleRow

MINUTE = timedelta(minutes=1)
SIZES = (3, 5, 8, 15, 30)
# The minute of an item, by its place among the others from 0 to 1.
SHAPES: Mapping[str, Callable[[float], float]] = {
    "step": lambda place: 10 * place,
    "ramp": lambda place: 60 * sqrt(place),
    "burn": lambda place: 1440 * place,
    "at once": lambda place: 0.0,
}
WARM_UP, APART = timedelta(days=7), timedelta(hours=12)
ELSEWHERE = timedelta(days=2)  # how far away an item comes from
REACH = 24  # the next so many hours that have items are as likely to begin a spike


@dataclass(frozen=True)
class Spike:
    """`rows` in order of time. A `busy` key is one of the few that half of the stream's negative items are about."""

    shape: str
    key: Key
    busy: bool
    rows: Sequence[ArticleRow]

    @property
    def first(self) -> datetime:
        return self.rows[0].published_at

    @property
    def last(self) -> datetime:
        return self.rows[-1].published_at

    @property
    def keys(self) -> set[Key]:
        """Every key that the items count for: its own, the topics or tickers that they bring along, and all."""
        return {key for row in self.rows for key in trends.keys_of(row)}


def passes(
    rows: Sequence[ArticleRow], dimension: str, shapes: Sequence[str], repeats: int, seed: int = 0
) -> Iterator[list[Spike]]:
    """`repeats` spikes of each shape and size, in as many passes as they need. The same seed, the same spikes.

    Raises UserError where the rows are too few or span too short a time.
    """
    drawn = _Draw(rows, dimension, seed)
    wanted = [(shape, size) for shape in shapes for size in SIZES] * repeats
    drawn.chance.shuffle(wanted)
    while wanted:
        placed = list(drawn.spread(wanted))
        if not placed:
            raise UserError(f"{len(rows)} items within so short a time leave no room for a spike (--items)")
        yield placed
        wanted = wanted[len(placed) :]


class _Draw:
    """Times, keys and items by chance."""

    def __init__(self, rows: Sequence[ArticleRow], dimension: str, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
        self._dimension, self._numbers = dimension, count()
        self._hours = sorted({row.published_at.replace(minute=0, second=0, microsecond=0) for row in rows})
        self._days = {hour.date() for hour in self._hours}
        self._negatives = list({row.title: row for row in rows if row.sentiment == "negative"}.values())
        busy, quiet = _busy_and_quiet(rows, dimension)
        if not busy:
            raise UserError(f"no negative item among {len(rows)} is about a {dimension} (--items)")
        self._keys = {True: self._endless(busy), False: self._endless(quiet or busy)}

    def spread(self, wanted: Sequence[tuple[str, int]]) -> Iterator[Spike]:
        """As many of the wanted spikes as the stream has room for, one after the other."""
        free = self._hours[0] + WARM_UP
        for shape, size in wanted:
            times = self._times(free, SHAPES[shape], size)
            if not times:
                return
            busy = self.chance.random() < 0.5
            key = next(self._keys[busy])
            yield Spike(shape, (self._dimension, key), busy, self._rows(key, times))
            free = times[-1] + APART

    def _times(self, free: datetime, shape: Callable[[float], float], size: int) -> list[datetime]:
        """Of a spike that begins in one of the next hours with items, and ends on a day with items; or none."""
        for at in range(bisect_left(self._hours, free), len(self._hours), REACH):
            start = self.chance.choice(self._hours[at : at + REACH]) + self.chance.randrange(60) * MINUTE
            places = ((n + self.chance.random()) / size for n in range(size))
            times = [start + shape(place) * MINUTE for place in places]
            if times[-1].date() in self._days:
                return times
        return []

    def _rows(self, key: str, times: Sequence[datetime]) -> list[ArticleRow]:
        others = [row for row in self._negatives if abs(row.published_at - times[0]) > ELSEWHERE]
        if len(others) < len(times):
            raise UserError(f"{len(others)} negative items are too few for a spike of {len(times)} (--items)")
        chosen = self.chance.sample(others, len(times))
        return [self._moved(row, key, at) for row, at in zip(chosen, times, strict=True)]

    def _moved(self, row: ArticleRow, key: str, at: datetime) -> ArticleRow:
        number = next(self._numbers)
        name, about = f"injected {number}", {"topic": key} if self._dimension == "topic" else {"tickers": [key]}
        return replace(row, id=name, story=name, source=name, published_at=at, **about)

    def _endless(self, keys: list[str]) -> Iterator[str]:
        """Each key in turn, in an order by chance: of all others first, before one comes again."""
        self.chance.shuffle(keys)
        return cycle(keys)


def _busy_and_quiet(rows: Sequence[ArticleRow], dimension: str) -> tuple[list[str], list[str]]:
    counts = Counter[str]()
    for row in rows:
        counts.update({key: int(row.sentiment == "negative") for kind, key in trends.keys_of(row) if kind == dimension})
    ordered, half = [key for key, _ in counts.most_common()], counts.total() / 2
    before = accumulate(counts[key] for key in ["", *ordered])
    busy = [key for key, more in zip(ordered, before, strict=False) if more < half]
    return busy, ordered[len(busy) :]
