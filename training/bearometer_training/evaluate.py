"""How good a model is: accuracy, F1, confusion and calibration of each head over labelled rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training.answers import Answer, Scorer, answers
from bearometer_training.data import Row

LABELS = {"sentiment": SENTIMENTS, "topic": TOPICS, "entity": SENTIMENTS}


def evaluate(engine: Scorer, rows: Sequence[Row]) -> dict[str, Any]:
    """Metrics for each head that `rows` have labels for, as `{"sentiment": {...}, "topic": {...}, "entity": {...}}`."""
    return reports(answers(engine, rows))


def reports(found: Sequence[Answer]) -> dict[str, Any]:
    """Metrics of each head that answered something, as `evaluate` gives them."""
    by_head = {head: [answer for answer in found if answer.head == head] for head in LABELS}
    made = {head: _report(group, LABELS[head]) for head, group in by_head.items() if group}
    if opposed := _opposed(by_head["entity"]):
        made["entity"]["opposed"] = _report(opposed, SENTIMENTS)
    return made


def _opposed(entity: Sequence[Answer]) -> list[Answer]:
    """The part of `entity` that comes from texts whose entities fare differently: the hard ones."""
    truths: dict[str, set[str]] = {}
    for answer in entity:
        truths.setdefault(answer.text, set()).add(answer.truth)
    return [answer for answer in entity if len(truths[answer.text]) > 1]


def _report(found: Sequence[Answer], names: Sequence[str]) -> dict[str, Any]:
    truth = np.array([names.index(answer.truth) for answer in found])
    said = np.array([names.index(answer.said) for answer in found])
    confidence = np.array([answer.confidence for answer in found])
    per_class = {name: _class_report(truth == k, said == k) for k, name in enumerate(names) if (truth == k).any()}
    f1 = np.array([row["f1"] for row in per_class.values()])
    share = np.array([row["n"] for row in per_class.values()]) / len(truth)
    return {
        "n": len(truth),
        "accuracy": float((truth == said).mean()),
        "macro_f1": float(f1.mean()),
        "weighted_f1": float((f1 * share).sum()),
        "ece": calibration_error(truth == said, confidence),
        "classes": per_class,
        "confusion": {"labels": list(names), "rows_are_truth": _confusion(truth, said, len(names))},
        "reliability": _reliability(truth == said, confidence),
    }


def _class_report(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    hits = float((truth & said).sum())
    precision = hits / max(float(said.sum()), 1.0)
    recall = hits / max(float(truth.sum()), 1.0)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"n": int(truth.sum()), "precision": precision, "recall": recall, "f1": f1}


def _confusion(truth: np.ndarray, said: np.ndarray, size: int) -> list[list[int]]:
    found = np.zeros((size, size), dtype=int)
    np.add.at(found, (truth, said), 1)
    return [[int(n) for n in row] for row in found]


def calibration(found: Sequence[Answer]) -> float:
    """The calibration error of one answer at least, over all heads that are in it."""
    return calibration_error(np.array([a.right for a in found]), np.array([a.confidence for a in found]))


def calibration_error(right: np.ndarray, confidence: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over equal-width bins (Guo et al. 2017)."""
    return sum(abs(b["accuracy"] - b["confidence"]) * b["share"] for b in _reliability(right, confidence, bins))


def _reliability(right: np.ndarray, confidence: np.ndarray, bins: int = 15) -> list[dict[str, float]]:
    """Of each bin of confidence that holds something: its mean, how often it was right, and its share."""
    bucket = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "confidence": float(confidence[bucket == k].mean()),
            "accuracy": float(right[bucket == k].mean()),
            "share": float((bucket == k).mean()),
        }
        for k in range(bins)
        if (bucket == k).any()
    ]
