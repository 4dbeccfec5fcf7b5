"""Paired bootstrap intervals against what is known without one."""

import numpy as np
import pytest

from bearometer_training.answers import Answer
from bearometer_training.paired import compare


def answered(right: np.ndarray, texts: int | None = None) -> list[Answer]:
    texts = texts or len(right)
    return [
        Answer(f"text {n % texts}", "sentiment", "positive", "positive" if r else "no") for n, r in enumerate(right)
    ]


def test_the_interval_is_that_of_the_normal_approximation_where_that_holds() -> None:
    """1,000 texts, 60 lost and 40 won: the change is -0.02, its standard error sqrt(0.1 - 0.0004) / sqrt(1000)."""
    before, after = np.ones(1000, bool), np.ones(1000, bool)
    before[:40], after[40:100] = False, False
    found = compare(answered(before), answered(after), sure=0.95)
    error = np.sqrt((0.1 - 0.02**2) / 1000)
    assert (found.n, found.before, found.after) == (1000, 0.96, 0.94)
    assert found.low == pytest.approx(-0.02 - 1.96 * error, abs=0.002)
    assert found.high == pytest.approx(-0.02 + 1.96 * error, abs=0.002)


def test_equal_answers_differ_by_nothing_however_wrong_they_are() -> None:
    right = np.arange(50) % 3 == 0
    found = compare(answered(right), answered(right))
    assert (found.change, found.low, found.high) == (0, 0, 0)


def test_answers_about_one_text_are_drawn_together() -> None:
    """Ten texts that are asked a hundred times each say no more than ten texts."""
    before, after = np.zeros(10, bool), np.arange(10) < 5
    few = compare(answered(before), answered(after))
    many = compare(answered(np.tile(before, 100), 10), answered(np.tile(after, 100), 10))
    assert (many.low, many.high) == (few.low, few.high)


def test_the_same_answers_give_the_same_interval() -> None:
    before, after = answered(np.arange(30) % 2 == 0), answered(np.arange(30) % 3 == 0)
    assert compare(before, after) == compare(before, after)


def test_models_that_were_asked_different_questions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different questions"):
        compare(answered(np.ones(3, bool)), answered(np.ones(4, bool)))
