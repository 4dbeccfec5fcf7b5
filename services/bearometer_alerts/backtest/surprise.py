"""How far rows are from what is usual, in robust spreads."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from bearometer_alerts.backtest.usual_day import hours, middle

MEMORY = 500  # hours that the spread is learned from
NORMAL = 1.4826  # from a median of distances to a standard deviation
LASTING_S = 20 * 60  # what is told in full lasts so long
SLACK, LIMIT, CLIP = 1.0, 24.0, 3.0  # of the CUSUM: a day at two spreads above the usual week, or what amounts to it


def residuals(seconds: np.ndarray, values: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Pearson residuals over their own spread, (n,): the variance is a multiple of the mean (quasi-Poisson), and the
    multiple is the robust one of the last weeks. 0 where nothing is expected yet.
    """
    raw = np.nan_to_num((values - expected) / np.sqrt(expected + 0.25))
    found, distances = np.zeros(len(raw)), np.empty(len(raw))
    for n, (_, rows) in enumerate(hours(seconds)):
        spread = middle(distances[max(0, n - MEMORY) : n]) * NORMAL
        found[rows] = raw[rows] / max(spread, 1e-9) if n else 0.0
        distances[n] = middle(np.abs(raw[rows]))
    return found


def sustained(found: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The least of the last twenty minutes, (n,): one post that a machine sends a hundred times does not last.

    Where rows lie further apart, each speaks for itself, but for the first one after a hole: it may be the backlog.
    """
    least, window = np.zeros(len(found)), deque[int]()
    for row in range(len(found)):
        while window and found[window[-1]] >= found[row]:
            window.pop()
        window.append(row)
        while seconds[window[0]] <= seconds[row] - LASTING_S:
            window.popleft()
        least[row] = found[window[0]]
    return np.where(_after_a_hole(seconds), np.minimum(least, 0.0), least)


def _after_a_hole(seconds: np.ndarray) -> np.ndarray:
    steps = np.diff(seconds, prepend=seconds[0])
    return (steps > LASTING_S) & (steps > 1.5 * np.roll(steps, 1))


def drifts(seconds: np.ndarray, found: np.ndarray) -> Iterator[int]:
    """Rows at which a CUSUM of hourly medians passes its limit and starts anew (Page 1954).

    An hour is known when the next one begins: that is the row. A gap of a day empties the sum.
    """
    total, last = 0.0, 0
    for hour, rows in hours(seconds):
        if total > LIMIT:
            yield rows.start
        total = 0.0 if total > LIMIT or hour - last > 24 else total
        total = max(0.0, total + min(max(middle(found[rows]), -CLIP), CLIP) - SLACK)
        last = hour
