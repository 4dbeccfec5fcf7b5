"""Around a run: its lock and claim, how far it is, and what becomes of its failures."""

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bearometer_retrainer.gate import Candidate
from bearometer_retrainer.lesson import Lesson, Recipe
from bearometer_shared.clock import Clock
from bearometer_shared.errors import ArtifactError, BearometerError, CancelledError, FencedError
from bearometer_shared.inference.store import Store
from bearometer_shared.storage import claims
from bearometer_shared.storage.claims import Claim
from bearometer_shared.storage.session import is_outage, retrying, transaction
from bearometer_training.data import Row

if TYPE_CHECKING:
    from bearometer_training.train import Progress  # torch, which only a run that trains should load

log = structlog.get_logger()
EVERY_S = 1.0


@contextmanager
def taken(desk: "Desk", run_id: int) -> Iterator[Claim | None]:
    """The run's claim, or None. The lock lives as long as this connection, so it dies with the worker."""
    with desk.database.connect() as keeper:
        keeper = keeper.execution_options(isolation_level="AUTOCOMMIT")
        keeper.detach()  # closed for good at the end, not kept in the pool with the lock
        yield claims.take(keeper, run_id, desk.clock.now()) if claims.hold(keeper, run_id) else None


@contextmanager
def failures_kept(desk: "Desk", claimed: Claim) -> Iterator[None]:
    """Stores why a run failed, in one line. An outage is no failure: the run is found without a worker and queued."""
    try:
        yield
    except FencedError as error:
        log.warning("run taken over by another worker", run=claimed.id, reason=str(error))
    except CancelledError:
        log.info("run cancelled; its labels stay fresh", run=claimed.id)
    except Exception as error:
        if is_outage(error):
            log.warning("postgres is away; the run will be taken up again", run=claimed.id)
            return
        line = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        log.error("run failed", run=claimed.id, reason=line)
        retrying(lambda: _fail(desk, claimed, line), desk.clock)
        if not isinstance(error, (BearometerError, OSError)):  # a full disk is no bug
            raise


@contextmanager
def scratch(folder: Path, key: str) -> Iterator[Path]:
    """The folder `key` of a run's `folder`, which is gone once the run has ended.

    An attempt that was killed, or lost its database, leaves its checkpoint there. The next one finds it under the same
    key; what lies under another key goes.
    """
    for other in folder.glob("*"):
        if other.name != key:
            shutil.rmtree(other, ignore_errors=True)
    (folder / key).mkdir(parents=True, exist_ok=True)
    try:
        yield folder / key
    except Exception as error:
        if not isinstance(error, FencedError) and not is_outage(error):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


class Reporter:
    """Stores how far a run is, at most once a second. An outage only leaves gaps; a lost claim raises FencedError,
    a cancelled run CancelledError."""

    def __init__(self, desk: "Desk", claimed: Claim) -> None:
        self._desk, self._claimed, self._due = desk, claimed, 0.0

    def stage(self, name: str) -> None:
        """A new stage of the run begins."""
        log.info("run", run=self._claimed.id, stage=name)
        self._write({"stage": name})

    def __call__(self, progress: "Progress") -> None:
        """A training step is done. Raises ArtifactError where the loss is no number any more."""
        if not math.isfinite(progress.loss):
            raise ArtifactError(f"training diverged: the loss at step {progress.step} is {progress.loss}")
        if time.monotonic() >= self._due or progress.step == progress.steps:
            self._write({"stage": "training", **asdict(progress)})

    def _write(self, figures: dict[str, Any]) -> None:
        self._due = time.monotonic() + EVERY_S
        try:
            with transaction(self._desk.database) as connection:
                claims.progress(connection, self._claimed, figures)
        except DBAPIError as error:
            if not is_outage(error):
                raise
            log.warning("postgres is away; training goes on", run=self._claimed.id)


Teach = Callable[[Path, Path, Lesson, Recipe, Reporter], Candidate]
Shadow = Callable[[Engine, Path, Path, datetime], dict[str, Any]]
Ensemble = Callable[[Sequence[Path], Sequence[str], float], list[Row]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a run works with. `folder` is scratch space of this machine; `teach` makes the candidate, `shadow` shows it
    the newest items beside the champion, `ensemble` labels texts where versions agree, if that is wanted.
    """

    database: Engine
    store: Store
    clock: Clock
    folder: Path
    teach: Teach
    shadow: Shadow
    ensemble: Ensemble | None = None


def _fail(desk: "Desk", claimed: Claim, line: str) -> None:
    with transaction(desk.database) as connection:
        claims.fail(connection, claimed, line, desk.clock.now())
