"""Whatever is killed on the way to a promotion, one champion serves and none is promoted twice.

A worker, beat and Redis: test_retrainer_worker. A flipped byte: tests/contract/test_store and test_scorer_swap. NaN
weights: tests/unit/test_training_artifact and test_retrainer_run.
"""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from learning_desk import Teacher, add_labels, desk, queued
from lexicon import LexiconEngine
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from bearometer_cli.servers import postgres
from bearometer_retrainer import run as running
from bearometer_scorer.rebase import Rebase
from bearometer_scorer.serving import Serving
from bearometer_shared.clock import SystemClock
from bearometer_shared.inference import store
from bearometer_shared.settings import Settings
from bearometer_shared.storage import claims, labels, models, runs
from bearometer_shared.storage.migrations import migrate
from bearometer_shared.storage.session import connect, transaction

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
LOADS_FOREVER = """
import time
from bearometer_scorer.serving import Serving
from bearometer_shared.clock import SystemClock
from bearometer_shared.settings import settings
from bearometer_shared.storage.session import connect
from lexicon import LexiconEngine

def load(champion):
    if champion.version == "shipped":
        return LexiconEngine("shipped")
    print("loads", flush=True)
    time.sleep(600)

serving = Serving(connect(settings()), load, SystemClock())
serving.look(), serving.current(), serving.look()
print("serves", flush=True)
while True:
    serving.look()
"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


def read(database: Engine, query: Callable[[Connection], Any]) -> Any:
    with transaction(database) as connection:
        return query(connection)


def moves(database: Engine) -> list[str]:
    """What was promoted, oldest first; the last one is the champion."""
    return list(read(database, lambda c: c.execute(text("SELECT version FROM promotions ORDER BY id")).scalars().all()))


def test_a_postgres_that_is_killed_in_the_promotion_promotes_once_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the pointer has moved and before the commit: the transaction is gone, and done again."""
    tmp_path.chmod(0o755)
    servers = [postgres.start(tmp_path, preferred=0)]
    engine, finish = connect(Settings(database_url=SecretStr(servers[0].address))), claims.finish

    def finish_and_die(connection: Connection, *given: Any, **named: Any) -> None:
        finish(connection, *given, **named)
        if len(servers) == 1:
            servers[0].child.kill()
            servers.append(postgres.start(tmp_path, preferred=0))

    try:
        migrate(engine)
        add_labels(engine, 100)
        run_id = queued(engine)
        monkeypatch.setattr(claims, "finish", finish_and_die)
        running.run(desk(engine, tmp_path / "desk", Teacher()), run_id)
        assert len(servers) == 2, "it was killed"
        assert moves(engine) == ["shipped", "candidate"]
        assert read(engine, lambda c: runs.get(c, run_id))["state"] == "done"
        assert read(engine, labels.stats)["fresh"] == 0
    finally:
        engine.dispose()
        servers[-1].stop()


def test_a_commit_whose_answer_is_lost_promotes_once(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker cannot know that it was heard; its second attempt finds that the run is not its own any more."""
    lost = [True]

    @contextmanager
    def unheard(engine: Engine) -> Iterator[Connection]:
        with transaction(engine) as connection:
            yield connection
        if lost and len(moves(database)) > 1:
            lost.clear()
            raise OperationalError("COMMIT", None, Exception("server closed the connection unexpectedly"))

    add_labels(database, 100)
    run_id = queued(database)
    at = desk(database, tmp_path, Teacher())
    monkeypatch.setattr(running, "transaction", unheard)
    running.run(at, run_id)
    assert not lost
    assert moves(database) == ["shipped", "candidate"]
    row = read(database, lambda c: runs.get(c, run_id))
    assert (row["state"], row["error"]) == ("done", None)


def test_a_full_disk_fails_the_run_in_a_line_and_the_next_one_promotes(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_labels(database, 100)
    at, run_id = desk(database, tmp_path, Teacher()), queued(database)

    def half(source: str, target: Path) -> None:
        Path(target).write_bytes(Path(source).read_bytes()[:7])
        raise FULL

    with monkeypatch.context() as patch:
        patch.setattr(store.shutil, "copyfile", half)
        running.run(at, run_id)
    row = read(database, lambda c: runs.get(c, run_id))
    assert row["state"] == "failed"
    assert "candidate: cannot be stored in" in row["error"] and "No space left on device" in row["error"]
    assert moves(database) == ["shipped"]
    assert read(database, labels.stats)["fresh"] == 100
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["shipped"], "no half of an artifact is left"
    running.run(at, queued(database))
    assert moves(database) == ["shipped", "candidate"]


def test_a_disk_that_fills_up_while_a_run_trains_is_no_bug(database: Engine, tmp_path: Path) -> None:
    def fill() -> None:
        raise FULL

    add_labels(database, 100)
    run_id = queued(database)
    running.run(desk(database, tmp_path, Teacher(meanwhile=fill)), run_id)
    row = read(database, lambda c: runs.get(c, run_id))
    assert (row["state"], row["error"]) == ("failed", "OSError: [Errno 28] No space left on device")
    assert moves(database) == ["shipped"]
    assert not list((tmp_path / "scratch").iterdir()), "what it had written makes room"


def test_a_flipped_byte_keeps_the_old_model_and_a_repaired_artifact_serves(database: Engine, tmp_path: Path) -> None:
    """The scorer verifies what the pointer names, each time anew."""
    add_labels(database, 100)
    at, run_id = desk(database, tmp_path, Teacher()), queued(database)
    serving = Serving(database, lambda c: LexiconEngine(at.store.fetch(c.location).name), SystemClock())  # type: ignore[arg-type,return-value]  # the lexicon has the engine's face
    serving.look()
    running.run(at, run_id)
    file = tmp_path / "models" / "candidate" / "delta.safetensors"
    whole = file.read_bytes()
    file.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    assert serving.current().version == "shipped"
    serving.look()
    assert serving.current().version == "shipped"
    (server,) = read(database, models.servers)
    assert "SHA-256 is not the manifest's" in server["error"]
    file.write_bytes(whole)
    serving.look()
    assert serving.current().version == "candidate"
    assert moves(database) == ["shipped", "candidate"]


def test_a_scorer_that_is_killed_while_it_loads_leaves_the_swap_to_another(
    database: Engine, postgres_url: str, tmp_path: Path
) -> None:
    at = desk(database, tmp_path, Teacher())
    own = {"BEAROMETER_DATABASE_URL": postgres_url, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", LOADS_FOREVER]
    with subprocess.Popen(command, env=os.environ | own, stdout=subprocess.PIPE, text=True) as scorer:
        assert scorer.stdout
        until(scorer.stdout, "serves")
        add_labels(database, 100)
        running.run(at, queued(database))
        until(scorer.stdout, "loads")
        scorer.send_signal(signal.SIGKILL)
    assert [server["version"] for server in read(database, models.servers)] == ["shipped"], "it never said otherwise"
    heir = Serving(database, lambda c: LexiconEngine(c.version), SystemClock(), Rebase(database, SystemClock()))  # type: ignore[arg-type,return-value]  # the lexicon has the engine's face
    heir.look()
    assert heir.current().version == "candidate"
    assert moves(database) == ["shipped", "candidate"]


def until(lines: Any, word: str) -> None:
    """Reads on to the line that says so."""
    assert any(line.strip() == word for line in lines)
