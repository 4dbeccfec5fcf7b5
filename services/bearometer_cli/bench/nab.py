"""The raw score of the Numenta Anomaly Benchmark, standard profile, on its series of tweet counts.

Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark", 2015. A detection
in a labelled window earns up to 1, the earlier the more, and a window earns once; a window without one costs 1; a
detection outside costs up to 0.11, less just after a window. One threshold serves all series: the best one.
"""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bearometer_shared.errors import UserError

FOLDER, LABELS = "nab/realTweets", "nab/windows.json"
FALSE, MISSED = 0.11, 1.0  # weights of the standard profile
PROBATION, PROBATION_ROWS = 0.15, 750  # a series' first part is not scored
FAR = 3.0  # lengths of a window after its end, beyond which a detection is simply false


class Rated(NamedTuple):
    """A series of n rows: `scores` and what a detection at each row is `worth`, both (n,), and the rows of windows."""

    scores: np.ndarray
    worth: np.ndarray
    windows: Sequence[slice]


def nab(folder: Path, anomaly_scores: Callable[[Path], list[float]]) -> dict[str, Any]:
    """The best raw score, its threshold, and each series' part. Raises UserError where a file is missing or unread."""
    series = {file.stem: rated(times(file), anomaly_scores(file), found) for file, found in labelled(folder).items()}
    limits = np.unique(np.concatenate([one.scores for one in series.values()]))
    parts = {name: raw_scores(one, limits) for name, one in series.items()}
    totals = np.sum(list(parts.values()), axis=0)
    best = int(np.argmax(totals))
    return {
        "score": round(float(totals[best]), 2),
        "threshold": round(float(limits[best]), 6),
        "windows": sum(len(one.windows) for one in series.values()),
        "series": {name: round(float(part[best]), 2) for name, part in parts.items()},
    }


def labelled(folder: Path) -> dict[Path, list[tuple[datetime, datetime]]]:
    """The series of tweet counts, each with its windows; both ends belong to a window."""
    try:
        windows = json.loads((folder / LABELS).read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / LABELS}: {error} (--file says where the data is)") from error
    root = (folder / FOLDER).parent
    names = [name for name in sorted(windows) if (root / name).parent == folder / FOLDER]
    return {root / name: [(_moment(since), _moment(until)) for since, until in windows[name]] for name in names}


def times(series: Path) -> list[datetime]:
    try:
        with series.open(newline="") as file:
            return [_moment(row["timestamp"]) for row in csv.DictReader(file)]
    except OSError as error:
        raise UserError(f"{series}: {error.strerror}") from error


def rated(at: Sequence[datetime], scores: Sequence[float], windows: Sequence[tuple[datetime, datetime]]) -> Rated:
    """`at` in order of time, `windows` too. Windows that end before the scored part begins do not count."""
    rows, begin = len(at), min(int(PROBATION * len(at)), PROBATION_ROWS)
    moments = np.array(at, dtype="datetime64[us]")
    starts = np.searchsorted(moments, np.array([since for since, _ in windows], dtype="datetime64[us]"), "left")
    ends = np.searchsorted(moments, np.array([until for _, until in windows], dtype="datetime64[us]"), "right")
    worth, number = np.full(rows, -FALSE), np.arange(rows)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):  # the later window's say stands
        length = end - start
        after = (number[end:] - end + 1) / max(length - 1, 1)
        worth[end:] = FALSE * np.where(after > FAR, -1.0, _sigmoid(after))
        worth[start:end] = _sigmoid((number[start:end] - end) / length) / _sigmoid(np.array(-1.0))
    heard = np.where(number < begin, -np.inf, np.array(scores, dtype=float))
    counted = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if end > begin]
    return Rated(heard, worth, counted)


def raw_scores(one: Rated, limits: np.ndarray) -> np.ndarray:
    """The raw score at each threshold, (m,): a row is a detection from its score on. `limits` ascend."""
    outside = np.ones(len(one.scores), dtype=bool)
    total = np.zeros(len(limits))
    for window in one.windows:
        outside[window] = False
        total += _best(one.scores[window], one.worth[window], limits)
    order = np.argsort(one.scores[outside])
    left = np.concatenate([[0.0], np.cumsum(one.worth[outside][order][::-1])])  # of the k highest rows
    loud = outside.sum() - np.searchsorted(one.scores[outside][order], limits, "left")
    return np.asarray(total + left[loud])


def _best(scores: np.ndarray, worth: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """What a window earns at each threshold: its most valuable detection, or the cost of none."""
    order = np.argsort(scores)[::-1]
    best = np.concatenate([[-MISSED], np.maximum.accumulate(worth[order])])
    loud = len(scores) - np.searchsorted(np.sort(scores), limits, "left")
    return np.asarray(best[loud])


def _sigmoid(place: np.ndarray) -> np.ndarray:
    """1 far ahead of a window's end, 0 at it, -1 far behind; `place` in lengths of the window."""
    return np.asarray(2 / (1 + np.exp(5 * place)) - 1)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)  # numpy's times know no zone; the set holds none
