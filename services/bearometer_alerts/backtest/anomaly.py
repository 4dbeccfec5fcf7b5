"""An anomaly score for each row of a series of counts: for how many rows there has been nothing like it.

A row that surprises as much as no other of the last N has, by chance alone, a probability of 1 / (N + 1), whatever the
distribution of the series: so one threshold serves all series, heavy tails need no model, and an event is told once,
when it begins, and again when it gets clearly worse. The score of a row depends on that row and earlier ones only.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bearometer_alerts.backtest.series import DAY_S, Series
from bearometer_alerts.backtest.surprise import drifts, in_a_row, residuals
from bearometer_alerts.backtest.usual_day import usual

ALIKE = 0.8  # what comes so near counts as an equal
FLOOR = 3.0  # spreads below which nothing is surprising
HALF = 2000.0  # rows without an equal that make a score of one half


@dataclass(frozen=True)
class Anomalies:
    """Of n rows, each (n,): `scores` in [0, 1], what was `expected`, `surprise` in spreads (below 0: too few), and
    whether the score is that of a `drift`, where the expectation is that of the week.
    """

    scores: np.ndarray
    expected: np.ndarray
    surprise: np.ndarray
    drift: np.ndarray


def anomalies(series: Series) -> Anomalies:
    """Scores a series. In its first day nothing is scored, and no score exceeds what so few rows can tell."""
    seconds, values = series.seconds, series.values
    by_day, by_week = usual(seconds, values)
    found, slow = residuals(seconds, values, by_day), residuals(seconds, values, by_week)
    up, down = in_a_row(found, seconds), in_a_row(-found, seconds)
    spikes = np.maximum(rarity(up), rarity(down))
    slides = np.maximum(
        _since_last(drifts(seconds, slow), len(values)), _since_last(drifts(seconds, -slow), len(values))
    )
    known = seconds >= seconds[0] + DAY_S
    rows = np.where(known, np.maximum(spikes, slides), 0.0)
    drift = slides > spikes
    expected = np.where(drift, by_week, by_day)
    return Anomalies(rows / (rows + HALF), expected, np.where(up >= down, up, -down), drift)


def rarity(surprise: np.ndarray) -> np.ndarray:
    """For how many rows there was no equal, (n,); 0 where the surprise is below the floor.

    A stack of the rows that no later one has surpassed: the last equal of a row is found by bisection.
    """
    found, places, heights = np.zeros(len(surprise)), list[int](), list[float]()  # heights negated: they ascend
    for row, height in enumerate(surprise.tolist()):
        if height > FLOOR:
            last = bisect_right(heights, -ALIKE * height) - 1
            found[row] = row - places[last] if last >= 0 else row
        while heights and -heights[-1] <= height:
            heights.pop()
            places.pop()
        heights.append(-height)
        places.append(row)
    return found


def p_value(score: float) -> float:
    """The chance that a row scores so high in a series without events."""
    return 1 / (1 + HALF * score / (1 - score))


def _since_last(rows: Iterable[int], length: int) -> np.ndarray:
    found, last = np.zeros(length), 0
    for row in rows:
        found[row], last = row - last, row
    return found
