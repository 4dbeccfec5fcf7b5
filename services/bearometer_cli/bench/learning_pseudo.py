"""`bench pseudo`: what half-supervised learning adds to the rounds of `bench learning`, or takes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bearometer_cli.bench import learning_drift
from bearometer_cli.bench.learning import Bench, chain, kept
from bearometer_cli.bench.learning_drift import REPORTING
from bearometer_cli.bench.learning_stage import Stage

ROUNDS = 3  # the first has no ensemble yet: what it starts from has no parent
WAYS: Mapping[str, Mapping[str, Any]] = {
    "pseudo-0.6": {"sure": 0.6, "weak": 8.0, "weak_weight": 0.5},
    "pseudo-0.8": {"sure": 0.8},
}  # a model of few rows is sure of nothing by 0.95


def pseudo(folder: Path, items: int, home: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Accuracy on old and new rows after each round: without, and with many or few texts of it. The ensemble is a
    round's champion and its parent. Raises UserError where `folder` lacks the data."""
    drift = learning_drift.made(folder, items, REPORTING)
    bench = Bench(drift, home / kept(REPORTING, items), say)
    start = bench.full(0)
    ways = {"ours": chain(bench, "ours", {}, start, ROUNDS)}
    for way, changed in WAYS.items():
        ways[way] = _chain(bench, way, changed, [start, ways["ours"][0]])
    rounds = [{way: models[n].accuracy for way, models in ways.items()} for n in range(ROUNDS)]
    return {"start": start.accuracy, "rounds": rounds, "unread": len(drift.unread)}


def _chain(bench: Bench, way: str, changed: Mapping[str, Any], models: list[Stage]) -> list[Stage]:
    for round_ in range(2, ROUNDS + 1):
        models.append(bench.further(way, changed, round_, models[-1], models[-2:]))
    return models[1:]
