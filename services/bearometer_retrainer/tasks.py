"""What the workers do. Bodies are short: the edge opens the transaction, the work is elsewhere."""

from collections.abc import Callable
from datetime import date
from functools import cache, wraps
from typing import ParamSpec

import structlog
from celery import shared_task, signals
from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bearometer_retrainer import outages, pruning, queues, schedule
from bearometer_retrainer.attempt import Desk
from bearometer_retrainer.run import run as decide
from bearometer_shared import logs
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import settings
from bearometer_shared.storage import claims, rescores, retention, runs
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.rescores import Day
from bearometer_shared.storage.session import connect, is_outage, transaction

Arguments = ParamSpec("Arguments")
log = structlog.get_logger()


@signals.setup_logging.connect  # type: ignore[untyped-decorator]  # celery ships no types
def configure_logs(**_: object) -> None:
    """Our logs instead of Celery's, in a worker and in the processes that it spawns."""
    logs.configure(settings(), "retrainer")
    outages.shorten()


def outage_is_delay(body: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A server that is away is a log line: the schedule repeats each task, and every task finds its work in rows."""

    @wraps(body)
    def tolerant(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            body(*args, **kwargs)
        except (DBAPIError, BrokerAway) as error:
            if not isinstance(error, BrokerAway) and not is_outage(error):
                raise
            log.warning("a server is away; later again", task=body.__name__, reason=str(error).splitlines()[0])

    return tolerant


@shared_task(name=queues.RUN)  # type: ignore[untyped-decorator]  # celery ships no types
@outage_is_delay
def run(run_id: int) -> None:
    """Decides one run, on queue `gpu`."""
    from bearometer_retrainer import (
        learning,
        pseudo,
        shadow,
    )  # loads the model runtime, which the default worker never needs

    configuration = settings()
    folder = configuration.home.absolute() / "retrainer"
    ensemble = pseudo.of_folders if configuration.pseudo_labels else None
    work = (learning.teach, shadow.compare, ensemble)
    decide(Desk(_database(), Store(configuration), SystemClock(), folder, *work), run_id)


@shared_task(name=queues.DISPATCH)  # type: ignore[untyped-decorator]  # celery ships no types
@outage_is_delay
def dispatch() -> None:
    """Tells a worker of each queued run and day; runs whose worker died are queued again first."""
    now = SystemClock().now()
    with transaction(_database()) as connection:
        for dead in claims.requeue_dead(connection, now):
            log.warning("a run's worker died; queued again", run=dead)
        unsent = runs.take_unsent(connection, now)
        days = rescores.take_unsent(connection, now)
    for run_id in unsent:
        run.apply_async((run_id,), expires=runs.RESEND_AFTER.total_seconds())
    for day in days:
        rescore_day.apply_async((day.version, day.stream, str(day.day)), expires=rescores.RESEND_AFTER.total_seconds())


@shared_task(name=queues.RESCORE)  # type: ignore[untyped-decorator]  # celery ships no types
@outage_is_delay
def rescore_day(version: str, stream: str, day: str) -> None:
    """Scores a stored day with a version for some seconds; what is left of it then comes round again."""
    from bearometer_retrainer import rescore_task  # loads the model runtime, which nothing else here needs

    rescore_task.work(_database(), settings(), Day(version, stream, date.fromisoformat(day)))


@shared_task(name=queues.CONSIDER)  # type: ignore[untyped-decorator]  # celery ships no types
@outage_is_delay
def consider() -> None:
    """Queues a run if one is due."""
    with transaction(_database()) as connection:
        queued = schedule.consider(connection, settings(), SystemClock().now())
    if queued:
        log.info("run queued", run=queued)


@shared_task(name=queues.DRIFT)  # type: ignore[untyped-decorator]  # celery ships no types
@outage_is_delay
def look_for_drift() -> None:
    """Tests each stream once a day; what drifts becomes a run where there are labels, see `schedule`."""
    from bearometer_retrainer import drift_watch  # numpy, and the model runtime where there is anything to test
    from bearometer_shared.inference.engine import Engine as Model

    def load(champion: Champion) -> Model:
        return Model.load(Store(settings()).fetch(champion.location), threads=1, device="cpu")

    if alarms := settings().drift_alarms:
        for row in drift_watch.look(_database(), load, alarms, SystemClock().now()):
            tell = log.warning if row["drifted"] else log.info
            tell("stream tested for drift", stream=row["stream"], day=str(row["day"]), reason=row["reason"])


@shared_task(name=queues.CLEAN)  # type: ignore[untyped-decorator]  # celery ships no types
@outage_is_delay
def clean() -> None:
    """Makes partitions ahead, drops what is past its time, and removes old models from the store."""
    with transaction(_database()) as connection:
        dropped = retention.clean(connection, SystemClock().now(), settings().retention_days)
    log.info("cleaned", dropped=dropped)
    try:
        pruned = pruning.prune(_database(), Store(settings()), settings().keep_models, SystemClock().now())
    except ArtifactError as error:
        log.warning("the artifact store is away; tomorrow again", reason=str(error))
    else:
        log.info("old models removed", versions=pruned)


@cache
def _database() -> Engine:
    return connect(settings(), pool=2)
