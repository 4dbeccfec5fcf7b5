"""The replay buffer: rows that earlier runs and the seed taught, drawn so that no class and no time crowds out others.

Every earlier label stays in Postgres, so a run draws anew what a bounded buffer would hold: a weighted reservoir over
all of them (Efraimidis & Spirakis 2006), each row weighed by how many share its class and how many its time.
"""

import heapq
import random
from collections import Counter
from collections.abc import Sequence

from bearometer_training.data import Row

ERA = 200  # earlier labels that make one time; the seed is a time of its own


def draw(earlier: Sequence[Row], seed: Sequence[Row], size: int, balance: float, rng: random.Random) -> list[Row]:
    """At most `size` rows. `earlier` is oldest first. A row weighs (n of its class * n of its time) ^ -balance:
    0 draws every row alike, 1 every class and every time."""
    placed = [*((row, "earlier", n // ERA) for n, row in enumerate(earlier)), *((row, "seed", 0) for row in seed)]
    times, classes = Counter((source, era) for _, source, era in placed), Counter(_class(row) for row, _, _ in placed)
    keyed = [
        (rng.random() ** (times[source, era] * classes[_class(row)]) ** balance, n)
        for n, (row, source, era) in enumerate(placed)
    ]
    return [placed[n][0] for _, n in heapq.nlargest(size, keyed)]


def _class(row: Row) -> str:
    return row.topic or row.sentiment or ""
