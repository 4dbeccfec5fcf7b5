"""How the scoring of a long history is going, on stderr; a bad line is told at once."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.status import Status

LINE_EVERY_S = 5.0


@dataclass
class Watcher:
    """`refused` counts the bad lines. Where there is a terminal, `status` is the line that moves."""

    status: Status | None
    refused: int = 0
    began: float = field(default_factory=time.monotonic)
    shown: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")

    def bad(self, text: str) -> None:
        self.refused += 1
        self.say(text)

    def scored(self, count: int) -> None:
        now = time.monotonic()
        text = f"{count:,} items scored, {count / (now - self.began):,.0f}/s"
        if self.status:
            self.status.update(text)
        elif now - self.shown >= LINE_EVERY_S:
            self.shown = now
            self.say(text)


@contextmanager
def watched(file: Path) -> Iterator[Watcher]:
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with console.status(f"reading {file}") if console.is_terminal else nullcontext() as status:
        yield Watcher(status)
