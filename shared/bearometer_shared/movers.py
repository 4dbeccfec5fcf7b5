"""Which keys moved most between two windows of equal length: a difference over its standard error.

Copies of a story are no new observations, so a window weighs as many as it has stories. Both statistics are about
standard normal where nothing changed, so 3 is a lot for one key, and to be expected of one among some hundreds.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

By = Literal["mood", "negative"]
MILLION = 1_000_000
HALF = 0.5  # added to counts, so that none is a ratio to nothing: Haldane 1956, Anscombe 1956


class Mover(NamedTuple):
    """A key with its sums of both windows, the change, and the change in standard errors."""

    key: str
    sums: Mapping[str, Any]
    change: float
    z: float


def movers(rows: Iterable[Mapping[str, Any]], by: By, at_least: int, limit: int) -> list[Mover]:
    """The keys that moved most, either way. `rows` are those of `trend_reading.two_windows`.

    By mood both windows need `at_least` items; by negative stories, which may come out of silence, one does.
    """
    measure, needed = (_mood, min) if by == "mood" else (_negative, max)
    enough = [row for row in rows if needed(row["items"], row["before_items"]) >= max(at_least, 1)]
    found = [Mover(row["key"], row, *measure(row)) for row in enough]
    return sorted(found, key=lambda mover: (-abs(mover.z), mover.key))[:limit]


def mood(row: Mapping[str, Any], window: str = "") -> float | None:
    """The mean score of a window's items, -1 to 1; None without items."""
    items = row[window + "items"]
    return float(row[window + "signed_sum"]) / items / MILLION if items else None


def _mood(row: Mapping[str, Any]) -> tuple[float, float]:
    """Difference of mean scores over its standard error, from the pooled variance of the labels as -1, 0 and 1.

    One of each label is added, so that a few equal ones don't count as certain. Labels vary more than the scores that
    they are cut from, mostly, so that the error is rather too large than too small.
    """
    change = (mood(row) or 0.0) - (mood(row, "before_") or 0.0)
    negative, neutral, positive = (
        row[name] + row["before_" + name] + 1 for name in ("negative", "neutral", "positive")
    )
    total = negative + neutral + positive
    variance = (negative + positive) / total - ((positive - negative) / total) ** 2
    told = [min(max(row[window + "stories"], 1), row[window + "items"]) for window in ("", "before_")]
    return change, change / math.sqrt(variance * sum(1 / stories for stories in told))


def _negative(row: Mapping[str, Any]) -> tuple[float, float]:
    """Log ratio of negative stories over its standard error, for Poisson counts."""
    now, before = (float(row[window + "negative_stories"]) + HALF for window in ("", "before_"))
    change = math.log(now / before)
    return change, change / math.sqrt(1 / now + 1 / before)
