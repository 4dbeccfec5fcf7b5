"""How far a run is: a bar on a terminal, elsewhere (in a log) a line a minute. Always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bearometer_training import placing, settings, teacher
from bearometer_training.curves import FOLDER, curves

LINE_EVERY_S = 60.0


class Reports(NamedTuple):
    """Who hears how far a run is: its steps, and before them the answers of its teachers."""

    training: Callable[[settings.Progress], None]
    teachers: teacher.Report


@contextmanager
def progress(out: Path) -> Iterator[Reports]:
    """Shows the loss and the time that remains, and keeps the curves for TensorBoard in `out`/curves.

    Of several processes that train together, one does.
    """
    if not placing.leads():
        yield Reports(lambda at: None, lambda done, of: None)
        return
    console = Console(stderr=True)
    shown = _bars(console) if console.is_terminal else nullcontext(_lines())
    with shown as reports, curves(out / FOLDER, out.name) as log:

        def training(at: settings.Progress) -> None:
            reports.training(at)
            log.add(at)

        yield Reports(training, reports.teachers)


@contextmanager
def _bars(console: Console) -> Iterator[Reports]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        training = bar.add_task("training", total=None, left="")
        asking = bar.add_task("teachers", total=None, left="texts", visible=False)
        yield Reports(
            lambda at: bar.update(training, completed=at.step, total=at.steps, left=_left(at)),
            lambda done, of: bar.update(asking, completed=done, total=of, visible=done < of),
        )


def _lines() -> Reports:
    told: dict[str, float] = {}  # when each kind was told last

    def say(kind: str, what: str) -> None:
        now = time.monotonic()
        if now >= told.get(kind, -LINE_EVERY_S) + LINE_EVERY_S:
            told[kind] = now
            sys.stderr.write(f"{kind} {what}\n")

    return Reports(
        lambda at: say("training", f"{at.step}/{at.steps} {_left(at)}"),
        lambda done, of: say("teachers", f"{done}/{of} texts"),
    )


def _left(at: settings.Progress) -> str:
    return f"loss {at.loss:.2f}, {at.remaining:.0f} s left"
