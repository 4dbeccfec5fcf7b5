"""Domain-adaptive pre-training (Gururangan et al. 2020): a base goes on with what BERT was made by, on your own news.

Masked words always; next sentences where the base has that head.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from bearometer_shared.errors import UserError
from bearometer_training import checkpoint, curves, placing
from bearometer_training.pretrain_news import Document
from bearometer_training.pretrain_run import WEIGHTS, Run, Settings
from bearometer_training.settings import Progress

__all__ = ["Settings", "check_folder", "pretrain", "split"]

HELD_OUT = 20  # one document in so many judges and never teaches
RUN_FILE = "pretrain.json"  # beside a checkpoint: which run it belongs to


def pretrain(
    source: Path,
    documents: Sequence[Document],
    out: Path,
    settings: Settings,
    report: Callable[[Progress], None] = lambda progress: None,
) -> dict[str, Any]:
    """Trains the base in `source` further and writes it to `out`, a folder that `--base` takes. Returns the facts.

    A run that was cut off goes on from the checkpoint in `out`. `report` may raise to cancel.
    """
    torch.manual_seed(settings.seed)
    taught, held = split(documents)
    with placing.one_first():
        _claim(out, source, documents, settings)
    run = Run(source, taught, held, settings)
    before = run.measure()
    first, started = checkpoint.load(run.machine, out), time.monotonic()
    for step, group in run.groups(first):
        loss = run.step(step, group)
        if step % settings.checkpoint_steps == 0:
            checkpoint.save(run.machine, out, step)
        pace = (time.monotonic() - started) / (step - first)
        report(Progress(step, run.steps, loss, pace * (run.steps - step)))
    after = run.measure()
    if run.machine.is_main_process:
        run.write(source, out)
        checkpoint.forget(out)
        (out / RUN_FILE).unlink()
    return run.facts() | {"documents": len(taught), "held_out": len(held), "before": before, "after": after}


def check_folder(out: Path) -> None:
    """Raises UserError where `out` holds more than curves, and no run that was cut off."""
    if (out / RUN_FILE).is_file() or not out.exists():
        return
    if not out.is_dir() or any(part.name != curves.FOLDER for part in out.iterdir()):
        raise UserError(f"--out {out}: exists already; name a new folder")


def split(documents: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """Documents that teach, and one in twenty that judges; equal ones fall on the same side. Raises UserError."""
    sides: tuple[list[Document], list[Document]] = ([], [])
    for document in documents:
        sides[_digest(document)[0] % HELD_OUT == 0].append(document)
    if not all(sides):
        raise UserError(f"{len(documents)} news items are too few: one in {HELD_OUT} must judge, the others teach")
    return sides


def _claim(out: Path, source: Path, documents: Sequence[Document], settings: Settings) -> None:
    """Marks the folder as this run's, so that no other goes on from its checkpoint. Raises UserError."""
    news = hashlib.sha256(b"".join(sorted(map(_digest, documents)))).hexdigest()
    base = hashlib.sha256((source / WEIGHTS).read_bytes()).hexdigest()
    this = json.dumps(asdict(settings) | {"news": news, "base": base})
    out.mkdir(parents=True, exist_ok=True)
    if (out / RUN_FILE).is_file() and (out / RUN_FILE).read_text() != this:
        raise UserError(
            f"{out}: holds a run on another base, other news or settings; repeat those, or name a new folder"
        )
    (out / RUN_FILE).write_text(this)


def _digest(document: Document) -> bytes:
    return hashlib.sha256("\n".join(document).lower().encode()).digest()
