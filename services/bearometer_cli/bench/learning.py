"""`bench learning`: what becomes of old and new knowledge when labels of a drift come in rounds.

Four ways: `none` never learns; `naive` is fine-tuned on the fresh labels alone; `ours` is what a run does; `full` is
trained anew on everything. Each way goes on from its own model of the round before, and is judged as it would serve.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, cast

import torch

from bearometer_cli.bench import learning_drift
from bearometer_cli.bench.learning_drift import ROUNDS, Drift, Kind
from bearometer_cli.bench.learning_stage import Stage, Watch, stage
from bearometer_training import base, export, model, train
from bearometer_training.data import Row
from bearometer_training.examples import examples
from bearometer_training.settings import Settings

GROUP, NAME = "bearometer.learning", "turn"
FULL = Settings(epochs=3, rate=1.5e-4)
NAIVE = {"replay": 0.0, "replay_least": 0, "distil": 0.0, "blend": 1.0}
PARITY = 300  # rows on which the int8 graph of a model from the base is compared with its fp32 one
Labels = tuple[Sequence[Row], Sequence[Row], Sequence[Row]]


class Turn(Protocol):
    """What a run does: a model's folder, the next one's, labels, changes to the recipe, who hears of it; and who
    labels which texts that nobody has read."""

    def __call__(
        self,
        parent: Path,
        folder: Path,
        labels: Labels,
        changed: Mapping[str, Any],
        report: Watch,
        ensemble: Sequence[Path] = (),
        unread: Sequence[str] = (),
    ) -> None: ...


class Bench:
    """A drift, and the models that the four ways make of it, in folders under `home`."""

    def __init__(self, drift: Drift, home: Path, say: Callable[[str], None]) -> None:
        self._drift, self._home, self._say = drift, home, say
        found = next(iter(entry_points(group=GROUP, name=NAME)))  # the retrainer's: we import no other service
        self._turn = cast(Turn, found.load())

    def full(self, round_: int) -> Stage:
        """Trained from the base on everything that is known by then; in round 0 the starting model."""
        rows = [*self._drift.start, *self._drift.labels(round_)]
        return self._stage(f"full-{round_}", lambda folder, watch: _from_base(folder, rows, watch))

    def further(
        self, way: str, changed: Mapping[str, Any], round_: int, parent: Stage, ensemble: Sequence[Stage] = ()
    ) -> Stage:
        """Trained further from `parent` on a round's labels, and what an ensemble is sure of, by the code of a run."""
        earlier, seed = self._drift.labels(round_ - 1), self._drift.start
        labels = self._drift.rounds[round_ - 1], earlier, seed
        more = [stage.folder for stage in ensemble], self._drift.unread

        def make(folder: Path, watch: Watch) -> None:
            self._turn(parent.folder, folder, labels, changed, watch, *more)

        return self._stage(f"{way}-{round_}", make)

    def _stage(self, name: str, make: Callable[[Path, Watch], None]) -> Stage:
        return stage(self._home / name, make, self._drift.judging, self._say)


def learning(folder: Path, items: int, home: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """The figures but for `seconds_to_serving`. Stages are kept under `home`: what was cut off goes on there.

    Raises UserError where `folder` lacks the data.
    """
    drift = learning_drift.made(folder, items, learning_drift.REPORTING)
    bench = Bench(drift, home / kept(learning_drift.REPORTING, items), say)
    start = bench.full(0)
    ways = {
        "none": [start] * ROUNDS,
        "naive": chain(bench, "naive", NAIVE, start),
        "ours": chain(bench, "ours", {}, start),
        "full": [bench.full(round_) for round_ in range(1, ROUNDS + 1)],
    }
    return figures(ways) | {"labels": len(drift.labels(ROUNDS)), "start_rows": len(drift.start)}


def kept(kind: Kind, items: int) -> str:
    """The folder's name of a drift's models: another where they are trained in another way."""
    what = json.dumps([kind.name, sorted(kind.topics), sorted(kind.words), items, asdict(FULL)])
    return f"{kind.name}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"


def chain(bench: Bench, way: str, changed: Mapping[str, Any], start: Stage, rounds: int = ROUNDS) -> list[Stage]:
    """The models of all rounds, each trained further from the one before."""
    models = [start]
    for round_ in range(1, rounds + 1):
        models.append(bench.further(way, changed, round_, models[-1]))
    return models[1:]


def figures(ways: Mapping[str, Sequence[Stage]]) -> dict[str, Any]:
    """Accuracies by round; forgetting at its worst round, in points; gain and cost as shares of full's."""
    none, ours, full = ways["none"], ways["ours"], ways["full"]
    lost = max(before.accuracy["old"] - after.accuracy["old"] for before, after in zip(none, ours, strict=True))
    to_gain = full[-1].accuracy["new"] - none[-1].accuracy["new"]
    cost = sum(model.seconds for model in ours) / sum(model.seconds for model in full)
    return {
        "rounds": [{way: models[n].accuracy for way, models in ways.items()} for n in range(len(full))],
        "forgetting_points": round(100 * max(lost, 0.0), 2),
        "gain_share": round((ours[-1].accuracy["new"] - none[-1].accuracy["new"]) / to_gain, 3) if to_gain else 0.0,
        "cost_share": round(cost, 3),
        "cost_in": "processor seconds of training, the champion's answers on replayed rows included",
    }


def _from_base(folder: Path, rows: Sequence[Row], watch: Watch) -> None:
    source = base.locate()
    torch.manual_seed(FULL.seed)  # the heads begin alike in all rounds
    begun, reader = model.build(source), model.reader(source)
    watch.stage("training")
    fitted = train.train(begun, reader, examples(rows), FULL, watch)
    watch.stage("exporting")
    export.write(fitted, folder, [row.text for row in rows[:PARITY]], base_name=base.DEFAULT, marks_figures=True)
