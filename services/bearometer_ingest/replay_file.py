"""The `replay` command's work: opens the file, connects, and sums up."""

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bearometer_ingest.connection import connect
from bearometer_ingest.delivery import Delivery
from bearometer_ingest.pace import Pace, speed
from bearometer_ingest.progress import watching
from bearometer_ingest.replay import Counts, Replay
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.lines import opened
from bearometer_shared.logs import configure
from bearometer_shared.service import Stopping
from bearometer_shared.settings import settings
from bearometer_shared.wire import StreamName

LIVE = "live"


@dataclass(frozen=True)
class Outcome:
    """What a replay came to."""

    stream: str
    counts: Counts
    seconds: float

    @property
    def sent(self) -> int:
        return self.counts.sent

    @property
    def bad(self) -> int:
        return self.counts.bad

    def facts(self) -> dict[str, Any]:
        return {
            "stream": self.stream,
            "sent": self.sent,
            "bad": self.bad,
            "first": _iso(self.counts.first),
            "newest": _iso(self.counts.newest),
            "seconds": round(self.seconds, 3),
            "rate": round(self.sent / self.seconds, 1),
        }

    def line(self) -> str:
        facts = self.facts()
        span = f", from {facts['first']} to {facts['newest']}" if self.sent else ""
        return f"{self.stream}: {self.sent} items sent, {self.bad} bad lines{span} ({facts['rate']:.0f}/s)"


def replay_file(name: str, stream: str, wanted_speed: str, limit: int | None) -> Outcome:
    """Sends a file into a stream. Raises UserError for a wrong name, speed or file."""
    _check(stream)
    factor, configuration, clock = speed(wanted_speed), settings(), SystemClock()
    configure(configuration, "replay")
    began = time.monotonic()
    delivery = Delivery(lambda: connect(configuration), Stopping().wait)
    with opened(name) as file, closing(delivery), watching(file) as watcher:
        replay = Replay(delivery, stream, Pace(factor, clock), clock, configuration.max_item_bytes)
        counts = replay.run(file.lines(), watcher, limit)
    return Outcome(stream, counts, time.monotonic() - began)


def _check(stream: str) -> None:
    """The live stream's clock follows the wall; a replay's ticks would stop it."""
    if stream == LIVE:
        raise UserError("--stream live is the stream of what happens now: name another, such as history")
    try:
        TypeAdapter(StreamName).validate_python(stream)
    except ValidationError as error:
        raise UserError(f"--stream {stream!r}: letters, digits, . _ and -, at most 63") from error


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
