"""Training from files to a sealed artifact, as `bearometer train` does it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import torch
from accelerate import PartialState
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Manifest
from bearometer_shared.inference.engine import Engine
from bearometer_training import base, calibrate, checkpoint, data, evaluate, export, model, teacher, train
from bearometer_training.curves import curves
from bearometer_training.examples import Example, examples
from bearometer_training.plan import Plan

MAX_PARITY_TEXTS = 500
CALIBRATION = 20  # one row in this many sets the temperatures instead of teaching
CURVES = "curves"


class Reports(NamedTuple):
    """Who hears how far a run is: its steps, and before them the answers of its teachers."""

    training: Callable[[train.Progress], None]
    teachers: teacher.Report


def fit(plan: Plan, out: Path, reports: Reports) -> Manifest | None:
    """Fine-tunes a base and writes the artifact, with its figures on the judging rows sealed into the manifest.

    A run that was cut off goes on from the checkpoint in `out`. Of several processes that train together, one writes;
    the others return None.
    """
    source, settings = base.locate(plan.base), plan.settings
    tokenizer = model.tokenizer(source, settings.max_tokens)
    taught, calibrating = data.split(plan.rows, CALIBRATION, salt="calibration")
    found = [*examples(taught), *(Example(text) for text in plan.unlabelled)]
    found = teacher.teach(found, plan.teachers, out, reports.teachers)
    torch.manual_seed(settings.seed)  # of the fresh heads
    fitted = train.train(model.build(source), tokenizer, found, settings, reports.training, out)
    if not PartialState().is_main_process:
        return None
    checkpoint.forget(out)
    lineage = {
        "recipe": settings.recipe,
        "max_tokens": settings.max_tokens,
        "data_snapshot": data.snapshot(taught),
        "temperatures": calibrate.temperatures(fitted, tokenizer, calibrating),
    }
    texts = [row.text for row in plan.judging[:MAX_PARITY_TEXTS]]
    manifest = export.write(fitted, out, texts, base_name=plan.base, **lineage)
    figures = {"eval": evaluate.evaluate(Engine.load(out), plan.judging), "settings": asdict(settings)}
    return artifact.seal(out, manifest.model_copy(update={"metrics": manifest.metrics | figures}))


@contextmanager
def progress(out: Path) -> Iterator[Reports]:
    """A bar with the loss and the time that remains, and the curves for TensorBoard in `out`/curves."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar, curves(out / CURVES, out.name) as log:
        training = bar.add_task("training", total=None, left="")
        asking = bar.add_task("teachers", total=None, left="texts", visible=False)

        def show(at: train.Progress) -> None:
            left = f"loss {at.loss:.2f}, {at.remaining:.0f} s left"
            bar.update(training, completed=at.step, total=at.steps, left=left)
            log.add(at)

        yield Reports(show, lambda done, of: bar.update(asking, completed=done, total=of, visible=done < of))
