"""Training from files to a sealed artifact, as `bearometer train` does it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Manifest
from bearometer_shared.inference.encoding import Reader
from bearometer_shared.inference.engine import Engine
from bearometer_training import base, calibrate, checkpoint, data, evaluate, export, model, placing, teacher, train
from bearometer_training.data import Row
from bearometer_training.examples import Example, examples
from bearometer_training.model import Heads
from bearometer_training.plan import Plan
from bearometer_training.showing import Reports

MAX_PARITY_TEXTS = 500
CALIBRATION = 20  # one row in this many sets the temperatures instead of teaching


def fit(plan: Plan, out: Path, reports: Reports) -> Manifest | None:
    """Fine-tunes a base, or an artifact further, and writes what comes of it; its figures on the judging rows are
    sealed into the manifest.

    A run that was cut off goes on from the checkpoint in `out`. Of several processes that train together, one writes;
    the others return None.
    """
    source, settings = base.locate(plan.base), plan.settings
    reader = model.reader(source, settings.max_tokens, settings.mark_figures)
    taught, calibrating = data.split(plan.rows, CALIBRATION, salt="calibration")
    fitted = _trained(plan, source, reader, taught, out, reports)
    if not placing.leads():
        return None
    checkpoint.forget(out)
    lineage = {
        "parent": plan.parent,
        "recipe": settings.recipe,
        "max_tokens": settings.max_tokens,
        "marks_figures": settings.mark_figures,
        "data_snapshot": data.snapshot(taught),
        "temperatures": calibrate.temperatures(fitted, reader, calibrating),
    }
    texts = [row.text for row in plan.judging[:MAX_PARITY_TEXTS]]
    manifest = export.write(fitted, out, texts, base_name=plan.base, **lineage)
    figures = {"eval": evaluate.evaluate(Engine.load(out), plan.judging), "settings": asdict(settings)}
    return artifact.seal(out, manifest.model_copy(update={"metrics": manifest.metrics | figures}))


def _trained(plan: Plan, source: Path, reader: Reader, taught: Sequence[Row], out: Path, reports: Reports) -> Heads:
    """What the plan starts from, after training; with a checkpoint in `out` it goes on from there."""
    found = [*examples(taught), *(Example(text) for text in plan.unlabelled)]
    found = teacher.teach(found, plan.teachers, out, reports.teachers)
    torch.manual_seed(plan.settings.seed)  # of the fresh heads
    begun = export.resume(plan.start) if plan.start else model.build(source)
    return train.train(begun, reader, found, plan.settings, reports.training, out)
