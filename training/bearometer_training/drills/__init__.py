"""Drills: generated texts that teach what rows written by hand are too few for.

Which of two figures is the newer and whether more of it is good, words of direction against their subject, unchanged
figures, actual against forecast, profit against loss, ratings, and which of two parties gains.
"""

import random

from bearometer_shared.taxonomy import SENTIMENTS
from bearometer_training.data import Row
from bearometer_training.drills.frames import KINDS
from bearometer_training.drills.writing import Drill, write

_CELLS = [(kind, sentiment) for sentiment in SENTIMENTS for kind in KINDS]


def rows(n: int, seed: int) -> list[Row]:
    """`n` rows with distinct texts, the same for the same seed, as many of each kind and sentiment.

    A text about rivals has no sentiment of its own (None), only one towards each.
    """
    return [drill.row for drill in drawn(n, seed)]


def drawn(n: int, seed: int) -> list[Drill]:
    """The same rows with what made them."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, no secret
    found: dict[str, Drill] = {}
    while len(found) < n:
        kind, sentiment = _CELLS[len(found) % len(_CELLS)]
        drill = write(kind, rng.choice(KINDS[kind][sentiment]), sentiment, rng)
        found.setdefault(drill.row.text, drill)
    drills = list(found.values())
    rng.shuffle(drills)
    return drills
