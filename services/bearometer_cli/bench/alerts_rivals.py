"""What ours is measured against: the plain threshold, and an oracle.

Both look at the negative stories of a key in the last hour, whenever there is one more, and need as many as ours does.
An alarm is over once there was none for an hour and a half: ours takes an hour of window and half an hour of calm.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.special import betainc  # type: ignore[import-untyped]  # scipy ships no types

from bearometer_cli.bench.alerts_backtest import Alarm, Key
from bearometer_cli.bench.alerts_judging import DIMENSIONS
from bearometer_cli.bench.alerts_news import Stream
from bearometer_shared.storage import trends
from bearometer_shared.storage.articles import ArticleRow

EPOCH, MINUTE = datetime(1970, 1, 1, tzinfo=UTC), timedelta(minutes=1)
WINDOW, OVER, DAY = 60, 90, 1440  # minutes
MINIMUM, SPREADS = 4, 3
FLOOR = 0.02  # of the dispersion
THRESHOLDS = [10 ** (-power / 4) for power in range(4, 81)]


def minutes_of(rows: Sequence[ArticleRow]) -> tuple[np.ndarray, dict[Key, np.ndarray]]:
    """The minute of each story, sorted, and of each negative one by key; minutes are numbers since 1970."""
    told, negatives = list[int](), defaultdict[Key, list[int]](list)
    for (_, _, dimension, key), first in trends.firsts(rows).items():
        if dimension == "all":
            told.append((first.minute - EPOCH) // MINUTE)
        if dimension in DIMENSIONS and first.negative:
            negatives[dimension, key].append((first.negative - EPOCH) // MINUTE)
    return np.sort(told), {key: np.sort(found) for key, found in negatives.items()}


def within(found: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """How many of `found` lie in the window that ends with each minute."""
    return np.searchsorted(found, minutes, "right") - np.searchsorted(found, minutes - WINDOW, "right")


def plain(rows: Sequence[ArticleRow]) -> list[Alarm]:
    """More than the mean and three standard deviations of the 24 hours before. The first day only fills them."""
    told, negatives = minutes_of(rows)
    found = list[Alarm]()
    for key, at in negatives.items():
        seen, before = within(at, at), np.stack([within(at, at - WINDOW * hour) for hour in range(1, 25)])
        high = (seen >= MINIMUM) & (seen > before.mean(0) + SPREADS * before.std(0)) & (at >= told[0] + DAY)
        found += _alarms(key, at[high])
    return found


class Oracle:
    """Knows by hindsight how often each key is negative and how much its hours vary, and the threshold at which it
    raises at most `most` false alarms on the stream itself. What a fixed rate can do at best with so few: no strict
    ceiling, since who follows the rate as it moves may do better.
    """

    def __init__(self, stream: Stream, most: int) -> None:
        told, negatives = minutes_of(stream.rows)
        self._told = len(told)
        self._usual = {key: _usual(at, told) for key, at in negatives.items()}
        tails = self._tails(stream.rows)
        allowed = (limit for limit in THRESHOLDS if len(stream.unexplained(_below(tails, limit))) <= most)
        self.threshold = next(allowed, 0.0)

    def __call__(self, rows: Sequence[ArticleRow]) -> list[Alarm]:
        return _below(self._tails(rows), self.threshold)

    def _tails(self, rows: Sequence[ArticleRow]) -> dict[Key, tuple[np.ndarray, np.ndarray]]:
        """Of each key the minutes with enough negatives, and their tail probabilities."""
        told, negatives = minutes_of(rows)
        return {key: self._tail(key, at, told) for key, at in negatives.items()}

    def _tail(self, key: Key, at: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rate, dispersion = self._usual.get(key, (0.5 / self._told, FLOOR))
        seen = within(at, at)
        at, seen = at[seen >= MINIMUM], seen[seen >= MINIMUM]
        expected, size = rate * within(told, at), 1 / dispersion
        return at, betainc(seen, size, expected / (expected + size))


def _usual(at: np.ndarray, told: np.ndarray) -> tuple[float, float]:
    """Negatives per story, and the dispersion of hours by moments: variance = mean + dispersion * mean^2."""
    rate = len(at) / len(told)
    counts, hours = Counter((at // 60).tolist()), Counter((told // 60).tolist())
    mean = rate * np.array(list(hours.values()))
    excess = (np.array([counts[hour] for hour in hours]) - mean) ** 2 - mean
    return rate, max(FLOOR, float(excess.sum() / (mean**2).sum()))


def _below(tails: dict[Key, tuple[np.ndarray, np.ndarray]], limit: float) -> list[Alarm]:
    return [alarm for key, (at, tail) in tails.items() for alarm in _alarms(key, at[tail < limit])]


def _alarms(key: Key, high: np.ndarray) -> Iterator[Alarm]:
    """One for each run of high minutes; it fires when its first minute is over, as ours does."""
    starts = high[np.diff(high, prepend=-OVER - 1) > OVER] if len(high) else high
    return (Alarm(key, EPOCH + (int(minute) + 1) * MINUTE) for minute in starts)
