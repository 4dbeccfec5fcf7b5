"""Of thousands of keys some look unusual by chance: what a tail probability is worth among all that were looked at.

Benjamini and Hochberg, "Controlling the false discovery rate", 1995, for discrete and unequal tests (Heyse, "A false
discovery rate procedure for categorical data", 2011): a key that so seldom reaches the minimum count that it could
hardly alert by chance adds only that little to what must be paid for. Why so: deploy/decisions/alerts.md.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ALLOWANCE = 100.0  # keys whose chance discoveries are put up with: for so many, levels hold as they are


def corrected(p_values: Array, attainable: Array) -> Array:
    """Tail probabilities after correction, (n,), never less than before.

    `p_values` (n,) are those of the keys that stand out, `attainable` (m,) of every key the chance of standing out at
    all. By chance a level p is reached by `sum(min(p, attainable))` keys; of the j smallest each bears its part.
    """
    order = np.argsort(p_values, kind="stable")
    ranked, reach = p_values[order], np.sort(attainable)
    below = np.searchsorted(reach, ranked)
    sums = np.concatenate([[0.0], np.cumsum(reach)])
    by_chance = sums[below] + ranked * (len(reach) - below)
    shares = by_chance / (ALLOWANCE * np.arange(1, len(ranked) + 1))
    found = np.empty_like(p_values)
    found[order] = np.maximum(ranked, np.minimum.accumulate(shares[::-1])[::-1])
    return found
