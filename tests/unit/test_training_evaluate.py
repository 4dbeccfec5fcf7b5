"""Metrics against values worked out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from bearometer_shared.inference.engine import Opinion, Score
from bearometer_training.data import Row
from bearometer_training.evaluate import calibration_error, evaluate


class Scripted:
    """Answers what it was told to, in order."""

    def __init__(self, *answers: Score) -> None:
        self.answers = list(answers)

    def score(self, texts: Sequence[str]) -> list[Score]:
        return self.answers[: len(texts)]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return list(self.answers[: len(pairs)])


def said(sentiment: str, topic: str = "Macro") -> Score:
    shares = {name: 800_000 if name == sentiment else 100_000 for name in ("negative", "neutral", "positive")}
    return Score(**shares, topic=topic, topic_p=500_000)


def measured(*pairs: tuple[str, str]) -> dict[str, Any]:
    engine = Scripted(*(said(answer) for _, answer in pairs))
    return evaluate(engine, [Row("t", truth) for truth, _ in pairs])["sentiment"]


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
    found = evaluate(Scripted(said("neutral", "Macro")), [Row("t", None, "Macro")])
    assert set(found) == {"topic"}
    assert found["topic"]["accuracy"] == 1


def test_sentiment_towards_an_entity_is_measured_and_the_opposed_apart() -> None:
    rows = [Row("A beats B", entities=(("A", "positive"), ("B", "negative"))), Row("C", entities=(("C", "neutral"),))]
    engine = Scripted(said("positive"), said("positive"), said("neutral"))
    report = evaluate(engine, rows)["entity"]
    assert (report["n"], report["accuracy"]) == (3, pytest.approx(2 / 3))
    assert (report["opposed"]["n"], report["opposed"]["accuracy"]) == (2, pytest.approx(1 / 2))


def test_the_confusion_matrix_has_the_truth_in_its_rows() -> None:
    confusion = measured(*PAIRS)["confusion"]
    assert confusion == {
        "labels": ["negative", "neutral", "positive"],
        "rows_are_truth": [[1, 1, 0], [0, 0, 1], [0, 0, 2]],
    }
