"""Before a new version serves it tells recent history, so that alert baselines do not take it for a change of news.

One scorer does it, the others wait for its word. When time is up the swap goes on and the baselines are carried over.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine as Database

from bearometer_shared.clock import Clock
from bearometer_shared.rescoring import Scoring, portion
from bearometer_shared.storage import rebases, restated
from bearometer_shared.storage.rebases import Swap
from bearometer_shared.storage.session import transaction

log = structlog.get_logger()
HISTORY = timedelta(days=7)  # by arrival
MOST = 20_000  # items, the newest
LIMIT_S = 60.0
AGAIN_S = 2.0  # a version that has served before: somebody waits for a rollback, and most of history is its own
PORTION = 64  # items between two looks at the clock: a busy core needs a second for them


@dataclass(frozen=True, slots=True)
class Rebase:
    """Tells the history of the days before a swap with the version that is to serve."""

    database: Database
    clock: Clock

    def __call__(self, engine: Scoring) -> None:
        """Returns when the version may serve."""
        began = time.monotonic()
        while (swap := self._open(engine.version)) and time.monotonic() - began < _limit(swap):
            with rebases.held(self.database, swap.promotion) as ours:
                if ours:
                    self._tell(engine, swap)
                    return
            self.clock.sleep(0.2)

    def _open(self, version: str) -> Swap | None:
        with transaction(self.database) as connection:
            swap = rebases.swap(connection, version)
        return swap if swap and not swap.told else None

    def _tell(self, engine: Scoring, swap: Swap) -> None:
        """Items that arrive meanwhile are told in a second pass; the few of that pass stay as they were."""
        began, done, missing = time.monotonic(), 0, 0
        for _ in range(2):
            with transaction(self.database) as connection:
                items = restated.recent_unsaid(connection, swap.version, (self.clock.now() - HISTORY).date(), MOST)
            for start in range(0, len(items), PORTION):
                if time.monotonic() - began > _limit(swap):
                    missing = len(items) - start
                    break
                done += portion(self.database, engine, items[start : start + PORTION])
        seconds = time.monotonic() - began
        with transaction(self.database) as connection:
            rebases.record(
                connection, swap, items=done, missing=missing, seconds=round(seconds, 3), at=self.clock.now()
            )
        if missing:
            log.warning("no time to re-base: alert baselines are carried over", version=swap.version, missing=missing)
        else:
            log.info("history is told", version=swap.version, items=done, seconds=round(seconds, 1))


def _limit(swap: Swap) -> float:
    return AGAIN_S if swap.again else LIMIT_S
