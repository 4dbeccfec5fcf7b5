"""The alert service: trends -> spikes -> alerts -> notifications. One thread evaluates, each channel has one that
notifies, and one explains.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bearometer_alerts import words
from bearometer_alerts.channels import Configured, configured
from bearometer_alerts.evaluate import Evaluator
from bearometer_alerts.notify import Notifier
from bearometer_alerts.wake import Waker
from bearometer_shared.clock import SystemClock
from bearometer_shared.service import Stopping, run, serve_health
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect, retrying

log = structlog.get_logger()
GRACE_S = 2.0
OTHERS = 5  # connections beside one a channel, which a channel that hangs keeps for as long


class StoppableClock(SystemClock):
    """The machine's clock; a sleep ends with a stop."""

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping

    def sleep(self, seconds: float) -> None:
        self._stopping.wait(seconds)


def work(settings: Settings) -> None:
    serve(settings, configured(settings), Stopping().on_signals())


def serve(settings: Settings, channels: Sequence[Configured], stopping: Stopping) -> None:
    """Evaluates and notifies until stopping. A bug in a notifier stops the service and is raised."""
    database, clock = connect(settings, pool=OTHERS + len(channels)), StoppableClock(stopping)
    names = [one.channel.name for one in channels]
    evaluator = Evaluator(settings, database, clock, names)
    serve_health(settings, lambda: "" if evaluator.connected else "postgres is away")
    log.info("alerts start", channels=names, lateness_s=settings.lateness_s)
    notifiers = [Notifier(database, one.channel, clock, settings.tick_s, one.subscription) for one in channels]
    explainer = words.Words(database, partial(words.load, settings))
    try:
        with _threads([*(one.follow for one in notifiers), explainer.follow], stopping), closing(evaluator):
            _evaluate(settings, evaluator, database, clock, stopping)
    finally:
        database.dispose()
    log.info("alerts have stopped")


def _evaluate(
    settings: Settings, evaluator: Evaluator, database: Engine, clock: StoppableClock, stopping: Stopping
) -> None:
    with closing(Waker(database)) as waker:
        while not stopping():
            try:
                more = retrying(evaluator.look, clock, stopping)
            except DBAPIError:
                if not stopping():
                    raise
                return  # stopped during an outage
            if not more:
                waker.wait(settings.tick_s, stopping)


@contextmanager
def _threads(works: Sequence[Callable[[Stopping], None]], stopping: Stopping) -> Iterator[None]:
    """Runs works beside the body. What one of them raises stops all, and is raised at the end.

    They are waited for only a moment: a notification that is cut off is sent again with the same id.
    """
    failures: list[BaseException] = []

    def watched(work: Callable[[Stopping], None]) -> None:
        try:
            work(stopping)
        except BaseException as error:
            failures.append(error)
            stopping.set()

    threads = [threading.Thread(target=watched, args=(work,), daemon=True, name="beside") for work in works]
    for thread in threads:
        thread.start()
    yield
    stopping.set()
    for thread in threads:
        thread.join(GRACE_S)
    if failures:
        raise failures[0]


def main() -> None:
    """Console command `bearometer-alerts`."""
    run("alerts", work)
