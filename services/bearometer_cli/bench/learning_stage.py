"""One stage of `bench learning`: a model is made, judged as it would serve, and kept, so that a run can go on."""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bearometer_shared.inference.engine import Engine
from bearometer_training import evaluate
from bearometer_training.data import Row
from bearometer_training.settings import Progress

FIGURES = "figures.json"
EVERY_S = 20.0


class Watch:
    """Says how far a training is, and counts the processor seconds from its stage `training` to the next."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name, self._say, self._due, self._started = name, say, 0.0, 0.0
        self.seconds = 0.0

    def stage(self, name: str) -> None:
        """A new stage begins."""
        if name == "training":
            self._started = time.process_time()
        elif self._started:
            self.seconds, self._started = time.process_time() - self._started, 0.0

    def __call__(self, progress: Progress) -> None:
        """A step is done."""
        if time.monotonic() > self._due:
            self._due = time.monotonic() + EVERY_S
            self._say(f"{self._name}: step {progress.step} of {progress.steps}, {progress.remaining:.0f} s left of it")


class Stage(NamedTuple):
    """A model's folder, its accuracy on each part that judges, and the processor seconds that its training took."""

    folder: Path
    accuracy: dict[str, float]
    seconds: float


Make = Callable[[Path, Watch], None]


def stage(folder: Path, make: Make, judging: Mapping[str, Sequence[Row]], say: Callable[[str], None]) -> Stage:
    """What was kept in `folder`, or what `make` puts there now."""
    kept = folder / FIGURES
    if not kept.is_file():
        draft, watch = folder.with_name(folder.name + ".part"), Watch(folder.name, say)
        make(draft, watch)
        engine = Engine.load(draft)
        accuracy = {part: _accuracy(engine, rows) for part, rows in judging.items()}
        (draft / FIGURES).write_text(json.dumps({"accuracy": accuracy, "seconds": watch.seconds}))
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
    found = json.loads(kept.read_text())
    figures = ", ".join(f"{part} {figure:.3f}" for part, figure in found["accuracy"].items())
    say(f"{folder.name}: {figures}; trained in {found['seconds']:.0f} processor seconds")
    return Stage(folder, found["accuracy"], found["seconds"])


def _accuracy(engine: Engine, rows: Sequence[Row]) -> float:
    return round(float(evaluate.evaluate(engine, rows)["topic"]["accuracy"]), 4)
