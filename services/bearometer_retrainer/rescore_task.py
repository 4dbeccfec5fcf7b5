"""A worker's part of a stored day that another model is to score."""

import time

import structlog
from sqlalchemy import Engine as Database

from bearometer_shared.errors import BearometerError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.store import Store
from bearometer_shared.rescoring import rescore
from bearometer_shared.settings import Settings
from bearometer_shared.storage import models, rescores
from bearometer_shared.storage.rescores import Day
from bearometer_shared.storage.session import is_outage, transaction

log = structlog.get_logger()
SLICE_S = 10.0  # the queue's other tasks wait no longer


def work(database: Database, settings: Settings, day: Day) -> None:
    """Scores for a slice of time. A failure is stored with the day, which is asked for again by name."""
    try:
        with transaction(database) as connection:
            row = models.get(connection, day.version)
        engine = Engine.load(Store(settings).fetch(row["location"] if row else day.version), threads=1, device="cpu")
        engine.check()
        until = time.monotonic() + SLICE_S
        if rescore(database, engine, day, lambda _: None, lambda: time.monotonic() > until):
            log.info("day re-scored", version=day.version, stream=day.stream, day=str(day.day))
    except Exception as error:
        if is_outage(error):
            raise
        line = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        log.error("a day cannot be re-scored", version=day.version, day=str(day.day), reason=line)
        with transaction(database) as connection:
            rescores.finish(connection, day, "failed", line)
        if not isinstance(error, BearometerError):
            raise
