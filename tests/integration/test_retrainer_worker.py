"""The real thing: Celery over a real Valkey. Worker, beat and Valkey are killed in the middle of a run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import small_artifact
from learning_desk import NOW
from pydantic import SecretStr
from sqlalchemy import Engine, text

from bearometer_cli.servers import valkey
from bearometer_cli.servers.server import Server
from bearometer_shared.inference import artifact
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import Settings
from bearometer_shared.storage import labels, models, runs
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.session import connect, transaction

COMMAND = str(Path(sys.executable).with_name("bearometer-retrainer"))
QUICK = {"epochs": 1, "replay": 0.0, "replay_least": 24, "oversample": 1}
LONG = {**QUICK, "epochs": 8, "batch": 4, "checkpoint_steps": 5}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[list[Server]]:
    """A Valkey of the test's own; the last of the list is the one that runs."""
    servers = [valkey.start(tmp_path, preferred=0)]
    yield servers
    servers[-1].stop()


@pytest.fixture
def given(postgres_url: str, broker: list[Server], tmp_path: Path) -> Settings:
    url = SecretStr(broker[0].address)
    return Settings(home=tmp_path / "home", database_url=SecretStr(postgres_url), redis_url=url)


@pytest.fixture
def database(given: Settings) -> Iterator[Engine]:
    engine = connect(given)
    yield engine
    engine.dispose()


@contextmanager
def running(given: Settings, role: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    own = {
        "BEAROMETER_HOME": str(given.home),
        "BEAROMETER_DATABASE_URL": given.database_url.get_secret_value(),
        "BEAROMETER_REDIS_URL": given.redis_url.get_secret_value(),
        "OMP_NUM_THREADS": "1",
    }
    with (
        log.open("ab") as out,
        subprocess.Popen([COMMAND, role], env={**os.environ, **own}, cwd=log.parent, stdout=out, stderr=out) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def until(found: Callable[[], Any], log: Path, seconds: float = 240) -> Any:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    return value


def begin(given: Settings, database: Engine, recipe: dict[str, Any]) -> int:
    """The small champion, labels that correct it, and a run that must promote."""
    manifest = artifact.read_manifest(small_artifact.folder())
    location = Store(given).put(small_artifact.folder(), manifest.version)
    with transaction(database) as connection:
        models.register(connection, manifest, location)
        models.promote(connection, manifest.version, actor="test", reason="first", at=NOW)
        rows = [NewLabel(f"{row.text} again", row.sentiment, row.topic, "ana") for row in small_artifact.ROWS]
        labels.add(connection, rows, NOW)
        run_id = runs.queue(connection, trigger="test", at=NOW, force="the test must see it", recipe=recipe)
    assert run_id is not None
    return run_id


def lose(servers: list[Server], home: Path) -> None:
    """The broker dies with all that it held, and another one comes on its address."""
    servers[-1].child.kill()
    for kept in (home / "valkey").glob("*append*"):
        shutil.rmtree(kept, ignore_errors=True)
    servers.append(valkey.start(home, preferred=0))


@pytest.mark.timeout(600)
def test_a_run_whose_worker_beat_and_broker_are_killed_is_taken_up_again_and_promotes_once(
    given: Settings, database: Engine, broker: list[Server], tmp_path: Path
) -> None:
    run_id, log = begin(given, database, QUICK), tmp_path / "log"

    def row() -> dict[str, Any]:
        with transaction(database) as connection:
            return runs.get(connection, run_id) or {}

    with running(given, "worker-default", log):
        with running(given, "beat", log) as beat, running(given, "worker-gpu", log) as worker:
            until(lambda: row()["progress"].get("stage") in ("training", "exporting"), log)
            for killed in (worker, beat):
                killed.send_signal(signal.SIGKILL)
        lose(broker, tmp_path)
        assert row()["state"] == "running"
        with running(given, "beat", log), running(given, "beat", log), running(given, "worker-gpu", log):
            until(lambda: row()["state"] in ("done", "failed"), log)
    assert (row()["state"], row()["error"], row()["attempts"]) == ("done", None, 2), log.read_text()
    with transaction(database) as connection:
        champion = models.champion(connection)
        promoted = connection.execute(text("SELECT count(*) FROM promotions WHERE run_id > 0")).scalar()
        assert labels.stats(connection)["fresh"] == 0
    assert promoted == 1
    assert champion and champion.version == row()["model_version"]
    found = artifact.verify(Store(given).fetch(champion.location))
    assert found.parent == artifact.read_manifest(small_artifact.folder()).version
    assert found.marks_figures  # it reads as its parent does
    assert found.metrics["golden"]["sentiment"]["n"] > 200
    assert not list((given.home / "retrainer").iterdir())
    assert "Traceback" not in log.read_text()


@pytest.mark.timeout(600)
def test_a_run_that_is_broken_off_goes_on_from_its_checkpoint(
    given: Settings, database: Engine, tmp_path: Path
) -> None:
    """And only a death counts as an attempt: a worker that is told to stop has done nothing wrong."""
    run_id, log = begin(given, database, LONG), tmp_path / "log"
    checkpoints = given.home / "retrainer" / f"run-{run_id}"

    def row() -> dict[str, Any]:
        with transaction(database) as connection:
            return runs.get(connection, run_id) or {}

    def step() -> int:
        return int(row()["progress"].get("step", 0))

    def broken_off(worker: subprocess.Popen[bytes], by: signal.Signals) -> tuple[int, int]:
        """The step that is kept, and whose run it was."""
        worker.send_signal(by)
        worker.wait(30)
        kept = [json.loads(file.read_text())["step"] for file in checkpoints.glob("*/training/checkpoint*/step.json")]
        return max(kept), row()["token"]

    def taken_up(token: int) -> int:
        """The first step that the next worker tells."""
        until(lambda: row()["token"] > token, log)
        until(lambda: row()["progress"]["stage"] == "loading", log)
        return int(until(step, log))

    with running(given, "worker-default", log), running(given, "beat", log):
        with running(given, "worker-gpu", log) as worker:
            until(lambda: step() >= 30, log)
            kept, token = broken_off(worker, signal.SIGTERM)
        assert kept >= 25
        with running(given, "worker-gpu", log) as worker:
            assert taken_up(token) > kept
            assert row()["attempts"] == 1
            until(lambda: step() >= kept + 10, log)
            kept, token = broken_off(worker, signal.SIGKILL)
        assert kept >= 35
        with running(given, "worker-gpu", log):
            assert taken_up(token) > kept
            until(lambda: row()["state"] in ("done", "failed"), log)
    assert (row()["state"], row()["error"], row()["attempts"]) == ("done", None, 2), log.read_text()
    assert not checkpoints.exists()
