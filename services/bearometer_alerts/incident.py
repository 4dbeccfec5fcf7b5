"""Which incident an alert belongs to when it fires. Pure: the service and a back-test run this very code.

Two keys move together where the narrower one makes at least half of the broader one's negative stories: without it, the
broader one would hardly have fired. Of two keys of one dimension the one with fewer stories takes that
part. Both are counted over the window of the alert that fires. `deploy/decisions/incidents.md` has the figures.

Two tickers that fire at once may both drive one topic. So an incident that holds a key of the new one's own dimension
is its home only if the two move together: what broader keys they share says nothing of them.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bearometer_alerts.detector import Step
from bearometer_alerts.rule import Key

BREADTH = ("ticker", "watchlist", "sector", "topic", "source", "all")  # what is specific comes first
LIMIT = 0.5


class Open(NamedTuple):
    """An alert that fires: its incident, its stories in the window, and how many of them the new one has in common."""

    incident: int
    key: Key
    stories: int
    common: int


def home(key: Key, stories: int, others: Iterable[Open]) -> int | None:
    """The incident of the alert that a new one with so many stories moves with most; None where it begins its own."""
    standing = list(others)
    moving = [one for one in standing if share(key, stories, one) >= LIMIT]
    beside = {one.incident for one in standing if breadth(one.key) == breadth(key)}
    strange = beside - {one.incident for one in moving if breadth(one.key) == breadth(key)}
    near = [one for one in moving if one.incident not in strange]
    if not near:
        return None
    return max(near, key=lambda one: (share(key, stories, one), -breadth(one.key), one.key)).incident


def share(key: Key, stories: int, other: Open) -> float:
    """The part of the broader key's stories that the narrower one has too, in [0, 1]."""
    if breadth(key) == breadth(other.key):
        of = min(stories, other.stories)
    else:
        of = stories if breadth(key) > breadth(other.key) else other.stories
    return other.common / of if of else 0.0


def breadth(key: Key) -> int:
    return BREADTH.index(key[0])


def narrow_first(steps: Iterable[Step]) -> list[Step]:
    """Steps of one minute, the most specific key first, then the most unusual: it is to head what joins it."""
    return sorted(steps, key=lambda step: (breadth(step.key), step.verdict.p_value, step.key))
