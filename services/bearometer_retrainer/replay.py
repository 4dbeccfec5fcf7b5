"""The replay buffer: rows that earlier runs and the seed taught, drawn so that no time crowds out others.

Every earlier label stays in Postgres, so a run draws anew what a bounded buffer would hold: a weighted reservoir over
all of them (Efraimidis & Spirakis 2006), each row weighed by how many share its group.
"""

import heapq
import random
from collections import Counter
from collections.abc import Hashable, Sequence

from bearometer_training.data import Row

ERA = 200  # earlier labels that make one time; the seed is a time of its own


def draw(earlier: Sequence[Row], seed: Sequence[Row], size: int, balance: float, rng: random.Random) -> list[Row]:
    """At most `size` rows, balanced over times; `earlier` is oldest first. Classes stay as frequent as they are: a
    model that is shown frequent ones too seldom gives their news to others."""
    times = [*(n // ERA for n in range(len(earlier))), *("seed" for _ in seed)]
    return _balanced([*earlier, *seed], times, size, balance, rng)


def draw_classes(rows: Sequence[Row], size: int, balance: float, rng: random.Random) -> list[Row]:
    """At most `size` rows, balanced over classes: for labels of which most are of one class, as rules make them."""
    return _balanced(rows, [row.topic or row.sentiment for row in rows], size, balance, rng)


def _balanced(
    rows: Sequence[Row], groups: Sequence[Hashable], size: int, balance: float, rng: random.Random
) -> list[Row]:
    """A row weighs (n of its group) ^ -balance: 0 draws every row alike, 1 every group."""
    sizes = Counter(groups)
    keyed = [(rng.random() ** sizes[group] ** balance, n) for n, group in enumerate(groups)]
    return [rows[n] for _, n in heapq.nlargest(size, keyed)]
