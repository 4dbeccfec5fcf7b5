"""Alerts of a series of counts: rows whose score passes the threshold, told once an episode."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bearometer_alerts.backtest.anomaly import FLOOR, Anomalies, p_value
from bearometer_alerts.backtest.found import Alert
from bearometer_alerts.backtest.series import HOUR_S, Series

THRESHOLD = 1 / 3  # a thousand rows without an equal
LEVELS = {"watch": 1000, "elevated": 4000, "severe": 10000}  # rows without an equal


@dataclass(frozen=True)
class Episode:
    """Rows from the first that passed the threshold to the one that is calm again; None where the series ends."""

    start: int
    end: int | None
    worst: int


def alerts(series: Series, found: Anomalies, threshold: float) -> Iterator[Alert]:
    for number, episode in enumerate(episodes(series.seconds, found, threshold), 1):
        row = episode.worst
        yield Alert(
            fired_at=series.moment(episode.start),
            resolved_at=None if episode.end is None else series.moment(episode.end),
            dimension="series",
            key=series.name,
            severity=severity(float(found.scores[row])),
            observed=float(series.values[row]),
            expected=float(found.expected[row]),
            p_value=p_value(float(found.scores[row])),
            kind="drift" if found.drift[row] else "spike",
            incident=number,
        )


def episodes(seconds: np.ndarray, found: Anomalies, threshold: float) -> Iterator[Episode]:
    """An episode is over once no row has been surprising for an hour."""
    firing = np.nonzero(found.scores >= threshold)[0].tolist()
    while firing:
        end = _calm(seconds, found, firing[0])
        rows = [row for row in firing if end is None or row < end]
        firing = firing[len(rows) :]
        yield Episode(rows[0], end, max(rows, key=lambda row: found.scores[row]))


def _calm(seconds: np.ndarray, found: Anomalies, start: int) -> int | None:
    """The first row that comes an hour after the last surprising one."""
    loud = start
    for row in range(start + 1, len(seconds)):
        if seconds[row] - seconds[loud] >= HOUR_S and abs(found.surprise[row]) < FLOOR:
            return row
        if abs(found.surprise[row]) >= FLOOR:
            loud = row
    return None


def severity(score: float) -> str:
    """The level of a score; `watch` too for one that a lower threshold lets through."""
    reached = [level for level in LEVELS if 1 / p_value(score) - 1 >= LEVELS[level] - 0.5]
    return reached[-1] if reached else "watch"
