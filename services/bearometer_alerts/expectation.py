"""What is expected of several keys at once: arrays with one entry for each, from their memories."""

from collections.abc import Mapping, Sequence

import numpy as np

from bearometer_alerts import baseline
from bearometer_alerts.baseline import Baseline, Pool
from bearometer_alerts.discoveries import Array
from bearometer_alerts.memory import KeyMemory, StreamMemory
from bearometer_alerts.rule import PRIORS, Key, Rule

BLANK = KeyMemory()


def expected(
    keys: Sequence[Key], of: Mapping[Key, KeyMemory], stream: StreamMemory, known: Mapping[str, int], rule: Rule
) -> tuple[Array, Array]:
    """Negatives per item of the stream, and the dispersion of an hour's count: (n,) each.

    `known` is how many keys each dimension has.
    """
    past = _past([of.get(key, BLANK).baseline for key in keys], stream.exposure.hour, rule.half_life)
    priors = {name: _prior(name, stream, known, rule) for name in {dimension for dimension, _ in keys}}
    usual, dispersion, burst = np.array([priors[dimension] for dimension, _ in keys]).reshape(-1, 3).T
    rate = baseline.rate(past, stream.exposure, usual)
    spread = baseline.dispersion(past, stream.exposure, rate, dispersion, burst)
    return rate, np.maximum(spread, rule.dispersion_floor) + 1 / (past.negatives + baseline.PRIOR_COUNT)


def _past(found: Sequence[Baseline], hour: int, half_life: float) -> Baseline:
    """Baselines as arrays, decayed to the present. Python takes the power: NumPy's may differ in the last bit."""
    fades = {at: 0.5 ** ((hour - at) / half_life) for at in {one.hour for one in found}}
    fade = np.array([fades[one.hour] for one in found])
    sums = np.array([(one.negatives, one.squares, one.products) for one in found]).reshape(-1, 3).T
    return Baseline(hour, *(sums * fade))


def _prior(dimension: str, stream: StreamMemory, known: Mapping[str, int], rule: Rule) -> tuple[float, float, float]:
    """What a dimension says of each of its keys: its usual rate and dispersion, and how it comes in bursts."""
    pool = stream.dimensions.get(dimension, Pool()).at(stream.exposure.hour, rule.half_life)
    prior = PRIORS[dimension]
    return pool.rate(prior.rate, known[dimension], stream.exposure), prior.dispersion, pool.burst()
