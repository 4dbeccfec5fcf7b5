"""An anomaly score for each row of a series of counts: for how many rows there has been nothing like it.

A row that surprises as much as no other of the last N has, by chance alone, a probability of 1 / (N + 1), whatever the
distribution of the series: so one threshold serves all series and heavy tails need no model. What lasts counts in full,
what one row alone says by a quarter; where several tests speak, the row is rarer than by any one of them. An event is
told once, and again when it gets twice as rare. The score of a row depends on that row and earlier ones only.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bearometer_alerts.backtest.series import DAY_S, Series
from bearometer_alerts.backtest.surprise import drifts, residuals, sustained
from bearometer_alerts.backtest.usual_day import usual

ALIKE = 0.8  # what comes so near counts as an equal
FLOOR, FLOOR_ALONE = 3.0, 6.0  # spreads below which nothing is surprising, and no row alone
ALONE = 0.25  # the weight of a row that those before it do not bear out
AGAIN = 2.0  # so much rarer than what was told in the last day is told as well
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
    up, down = sustained(found, seconds), sustained(-found, seconds)
    lasting = np.maximum(rarity(up), rarity(down))
    alone = np.maximum(rarity(found, FLOOR_ALONE), rarity(-found, FLOOR_ALONE))
    spikes = together(lasting, ALONE * alone)
    slides = np.maximum(
        _since_last(drifts(seconds, slow), len(values)), _since_last(drifts(seconds, -slow), len(values))
    )
    known = seconds >= seconds[0] + DAY_S
    rows = told_once(np.where(known, together(spikes, slides), 0.0), seconds)
    drift = slides > spikes
    expected = np.where(drift, by_week, by_day)
    return Anomalies(rows / (rows + HALF), expected, np.where(up >= down, up, -down), drift)


def rarity(surprise: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """For how many rows there was no equal, (n,); 0 where the surprise is below the floor.

    A stack of the rows that no later one has surpassed: the last equal of a row is found by bisection.
    """
    found, places, heights = np.zeros(len(surprise)), list[int](), list[float]()  # heights negated: they ascend
    for row, height in enumerate(surprise.tolist()):
        if height > floor:
            last = bisect_right(heights, -ALIKE * height) - 1
            found[row] = row - places[last] if last >= 0 else row
        while heights and -heights[-1] <= height:
            heights.pop()
            places.pop()
        heights.append(-height)
        places.append(row)
    return found


def together(*rarities: np.ndarray) -> np.ndarray:
    """What several tests say of the same rows, (n,) each, as one rarity, at most that of a row without any equal.

    The power mean, exponent -1/2, of their p-values (Vovk and Wang, "Combining p-values via averaging", 2020), but for
    its factor: one test that speaks alone keeps its rarity.
    """
    found = np.sum(np.sqrt(rarities), axis=0) ** 2
    return np.asarray(np.minimum(found, np.arange(len(found))))


def told_once(rows: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The rarities, (n,), with 0 for each that is not twice that of every row told in the day before.

    What is told within a day gets rarer and rarer, so that the last one is the measure.
    """
    found, told = np.zeros(len(rows)), deque[int]()
    for row in np.nonzero(rows)[0].tolist():
        while told and seconds[told[0]] < seconds[row] - DAY_S:
            told.popleft()
        if not told or rows[row] > AGAIN * found[told[-1]]:
            found[row] = rows[row]
            told.append(row)
    return found


def p_value(score: float) -> float:
    """The chance that a row scores so high in a series without events."""
    return 1 / (1 + HALF * score / (1 - score))


def _since_last(rows: Iterable[int], length: int) -> np.ndarray:
    found, last = np.zeros(length), 0
    for row in rows:
        found[row], last = row - last, row
    return found
