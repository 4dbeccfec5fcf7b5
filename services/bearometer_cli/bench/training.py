"""`bench training`: what each measure, each set and each task of the champion's training is worth, by leaving it out.

Every run starts from the same base, with the same seed, and on the same number of examples. The figures are those of a
short run, good for comparing within one table and for nothing else. They are kept: what was cut off goes on.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch

from bearometer_cli.bench.data_sets import some
from bearometer_shared.inference.engine import Engine
from bearometer_training import base, champion, data, drills, evaluate, model, recipes, settings, teacher, train
from bearometer_training.answers import Scorer
from bearometer_training.data import Row
from bearometer_training.examples import Example, examples
from bearometer_training.judged import Judged
from bearometer_training.settings import Settings

RECIPE = champion.SHIPPED / "recipe.toml"
SETS = {
    "tweets": "twitter_sentiment/train.jsonl",
    "topics": "twitter_topic/train.jsonl",
    "entities": "sentfin/train.jsonl",
}
MEASURES: dict[str, dict[str, Any]] = {
    "heads at the encoder's rate": {"head_rate": 0.0},
    "lower half frozen": {"freeze": 3},
    "no warm-up": {"warmup": 0.0},
    "no smoothing": {"smoothing": 0.0},
    "no averaging": {"average": 0.0},
    "no augmentation": {"augment": 0.0},
    "no drills": {"drills": 0},
    "figures as they stand": {"mark_figures": False},
    "balanced topics": {"balance": 0.5},
    "FGM": {"adversary": 0.5},
    "PGD": {"adversary": 0.5, "attacks": 2},
}
DRILLED = 3500  # of which two kinds in seven judge
Sets = Mapping[str, Sequence[Row]]
Table = dict[str, dict[str, float]]


class Bench(NamedTuple):
    """Rows to learn and rows to judge by, of each set; the champion's settings for one short epoch; a folder for what
    is found, and a trained model that may teach."""

    taught: Sets
    judging: Sets
    how: Settings
    home: Path
    teacher: Path
    say: Callable[[str], None]

    def run(self, name: str, how: Settings, sets: Sequence[str]) -> dict[str, float]:
        """Accuracy on what each set holds out, of a model that was trained on some of the sets."""
        what = name, asdict(how), list(sets)
        return self._kept(what, lambda: learn(self._examples(sets), how))

    def distilled(self) -> dict[str, float]:
        """The same of a model that also learnt what the teacher says of every example."""
        what = "distilled", asdict(self.how), self.teacher.name
        return self._kept(what, lambda: learn(self._taught(), self.how))

    def itself(self) -> dict[str, float]:
        """The same of the teacher."""
        return self._kept(("the teacher itself", self.teacher.name), lambda: Engine.load(self.teacher))

    def _taught(self) -> list[Example]:
        with TemporaryDirectory() as folder:
            return teacher.teach(self._examples(list(self.taught)), [self.teacher], Path(folder), lambda *_: None)

    def _examples(self, sets: Sequence[str]) -> list[Example]:
        return examples([row for part in sets for row in self.taught[part]])

    def _kept(self, what: tuple[Any, ...], make: Callable[[], Scorer]) -> dict[str, float]:
        """The figures of a run that is over, or of the one that `make` makes now."""
        sizes = [{part: len(rows) for part, rows in sets.items()} for sets in (self.taught, self.judging)]
        key = json.dumps([what, sizes], sort_keys=True)
        kept = self.home / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        if not kept.is_file():
            self.home.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(self._figures(make())))
        figures: dict[str, float] = json.loads(kept.read_text())
        self.say(f"{what[0]}: " + ", ".join(f"{head} {figure:.3f}" for head, figure in figures.items()))
        return figures

    def _figures(self, found: Scorer) -> dict[str, float]:
        return {f"{part} {head}": figure for part in self.judging for head, figure in self._judge(found, part)}

    def _judge(self, found: Scorer, part: str) -> Iterator[tuple[str, float]]:
        for head, report in evaluate.evaluate(found, self.judging[part]).items():
            yield head, round(report["accuracy"], 4)


def learn(found: Sequence[Example], how: Settings) -> Judged:
    """A model that has learnt from examples."""
    source = base.locate()
    reader = model.reader(source, how.max_tokens, how.mark_figures)
    torch.manual_seed(how.seed)  # the heads begin alike in all runs
    return Judged(train.train(model.build(source), reader, found, how), reader)


def drilled() -> list[Row]:
    """Drills about two figures, which no epoch has shown: does it know which is larger, and what that means?"""
    found = drills.drawn(DRILLED, seed=-1)
    return [replace(drill.row, entities=()) for drill in found if drill.kind in ("levels", "forecast")]


def training(folder: Path, rows: int, taught_by: Path, home: Path, say: Callable[[str], None]) -> dict[str, Table]:
    """Tables of accuracies on held-out rows: measures left out or added, recipes, sets left out, single tasks, and what
    a teacher (the folder `taught_by`) is worth. Figures are kept under `home`.

    Raises UserError where `folder` lacks one of the sets.
    """
    read = {name: data.read(folder / file) for name, file in SETS.items()} | {"seed": data.read(data.SEED)}
    halves = {name: data.split(found) for name, found in read.items()}
    taught = {name: some(half[0], rows) for name, half in halves.items()}
    fresh = replace(settings.from_file(RECIPE), rate=0.0, head_rate=1e-2, blend=1.0)  # a base is nothing to stay near
    how = replace(fresh, epochs=1, average=0.98, drills=rows // 4)
    others = [name for name in recipes.RECIPES if name != how.recipe]
    judging = {name: half[1] for name, half in halves.items()} | {"drills": drilled()}
    bench = Bench(taught, judging, how, home, taught_by, say)
    return {
        "measures": {"plain": bench.run("plain", how, list(taught))} | _measures(bench),
        "distillation": {"distilled": bench.distilled(), "the teacher itself": bench.itself()},
        "recipes": {name: bench.run(name, replace(how, recipe=name, average=0.0), list(taught)) for name in others},
        "sets left out": {name: bench.run(f"without {name}", how, [s for s in taught if s != name]) for name in taught},
        "one set alone": {name: bench.run(f"only {name}", how, [name]) for name in taught},
    }


def _measures(bench: Bench) -> Table:
    everything = list(bench.taught)
    return {name: bench.run(name, replace(bench.how, **changed), everything) for name, changed in MEASURES.items()}
