"""How fast a file's own time passes."""

from datetime import datetime, timedelta

from bearometer_shared.clock import Clock
from bearometer_shared.errors import UserError


def speed(text: str) -> float | None:
    """Seconds of the file's time in one second, from `60x` or `60`; None for `max`. Raises UserError."""
    if text == "max":
        return None
    try:
        factor = float(text.removesuffix("x"))
    except ValueError:
        factor = 0
    if not 0 < factor < 1e9:
        raise UserError(f"--speed {text}: a number like 60x, or max")
    return factor


class Pace:
    """Event time against the clock on the wall, from the first event on."""

    def __init__(self, factor: float | None, clock: Clock) -> None:
        self._factor, self._clock = factor, clock
        self._began: tuple[datetime, datetime] | None = None

    def left(self, event_time: datetime) -> float:
        """Seconds to wait until it is time for an event; the first is due at once."""
        if self._factor is None:
            return 0
        now = self._clock.now()
        first, began = self._began = self._began or (event_time, now)
        return (event_time - first).total_seconds() / self._factor - (now - began).total_seconds()

    def reached(self) -> datetime:
        """The event time that it is now. Only between two events of a paced replay."""
        assert self._began and self._factor  # noqa: S101 - for the type checker: `left` has been asked
        first, began = self._began
        return first + timedelta(seconds=(self._clock.now() - began).total_seconds() * self._factor)
