"""Training from files to a sealed artifact, as `bearometer train` does it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bearometer_shared.errors import UserError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Manifest
from bearometer_shared.inference.engine import Engine
from bearometer_training import base, calibrate, checkpoint, data, evaluate, export, model, recipes, train
from bearometer_training.curves import curves
from bearometer_training.data import Row
from bearometer_training.settings import Settings

MAX_PARITY_TEXTS = 500
CALIBRATION = 20  # one row in this many sets the temperatures instead of teaching
CURVES = "curves"
PLAN = "settings.json"  # what a run was started with


def check(out: Path, base_name: str, settings: Settings) -> None:
    """Raises UserError for an unknown recipe, and where `out` holds a model or a run with other settings than these."""
    recipes.rate(settings.recipe)
    plan = json.dumps({"base": base_name, **asdict(settings)}, indent=2) + "\n"
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and _read(out / PLAN) != plan)):
        raise UserError(f"--out {out}: exists already and is no run of these settings; name a new folder")
    if (out / artifact.MANIFEST).exists():
        raise UserError(f"--out {out}: holds a finished model; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    (out / PLAN).write_text(plan)


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def rows(files: Sequence[Path], eval_file: Path | None) -> tuple[list[Row], list[Row]]:
    """Rows to train on and rows to judge by: the second file's, or a tenth that training never sees."""
    found = [row for file in files for row in data.read(file) if row.sentiment or row.topic or row.entities]
    taught, judging = (found, data.read(eval_file)) if eval_file else data.split(found)
    if not taught or not judging:
        raise UserError(f"{len(taught)} rows to train on and {len(judging)} to judge by; both need some")
    return taught, judging


def fit(
    found: Sequence[Row],
    judging: Sequence[Row],
    base_name: str,
    settings: Settings,
    out: Path,
    report: Callable[[train.Progress], None],
) -> Manifest:
    """Fine-tunes a base and writes the artifact, with its figures on `judging` sealed into the manifest.

    A run that was cut off goes on from the checkpoint in `out`.
    """
    source, tokenizer = base.locate(base_name), model.tokenizer(base.locate(base_name), settings.max_tokens)
    taught, calibrating = data.split(found, CALIBRATION, salt="calibration")
    fitted = train.train(model.build(source), tokenizer, taught, settings, report, out)
    checkpoint.forget(out)
    lineage = {
        "recipe": settings.recipe,
        "max_tokens": settings.max_tokens,
        "data_snapshot": data.snapshot(taught),
        "temperatures": calibrate.temperatures(fitted, tokenizer, calibrating),
    }
    texts = [row.text for row in judging[:MAX_PARITY_TEXTS]]
    manifest = export.write(fitted, out, texts, base_name=base_name, **lineage)
    figures = {"eval": evaluate.evaluate(Engine.load(out), judging), "settings": asdict(settings)}
    return artifact.seal(out, manifest.model_copy(update={"metrics": manifest.metrics | figures}))


@contextmanager
def progress(out: Path) -> Iterator[Callable[[train.Progress], None]]:
    """A bar with the loss and the time that remains, and the curves for TensorBoard in `out`/curves."""
    columns = (TextColumn("training"), BarColumn(), TextColumn("{task.completed}/{task.total} {task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar, curves(out / CURVES, out.name) as log:
        task = bar.add_task("", total=None, left="")

        def show(at: train.Progress) -> None:
            left = f"loss {at.loss:.2f}, {at.remaining:.0f} s left"
            bar.update(task, completed=at.step, total=at.steps, left=left)
            log.add(at)

        yield show
