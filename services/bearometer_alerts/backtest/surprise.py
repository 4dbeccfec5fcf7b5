"""How far rows are from what is usual, in robust spreads."""

from collections.abc import Iterator

import numpy as np

from bearometer_alerts.backtest.series import DAY_S
from bearometer_alerts.backtest.usual_day import hours, middle

MEMORY = 500  # hours that the spread is learned from
NORMAL = 1.4826  # from a median of distances to a standard deviation
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


def in_a_row(found: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The lesser of each row and the one before it: one post that a machine sends a hundred times is no event."""
    together = np.diff(seconds) < DAY_S
    return np.concatenate([[0.0], np.where(together, np.minimum(found[1:], found[:-1]), 0.0)])


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
