"""The detector's parts, and the notifier's patience."""

import random
from datetime import timedelta

import pytest

from bearometer_alerts import notify
from bearometer_alerts.baseline import Baseline, Exposure, dispersion, rate, tail
from bearometer_alerts.rule import LEVELS, severity

HALF_LIFE = 72.0


def test_the_tail_is_that_of_a_negative_binomial() -> None:
    """Against a gamma mixture of Poisson counts, drawn by hand."""
    chance, mean, spread, draws = random.Random(1), 4.0, 0.5, 40_000  # noqa: S311 - no secret
    seen = sum(_poisson(chance, chance.gammavariate(1 / spread, spread * mean)) >= 12 for _ in range(draws))
    assert seen / draws == pytest.approx(tail(12, mean, spread), rel=0.1)


def _poisson(chance: random.Random, mean: float) -> int:
    count, at = 0, chance.expovariate(1)
    while at < mean:
        count, at = count + 1, at + chance.expovariate(1)
    return count


def test_nothing_observed_is_no_surprise_and_more_is_more_of_one() -> None:
    tails = [tail(observed, 2.0, 0.3) for observed in range(20)]
    assert tails[0] == 1.0
    assert tails == sorted(tails, reverse=True)


def test_rate_and_dispersion_are_learned_from_hours_and_drawn_to_the_prior_without_them() -> None:
    chance, true_rate, true_spread = random.Random(2), 0.05, 0.4  # noqa: S311 - no secret
    key, exposure = Baseline(), Exposure()
    for hour in range(1, 2000):
        items = 40 if hour % 24 < 12 else 120
        count = _poisson(chance, chance.gammavariate(1 / true_spread, true_spread * true_rate * items))
        key.learn(count, items, hour, half_life=1e6)
        exposure.learn(items, hour, half_life=1e6)
    learned = rate(key, exposure, prior=0.5)
    assert learned == pytest.approx(true_rate, rel=0.1)
    assert dispersion(key, exposure, learned, prior=3.0, burst=0.0) == pytest.approx(true_spread, rel=0.25)
    assert rate(Baseline(), Exposure(), prior=0.5) == 0.5
    assert dispersion(Baseline(), Exposure(), 0.5, prior=3.0, burst=0.0) == 3.0


def test_decay_in_one_leap_is_decay_hour_by_hour() -> None:
    leap, hourly = Baseline(), Baseline()
    leap.learn(5, 100, 10, HALF_LIFE)
    hourly.learn(5, 100, 10, HALF_LIFE)
    for hour in range(11, 400):
        hourly = hourly.at(hour, HALF_LIFE)
    assert leap.at(399, HALF_LIFE).negatives == pytest.approx(hourly.negatives)


def test_severity_names_the_worst_level_reached() -> None:
    assert [severity(p) for p in (1.0, 9e-6, 9e-8, 0.0)] == ["", *LEVELS]


def test_attempts_grow_apart_but_not_without_bound() -> None:
    waits = [notify.delay(attempts) for attempts in range(100)]
    assert waits[0] < timedelta(seconds=10)
    assert waits[5] > 10 * waits[0]
    assert max(waits) <= 1.2 * timedelta(seconds=notify.LONGEST_DELAY_S)
    assert len(set(waits[20:])) > 10  # jitter
