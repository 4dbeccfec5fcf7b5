"""Of thousands of keys hardly one may alert by chance, and a tick of them is neither slow to grow nor greedy."""

import numpy as np
import pytest
from made_news import START, by_minute, news

from bearometer_alerts import discoveries, ticks
from bearometer_alerts.baseline import tails
from bearometer_alerts.detector import Detector
from bearometer_alerts.discoveries import ALLOWANCE
from bearometer_alerts.rule import LEVELS, SPIKE

WATCH, SPREAD = LEVELS["watch"], 0.3


def found_in(keys: int, ticks_: int, growing: int = 0) -> tuple[float, float, float]:
    """A tick's false discoveries at the fixed level and the corrected one, and the share of grown keys that it finds.

    Keys expect 0.02 to 20 negatives in a window; `growing` of those that expect most get four times as many.
    """
    chance = np.random.default_rng(keys)
    expected = np.sort(np.exp(chance.uniform(np.log(0.02), np.log(20), keys)))
    attainable, fixed, false, true = tails(SPIKE.minimum, expected, SPREAD), 0, 0, 0
    means = expected * np.where(np.arange(keys) >= keys - growing, 4.0, 1.0)
    for _ in range(ticks_):
        counts = chance.poisson(chance.gamma(1 / SPREAD, SPREAD * means))
        p_values = tails(counts, expected, SPREAD)
        unusual = np.nonzero((p_values < WATCH) & (counts >= SPIKE.minimum))[0]
        fixed += int(np.sum(unusual < keys - growing))
        told = unusual[discoveries.corrected(p_values[unusual], attainable) < WATCH]
        false, true = false + int(np.sum(told < keys - growing)), true + int(np.sum(told >= keys - growing))
    return fixed / ticks_, false / ticks_, true / ticks_ / max(growing, 1)


def test_false_discoveries_stay_bounded_from_twenty_keys_to_ten_thousand() -> None:
    few, many = found_in(20, 1000), found_in(10_000, 100)
    assert few[0] == few[1]  # of few keys nothing is corrected
    assert many[0] > 20 * ALLOWANCE * WATCH  # what the fixed level alone would tell
    assert max(few[1], many[1]) <= 2 * ALLOWANCE * WATCH  # twice for the luck of the draw


def test_when_many_keys_break_at_once_they_are_found_among_thousands() -> None:
    """What a lone key must overcome, a hundred share; false ones stay a small part."""
    _, false, share = found_in(10_000, 40, growing=100)
    alone = found_in(10_000, 40, growing=1)[2]
    assert share > alone
    assert false < 0.02 * share * 100


def test_a_correction_never_makes_a_chance_smaller_and_keeps_the_order() -> None:
    p_values = np.array([1e-9, 1e-5, 1e-5, 0.0, 1e-30])
    found = discoveries.corrected(p_values, np.full(5000, 0.01))
    assert np.all(found >= p_values)
    assert np.array_equal(np.argsort(found, kind="stable"), np.argsort(p_values, kind="stable"))


def test_keys_that_can_hardly_reach_the_minimum_cost_the_others_nothing() -> None:
    p_values, live = np.array([1e-6]), np.full(50, 0.5)
    alone, among = (discoveries.corrected(p_values, keys) for keys in (live, np.append(live, np.full(10**5, 1e-13))))
    assert among == pytest.approx(alone)


def test_judged_together_or_alone_a_key_gets_the_same_verdict_to_the_last_bit() -> None:
    detector, minutes = Detector(START), by_minute(news(40, 1, per_hour=60, tickers=100))
    list(detector.run(minutes, minutes[-1].at))
    counts = dict.fromkeys(sorted(detector.usual.keys), 3)
    together = detector.usual.judge(counts, 57)
    assert all(detector.usual.judge({key: 3}, 57)[key] == verdict for key, verdict in together.items())


def test_memory_is_flat_over_the_hours() -> None:
    before, after = ticks.memory(100)
    assert after < 1.1 * before
    assert ticks.tick(50) > 0
