"""The tests for drift: exact where nothing changed, awake where something did, and never on days too few."""

from datetime import date, timedelta

import numpy as np

from bearometer_retrainer import drift
from bearometer_retrainer.drift import Array, Days

FIRST = date(2026, 3, 2)  # a Monday
DAYS = [FIRST + timedelta(days=n) for n in range(35)]
SPLIT = Days.of(DAYS, DAYS[27])
CALM = np.array([0.2, 0.5, 0.3])


def stories(draw: np.random.Generator, lately: Array = CALM, days: int = 35) -> Array:
    """Counts of three answers a day: each day has its own mood, weekends are few and gloomy."""
    counts = []
    for n, day in enumerate(DAYS[:days]):
        usual = lately if n >= days - 7 else CALM
        usual = np.array([0.6, 0.2, 0.2]) if day.weekday() >= drift.SATURDAY else usual
        counts.append(draw.multinomial(8 if day.weekday() >= drift.SATURDAY else 60, draw.dirichlet(usual * 60)))
    return np.array(counts)


def answers_p(counts: Array) -> float:
    return drift.of_answers(counts, counts.sum(1), SPLIT).p_value


def test_on_calm_news_a_p_value_is_no_smaller_than_it_says() -> None:
    """Days that differ from each other make no drift: whole days are dealt, not stories."""
    draw = np.random.default_rng(7)
    found = np.array([answers_p(stories(draw)) for _ in range(60)])
    assert np.mean(found < 0.05) <= 0.1
    assert np.mean(found < 0.5) > 0.35, "nor much larger"


def test_a_shift_of_the_answers_is_found() -> None:
    draw = np.random.default_rng(7)
    assert answers_p(stories(draw, np.array([0.5, 0.3, 0.2]))) < 0.001


def test_weekends_are_compared_with_weekends() -> None:
    """A window that happens to hold more of them is no drift."""
    counts = stories(np.random.default_rng(7))
    days = Days.of(DAYS, DAYS[32])  # a Saturday and a Sunday are the recent ones
    assert not days.enough(0.001)
    assert drift.of_answers(counts, counts.sum(1), days).p_value > 0.05


def test_a_shift_of_the_embeddings_is_found_where_their_mean_stays() -> None:
    draw = np.random.default_rng(7)
    calm = draw.normal(size=(35 * 16, 6))
    of = [n // 16 for n in range(len(calm))]
    assert drift.of_embeddings(calm, of, SPLIT).p_value > 0.01
    split = calm.copy()
    split[28 * 16 :, 0] = np.sign(split[28 * 16 :, 0]) * 2.5
    assert drift.of_embeddings(split, of, SPLIT).p_value < 0.001


def test_an_embedding_is_what_the_heads_say_in_logarithms() -> None:
    found = drift.embedding(np.array([[0.5, 0.25, 0.25]]), np.array([[1.0, 0.0]]))
    assert found.shape == (1, 5)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[0, 0] - found[0, 1], np.log(2))


def test_days_too_few_for_the_level_are_not_tested() -> None:
    two_weeks = Days.of(DAYS[:14], DAYS[6])
    assert two_weeks.enough(1 / 700)
    assert not two_weeks.enough(1 / 7000)
    assert not Days.of(DAYS[:14], DAYS[13]).enough(0.05), "nothing is recent"
    assert not Days.of(DAYS[:14], FIRST - timedelta(days=1)).enough(0.05), "nothing to compare with"
