"""Metrics against values worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from bearometer_shared.inference.engine import Score
from bearometer_training.data import Row
from bearometer_training.evaluate import calibration_error, evaluate


class Scripted:
    """Answers what it was told to, in order."""

    def __init__(self, *answers: Score) -> None:
        self.answers = list(answers)

    def score(self, texts: Sequence[str]) -> list[Score]:
        return self.answers[: len(texts)]


def said(sentiment: str, topic: str = "Macro") -> Score:
    shares = {name: 800_000 if name == sentiment else 100_000 for name in ("negative", "neutral", "positive")}
    return Score(**shares, topic=topic, topic_p=500_000)


def measured(*pairs: tuple[str, str]) -> dict[str, float]:
    engine = Scripted(*(said(answer) for _, answer in pairs))
    return evaluate(engine, [Row("t", truth) for truth, _ in pairs])["sentiment"]  # type: ignore[arg-type]  # a fake


# Two negatives, one of them missed; two positives, both found, and one neutral called positive.
PAIRS = (
    ("negative", "negative"),
    ("negative", "neutral"),
    ("positive", "positive"),
    ("positive", "positive"),
    ("neutral", "positive"),
)


def test_accuracy_and_f1_are_what_a_pencil_gives() -> None:
    report = measured(*PAIRS)
    negative, positive = 2 * 1 * 0.5 / 1.5, 2 * (2 / 3) * 1 / (2 / 3 + 1)
    assert report["n"] == 5
    assert report["accuracy"] == pytest.approx(3 / 5)
    assert report["macro_f1"] == pytest.approx((negative + positive + 0) / 3)
    assert report["weighted_f1"] == pytest.approx((2 * negative + 2 * positive + 0) / 5)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert measured(*PAIRS)["ece"] == pytest.approx(0.8 - 3 / 5)


def test_calibration_error_weighs_bins_by_their_rows() -> None:
    right, confidence = np.array([True, True, False, False]), np.array([0.95, 0.95, 0.55, 0.99])
    # Bins of 1/15: {0.95, 0.95, 0.99} right 2/3 at mean 0.9633, and {0.55} wrong.
    assert calibration_error(right, confidence) == pytest.approx(3 / 4 * abs(2 / 3 - 2.89 / 3) + 1 / 4 * 0.55)


def test_a_head_without_labels_is_left_out() -> None:
    found = evaluate(Scripted(said("neutral", "Macro")), [Row("t", None, "Macro")])  # type: ignore[arg-type]  # a fake
    assert set(found) == {"topic"}
    assert found["topic"]["accuracy"] == 1
