"""What a person sees: one line a thing, and a spinner beside it where there is a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

console = Console(highlight=False, soft_wrap=True)


@dataclass
class Outcome:
    """What a step came to, for the end of its line."""

    text: str = ""


def say(title: str, text: str = "", style: str = "green") -> None:
    """One line: a short title, and what there is to say of it."""
    console.print(Text.assemble((f"{title:<25}", style), text) if text else Text(title))


def warn(title: str, text: str) -> None:
    say(title, text, style="yellow")


@contextmanager
def step(title: str) -> Iterator[Outcome]:
    """A spinner while the body runs, and its line with the seconds that it took."""
    started, outcome = time.monotonic(), Outcome()
    with console.status(f"{title} ...") if console.is_terminal else nullcontext():
        yield outcome
    say(title, f"{outcome.text} ({time.monotonic() - started:.1f} s)".strip())
