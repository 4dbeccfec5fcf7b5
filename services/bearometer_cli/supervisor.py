"""Keeps children running: one that ends is started again, after a pause that grows while it keeps ending."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bearometer_cli.console import warn
from bearometer_cli.servers.child import Child
from bearometer_shared.errors import BearometerError

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a child that ran for so long starts again with the first pause


@dataclass
class Watched:
    """A child and how to start it again."""

    start: Callable[[], Child]
    child: Child
    started_at: float
    pause_s: float = FIRST_PAUSE_S
    due: float | None = None  # when to start it again; None while it runs

    def look(self, now: float) -> None:
        """One look: notes an end, or starts the child again when its pause is over."""
        if self.due is None and not self.child.running():
            self._ended(now)
        elif self.due is not None and now >= self.due:
            self._again(now)

    def _ended(self, now: float) -> None:
        if now - self.started_at >= STEADY_S:
            self.pause_s = FIRST_PAUSE_S
        self._wait(now, f"ended with {self.child.process.returncode}")

    def _again(self, now: float) -> None:
        try:
            self.child = self.start()
        except (BearometerError, OSError) as error:
            self._wait(now, f"could not start: {error}")
        else:
            self.started_at, self.due = now, None

    def _wait(self, now: float, what: str) -> None:
        warn(self.child.name, f"{what}; starting it again in {self.pause_s:.0f} s (log: {self.child.log})")
        self.due = now + self.pause_s
        self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)


def watched(start: Callable[[], Child]) -> Watched:
    """Starts a child that will be looked after."""
    return Watched(start, start(), time.monotonic())


def stop_together(children: Sequence[Child], grace_s: float) -> None:
    """Asks all at once, then waits for each; who has not ended by then is killed."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + grace_s
    for child in children:
        child.stop(max(0.1, deadline - time.monotonic()))
