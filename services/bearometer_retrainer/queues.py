"""The Celery application: which queues there are, and how long work may take on them.

`gpu` carries training, one run at a time; `default` the short periodic tasks. Messages carry ids only, and losing one
costs a minute: what is to be done is in Postgres.
"""

from datetime import timedelta

from celery import Celery

from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings

RUN = "bearometer.run"
DISPATCH = "bearometer.dispatch"
CONSIDER = "bearometer.consider"
CLEAN = "bearometer.clean"
RESCORE = "bearometer.rescore"
DRIFT = "bearometer.drift"

HARD_LIMIT = timedelta(hours=4)
SOFT_LIMIT = HARD_LIMIT - timedelta(minutes=5)  # time to store why
# Shared by all workers of a Redis database, and the shortest wins: longer than any task may run, and our own prefix.
VISIBILITY = HARD_LIMIT * 2


def build(settings: Settings) -> Celery:
    """The application on the settings' broker. Raises UserError where none is set."""
    broker = settings.redis_url.get_secret_value()
    if not broker:
        raise UserError("BEAROMETER_REDIS_URL is not set; `bearometer up` starts a server of its own")
    app = Celery("bearometer", broker=broker, include=["bearometer_retrainer.tasks", "bearometer_retrainer.stopping"])
    app.conf.update(
        task_default_queue="default",
        task_routes={RUN: {"queue": "gpu"}},
        task_ignore_result=True,
        task_acks_late=True,
        task_time_limit=HARD_LIMIT.total_seconds(),
        task_soft_time_limit=SOFT_LIMIT.total_seconds(),
        worker_prefetch_multiplier=1,
        worker_pool_start_method="spawn",  # time limits work, and CUDA allows no fork
        worker_max_tasks_per_child=1,  # a run's memory goes back to the machine
        worker_soft_shutdown_timeout=1.0,  # a stopped run is taken up again from its row
        worker_enable_remote_control=False,
        broker_transport_options={
            "visibility_timeout": int(VISIBILITY.total_seconds()),
            "global_keyprefix": "bearometer:",
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        beat_schedule={
            "dispatch": _every(DISPATCH, timedelta(seconds=3)),
            "consider": _every(CONSIDER, timedelta(seconds=30)),
            "drift": _every(DRIFT, timedelta(minutes=15)),
            "clean": _every(CLEAN, timedelta(days=1)),
        },
        beat_schedule_filename=str(settings.home.absolute() / "beat" / "schedule"),
    )
    return app


def _every(task: str, interval: timedelta) -> dict[str, object]:
    """A periodic task; a message that nobody took within its interval is superseded by the next."""
    return {"task": task, "schedule": interval, "options": {"expires": interval.total_seconds()}}
