"""The retrainer's processes: `bearometer-retrainer worker-gpu | worker-default | beat`."""

import argparse
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from bearometer_shared import service
from bearometer_shared.settings import Settings

NICENESS = 10  # training waits where scoring needs the processor


def main() -> None:
    service.run("retrainer", work)


def work(settings: Settings) -> None:
    """Runs the role that the command line names until it is told to stop."""
    parser = argparse.ArgumentParser(prog="bearometer-retrainer", description="Retrains the model on fresh labels.")
    parser.add_argument("role", choices=ROLES, help="training; the short periodic tasks; their schedule")
    role: str = parser.parse_args().role
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")  # a stop must not wait for training; read when celery loads
    from bearometer_retrainer import queues

    app = queues.build(settings)
    service.serve_health(settings, lambda: _unready(app))
    structlog.get_logger().info("starts", role=role, broker=app.connection().as_uri(), store=settings.artifact_store)
    ROLES[role](app)


def _worker_gpu(app: Any) -> None:
    """One run at a time, in a process of its own that can be killed at the time limit."""
    os.nice(NICENESS)
    _worker(app, "gpu", pool="prefork")


def _worker_default(app: Any) -> None:
    """Short tasks, in this very process."""
    _worker(app, "default", pool="solo")


def _beat(app: Any) -> None:
    Path(app.conf.beat_schedule_filename).parent.mkdir(parents=True, exist_ok=True)
    app.Beat(quiet=True, loglevel="WARNING").run()


def _worker(app: Any, queue: str, pool: str) -> None:
    """Gossip and events are for many workers that watch each other; ours meet in Postgres."""
    quiet = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True, "quiet": True}
    name = f"{queue}@{socket.gethostname()}"
    app.Worker(queues=[queue], pool=pool, concurrency=1, hostname=name, loglevel="WARNING", **quiet).start()


def _unready(app: Any) -> str:
    try:
        with app.connection() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
    except Exception as error:  # kombu passes on whatever its transports raise
        return f"no broker: {error}"
    return ""


ROLES: dict[str, Callable[[Any], None]] = {"worker-gpu": _worker_gpu, "worker-default": _worker_default, "beat": _beat}
