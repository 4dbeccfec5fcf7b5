"""The model that serves now, and the one that will: loaded beside it, switched between two batches."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import structlog
from sqlalchemy import Engine as Database

from bearometer_scorer import memory, metrics
from bearometer_shared.clock import Clock
from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.storage import models
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import is_outage, transaction

log = structlog.get_logger()
Load = Callable[[Champion], Engine]


@dataclass
class Serving:
    """Follows the champion pointer. `load` verifies, loads, warms and checks, or raises what is wrong.

    `rebase` is called with what was loaded while the old model serves on. Then `look` waits for `patience_s` at most
    until a loop in another thread has switched, so that it is told at once who serves.
    """

    database: Database
    load: Load
    clock: Clock
    rebase: Callable[[Engine], None] = lambda _: None
    patience_s: float = 0.0

    def __post_init__(self) -> None:
        self.instance = f"{socket.gethostname()}-{uuid4().hex[:8]}"
        self._lock, self._switched = threading.Lock(), threading.Event()
        self._engine: Engine | None = None
        self._next: Engine | None = None
        self._refused = ""
        self._left_over = False

    def current(self) -> Engine:
        """The engine for the next batch. This is the only place where models are switched."""
        with self._lock:
            if self._next is not None:
                self._left_over = self._engine is not None
                self._engine, self._next = self._next, None
                self._switched.set()
                metrics.SWAPS.inc()
                metrics.SERVING.clear()
                metrics.SERVING.labels(self._engine.version).set(1)
                log.info("model serves", version=self._engine.version)
        if self._engine is None:
            raise ArtifactError("no model is loaded yet")
        return self._engine

    @property
    def ready(self) -> bool:
        return self._engine is not None or self._next is not None

    def look(self) -> None:
        """Follows the pointer once: loads what it names, reports what serves. Called each second, off the loop."""
        with transaction(self.database) as connection:
            champion = models.champion(connection)
        error = self._follow(champion) if champion else ""
        self._tidy()
        with self._lock:
            version = self._engine.version if self._engine else ""
        if version:
            with transaction(self.database) as connection:
                models.report_server(connection, self.instance, version, error, self.clock.now())

    def _tidy(self) -> None:
        """After a swap. The loop asked for the new model, so it holds the old one no longer."""
        with self._lock:
            left_over, self._left_over = self._left_over, False
        if left_over:
            memory.give_back()

    def _follow(self, champion: Champion) -> str:
        with self._lock:
            newest = self._next or self._engine
        if newest and newest.version == champion.version:
            return ""
        try:
            engine = self.load(champion)
        except Exception as error:  # whatever a runtime raises: the old model goes on, and so does this thread
            if is_outage(error):
                raise
            if str(error) != self._refused:
                log.error(
                    "cannot load the champion; the old model goes on", version=champion.version, reason=str(error)
                )
            self._refused = str(error)
            return str(error) or type(error).__name__
        if newest:
            self.rebase(engine)
        with self._lock:
            self._next = engine
            self._switched.clear()
        self._refused = ""
        if newest:
            self._switched.wait(self.patience_s)
        return ""
