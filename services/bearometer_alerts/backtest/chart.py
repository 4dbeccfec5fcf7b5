"""A picture of a back-test: counts over time, what was expected, and each alert as a coloured span."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bearometer_alerts import times
from bearometer_alerts.backtest.anomaly import Anomalies
from bearometer_alerts.backtest.found import Alert
from bearometer_alerts.backtest.series import Series
from bearometer_alerts.detector import Minute
from bearometer_alerts.minutes import ALL
from bearometer_shared.errors import UserError

SEVERITIES = {"severe": "#b2182b", "elevated": "#ef8a62", "watch": "#fdd49e"}


def draw_counts(path: Path, series: Series, found: Anomalies, threshold: float, alerts: Sequence[Alert]) -> None:
    figure = Figure(figsize=(12, 6), layout="constrained")
    counts, scores = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    moments = [series.moment(row) for row in range(len(series.values))]
    counts.plot(moments, series.values, linewidth=0.7, label="count")
    counts.plot(moments, found.expected, linewidth=0.7, label="expected")
    scores.plot(moments, found.scores, linewidth=0.7)
    scores.axhline(threshold, color="grey", linestyle="--", linewidth=1)
    scores.set(ylabel="score", ylim=(0, 1))
    _finish(path, figure, counts, alerts, moments[-1])


def draw_news(path: Path, minutes: Sequence[Minute], alerts: Sequence[Alert]) -> None:
    """Items and negative items, hour by hour."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    counts = figure.subplots()
    hours = np.arange(minutes[0].at // 60, minutes[-1].at // 60 + 2)
    moments = hours.astype("datetime64[h]")
    items = _hourly(hours, ((minute.at, minute.items) for minute in minutes))
    negatives = _hourly(hours, ((minute.at, minute.negatives.get(ALL, 0)) for minute in minutes))
    counts.fill_between(moments, items, step="post", alpha=0.3, label="items")
    counts.fill_between(moments, negatives, step="post", label="negative")
    _finish(path, figure, counts, alerts, times.start(minutes[-1].at + 1))


def _hourly(hours: np.ndarray, counts: Iterable[tuple[int, int]]) -> np.ndarray:
    at, found = np.array(list(counts)).T
    return np.bincount(at // 60 - hours[0], found, len(hours))


def _finish(path: Path, figure: Figure, axes: Axes, alerts: Sequence[Alert], end: datetime) -> None:
    for alert in alerts:
        axes.axvspan(alert.fired_at, alert.resolved_at or end, color=SEVERITIES[alert.severity], alpha=0.5)  # type: ignore[arg-type]  # dates are converted; its type knows only floats
    axes.set_ylabel("in a row" if len(figure.axes) > 1 else "in an hour")
    axes.legend(loc="upper left")
    try:
        figure.savefig(path, dpi=120, format="png")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
