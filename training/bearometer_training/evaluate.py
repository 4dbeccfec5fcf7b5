"""How good a model is: accuracy, F1 and calibration of each head over labelled rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bearometer_shared.inference.engine import Engine, Score
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training.data import Row


def evaluate(engine: Engine, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Metrics for each head that `rows` have labels for, as `{"sentiment": {...}, "topic": {...}}`."""
    scores = engine.score([row.text for row in rows])
    pairs = list(zip(rows, scores, strict=True))
    sentiment = [(r.sentiment, s.sentiment, _confidence(s)) for r, s in pairs if r.sentiment]
    topic = [(r.topic, s.topic, s.topic_p / 1e6) for r, s in pairs if r.topic]
    heads = {"sentiment": (sentiment, SENTIMENTS), "topic": (topic, TOPICS)}
    return {name: _report(found, names) for name, (found, names) in heads.items() if found}


def _confidence(score: Score) -> float:
    return max(score.negative, score.neutral, score.positive) / 1e6


def _report(found: Sequence[tuple[str, str, float]], names: Sequence[str]) -> dict[str, Any]:
    truth = np.array([names.index(t) for t, _, _ in found])
    said = np.array([names.index(p) for _, p, _ in found])
    confidence = np.array([c for _, _, c in found])
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
    }


def _class_report(truth: np.ndarray, said: np.ndarray) -> dict[str, float]:
    hits = float((truth & said).sum())
    precision = hits / max(float(said.sum()), 1.0)
    recall = hits / max(float(truth.sum()), 1.0)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"n": int(truth.sum()), "precision": precision, "recall": recall, "f1": f1}


def calibration_error(right: np.ndarray, confidence: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over equal-width bins (Guo et al. 2017)."""
    bucket = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[bucket == k].mean() - confidence[bucket == k].mean()) * (bucket == k).mean()
        for k in range(bins)
        if (bucket == k).any()
    ]
    return float(sum(gaps))
