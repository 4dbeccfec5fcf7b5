"""How good a model is: accuracy, F1, confusion and calibration of each head over labelled rows."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from bearometer_shared.inference.engine import Opinion, Score
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training.data import Row

Found = list[tuple[str, str, float]]  # truth, answer, confidence


class Scorer(Protocol):
    """What is measured: an engine, or a fake."""

    def score(self, texts: Sequence[str]) -> list[Score]: ...

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]: ...


def evaluate(engine: Scorer, rows: Sequence[Row]) -> dict[str, Any]:
    """Metrics for each head that `rows` have labels for, as `{"sentiment": {...}, "topic": {...}, "entity": {...}}`."""
    singles = [row for row in rows if row.sentiment or row.topic]
    scored = list(zip(singles, engine.score([row.text for row in singles]), strict=True))
    pairs = [(row.text, name, label) for row in rows for name, label in row.entities]
    opinions = engine.towards([(text, name) for text, name, _ in pairs])
    sentiment = [(r.sentiment, s.sentiment, _confidence(s)) for r, s in scored if r.sentiment]
    topic = [(r.topic, s.topic, s.topic_p / 1e6) for r, s in scored if r.topic]
    entity = [(p[2], o.sentiment, _confidence(o)) for p, o in zip(pairs, opinions, strict=True)]
    heads = {"sentiment": (sentiment, SENTIMENTS), "topic": (topic, TOPICS), "entity": (entity, SENTIMENTS)}
    reports = {name: _report(found, names) for name, (found, names) in heads.items() if found}
    if "entity" in reports and (opposed := _opposed(rows, entity)):
        reports["entity"]["opposed"] = _report(opposed, SENTIMENTS)
    return reports


def _opposed(rows: Sequence[Row], entity: Found) -> Found:
    """The part of `entity` that comes from texts whose entities fare differently: the hard ones."""
    differs = [len({label for _, label in row.entities}) > 1 for row in rows for _ in row.entities]
    return [found for found, hard in zip(entity, differs, strict=True) if hard]


def _confidence(opinion: Opinion) -> float:
    return max(opinion.negative, opinion.neutral, opinion.positive) / 1e6


def _report(found: Found, names: Sequence[str]) -> dict[str, Any]:
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
