"""Training from files to a sealed artifact, as `bearometer train` does it."""

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
from bearometer_training import base, data, evaluate, export, model, train
from bearometer_training.data import Row
from bearometer_training.train import Settings as Recipe

__all__ = ["Recipe", "fit", "progress", "rows"]
MAX_PARITY_TEXTS = 500


def rows(files: Sequence[Path], eval_file: Path | None) -> tuple[list[Row], list[Row]]:
    """Rows to train on and rows to judge by: the second file's, or a tenth that training never sees."""
    found = [row for file in files for row in data.read(file) if row.sentiment or row.topic]
    taught, judging = (found, data.read(eval_file)) if eval_file else data.split(found)
    if not taught or not judging:
        raise UserError(f"{len(taught)} rows to train on and {len(judging)} to judge by; both need some")
    return taught, judging


def fit(
    taught: Sequence[Row],
    judging: Sequence[Row],
    base_name: str,
    recipe: Recipe,
    out: Path,
    report: Callable[[train.Progress], None],
) -> Manifest:
    """Fine-tunes a base and writes the artifact, with its figures on `judging` sealed into the manifest."""
    source = base.locate(base_name)
    fitted = train.train(model.build(source), model.tokenizer(source), taught, recipe, report)
    texts = [row.text for row in judging[:MAX_PARITY_TEXTS]]
    manifest = export.write(fitted, out, texts, base_name=base_name, data_snapshot=data.snapshot(taught))
    figures = {"eval": evaluate.evaluate(Engine.load(out), judging), "settings": asdict(recipe)}
    return artifact.seal(out, manifest.model_copy(update={"metrics": manifest.metrics | figures}))


@contextmanager
def progress() -> Iterator[Callable[[train.Progress], None]]:
    """A bar with the loss and the time that remains."""
    columns = (TextColumn("training"), BarColumn(), TextColumn("{task.completed}/{task.total} {task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, left="")

        def show(at: train.Progress) -> None:
            left = f"loss {at.loss:.2f}, {at.remaining:.0f} s left"
            bar.update(task, completed=at.step, total=at.steps, left=left)

        yield show
