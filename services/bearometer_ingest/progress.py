"""How a replay is going: a bar on a terminal, a line now and then elsewhere. Always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bearometer_shared.lines import NewsFile

LINE_EVERY_S = 5.0
BAR_EVERY_S = 0.1


class Reporter:
    """Watches a replay: says each bad line at once, and the rest when `every_s` has passed."""

    def __init__(self, say: Callable[[str], None], show: Callable[[str], None], every_s: float) -> None:
        self._say, self._show, self._every_s = say, show, every_s
        self._began = self._shown = time.monotonic()

    def bad(self, number: int, reason: str) -> None:
        self._say(f"line {number}: {reason}")

    def sent(self, count: int, event_time: datetime) -> None:
        now = time.monotonic()
        if now - self._shown >= self._every_s:
            self._shown = now
            rate = count / (now - self._began)
            self._show(f"{count:,} items, at {event_time:%Y-%m-%d %H:%M}, {rate:,.0f}/s")


@contextmanager
def watching(file: NewsFile) -> Iterator[Reporter]:
    """A reporter for a file; the bar knows how much of it is read."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    if not console.is_terminal:
        yield Reporter(_line, _line, LINE_EVERY_S)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=file.size or None)

        def show(text: str) -> None:
            progress.update(task, description=text, completed=file.position())

        yield Reporter(console.print, show, BAR_EVERY_S)


def _line(text: str) -> None:
    sys.stderr.write(f"{text}\n")
