"""What is usual at this time of day: learned hour by hour, from closed hours only.

Logarithms throughout, so that a busy series and a quiet one have the same day. A profile of hours, apart for week-ends,
lies on two levels: the median of the last day, which spikes are judged by, and of the last week, which drifts are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bearometer_alerts.backtest.series import HOUR_S

DAY, WEEK = 24, 168  # hours
RATE = 0.05  # how fast an hour's place in the day is learned anew, once it has been seen twenty times
CLIP = 1.0  # an hour teaches at most a factor of e


@dataclass
class Profile:
    """Log offsets of the hours of a day, (2, 24): weekdays and week-ends; and how often each was seen."""

    offsets: np.ndarray = field(default_factory=lambda: np.zeros((2, DAY)))
    seen: np.ndarray = field(default_factory=lambda: np.zeros((2, DAY)))

    def around(self, hour: int, places: np.ndarray) -> np.ndarray:
        """Offsets within an hour, by linear interpolation. `places` run from -0.5, its start, to 0.5, its end."""
        of_day = self.offsets[_kind(hour)]
        before, here, after = of_day[(hour - 1) % DAY], of_day[hour % DAY], of_day[(hour + 1) % DAY]
        return np.asarray(np.interp(places, (-1.0, 0.0, 1.0), (before, here, after)))

    def learn(self, hour: int, surplus: float) -> None:
        kind, of_day = _kind(hour), hour % DAY
        self.seen[kind, of_day] += 1
        rate = max(RATE, 1 / (1 + self.seen[kind, of_day]))
        self.offsets[kind, of_day] += rate * min(max(surplus, -CLIP), CLIP)
        if not kind and not self.seen[1, of_day]:  # until a week-end was seen, its hours are like any
            self.offsets[1, of_day] = self.offsets[0, of_day]


def usual(seconds: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected value of each row by the level of the last day, and by that of the last week; both (n,).

    NaN where nothing is known: in the first hour, and in the first one after a gap of a day, when the day's level has
    been forgotten (the week's level and the profile stay).
    """
    by_day, by_week = np.full((2, len(values)), np.nan)
    places = seconds / HOUR_S % 1 - 0.5
    profile, levels, fresh, last = Profile(), np.empty(len(values)), 0, -1
    for n, (hour, rows) in enumerate(hours(seconds)):
        fresh = n if hour - last > DAY else max(fresh, n - DAY)
        shape = profile.around(hour, places[rows])
        offset = profile.offsets[_kind(hour), hour % DAY]
        week = middle(levels[max(0, n - WEEK) : n])
        by_day[rows] = np.exp(shape + middle(levels[fresh:n])) - 1
        by_week[rows] = np.exp(shape + week) - 1
        height = np.log1p(middle(values[rows]))
        profile.learn(hour, height - offset - week if n else 0.0)
        levels[n], last = height - offset, hour
    return by_day.clip(min=0), by_week.clip(min=0)


def hours(seconds: np.ndarray) -> Iterator[tuple[int, slice]]:
    """Each run of rows that share an hour since 1970, with their places."""
    numbers = (seconds // HOUR_S).astype(int)
    edges = [0, *(np.nonzero(np.diff(numbers))[0] + 1).tolist(), len(numbers)]
    for start, end in pairwise(edges):
        yield int(numbers[start]), slice(start, end)


def middle(found: np.ndarray) -> float:
    """The median; NaN of nothing. Of an even number the upper one: numpy's own takes four times as long."""
    return float(np.partition(found, len(found) // 2)[len(found) // 2]) if len(found) else np.nan


def _kind(hour: int) -> int:
    """1 at week-ends. The first day of 1970 was a Thursday."""
    return int((hour // DAY + 3) % 7 >= 5)
