"""A stream that turns to other news: found once a day, and a run only where there are labels to learn from."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learning_desk import NOW, Teacher, add_labels, desk
from sqlalchemy import Engine
from starlette.testclient import TestClient
from stored_rows import row, store
from typer.testing import CliRunner

from bearometer_api.app import create_app
from bearometer_retrainer import commands, drift_watch, schedule, tasks
from bearometer_retrainer.run import run
from bearometer_shared.inference.engine import Engine as Model
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings, settings
from bearometer_shared.storage import drifts, label_queue, runs
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import connect, transaction

LAST = datetime(2026, 3, 4, tzinfo=UTC)  # the newest whole day at NOW, the noon after it
FIRST = LAST - timedelta(days=20)
BAD, GOOD = "Trouble at the bank", "Calm at the bank"


class Reader:
    """Reads `Trouble` as negative."""

    def probabilities(self, inputs: Sequence[str], *heads: str) -> tuple[Any, ...]:
        bad = np.array([text.startswith("Trouble") for text in inputs])[:, None]
        return tuple(np.where(bad, [[0.8, 0.1, 0.1]], [[0.1, 0.8, 0.1]]) for _ in heads)


def load(_: Champion) -> Reader:
    return Reader()


def news(stream: str, lately: float, before: float = 0.2) -> list[ArticleRow]:
    """Three weeks with forty stories a day, of which such a share is bad, and the beginning of the day after."""
    days = [FIRST + timedelta(days=n) for n in range(22)]
    return [
        _story(stream, f"{day:%d}-{n}", day + n * timedelta(minutes=5), bad=n < 40 * (lately if m > 13 else before))
        for m, day in enumerate(days)
        for n in range(40)
    ]


def _story(stream: str, id: str, at: datetime, *, bad: bool) -> ArticleRow:
    said = {"sentiment": "negative"} if bad else {"sentiment": "neutral", "negative": 1, "neutral": 999_998}
    return row(id, at, stream=stream, model_version="shipped", title=BAD if bad else GOOD, **said)


@pytest.fixture
def database(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The champion has told three weeks of a stream that turns bad in the last, and of one that does not."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    settings.cache_clear()
    engine = connect(settings())
    desk(engine, tmp_path, Teacher())
    store(engine, [*news("turning", 0.6), *news("steady", 0.2), row("new", NOW, stream="young")])
    yield engine
    engine.dispose()
    settings.cache_clear()


def consider(database: Engine, **given: Any) -> dict[str, Any] | None:
    with transaction(database) as connection:
        run_id = schedule.consider(connection, Settings(**given), NOW)
        return runs.get(connection, run_id) if run_id else None


def test_a_drift_is_found_once_a_day_and_told_everywhere(database: Engine) -> None:
    found = {row["stream"]: row for row in drift_watch.look(database, load, 1.0, NOW)}
    assert {stream: row["drifted"] for stream, row in found.items()} == {
        "turning": True,
        "steady": False,
        "young": False,
    }
    assert found["turning"]["day"] == LAST.date()
    assert found["turning"]["reason"].startswith("answers of the last 7 days differ")
    assert "neutral is 40% of the stories, 80% before" in found["turning"]["reason"]
    assert "answers" not in found["young"]["figures"], "too few days are not tested"
    assert drift_watch.look(database, load, 1.0, NOW) == [], "each day once"
    listed = CliRunner().invoke(commands.models, ["list"]).output
    assert f"stream turning on {LAST:%Y-%m-%d}: answers of the last 7 days differ" in listed
    assert "stream steady on 2026-03-04: no drift" in listed
    assert "stream young on 2026-03-04: too few days" in listed
    with TestClient(create_app(Settings(), database, MemoryProducer(MemoryBroker()))) as client:
        told = {one["stream"]: one["drifted"] for one in client.get("/v1/models").json()["drifts"]}
    assert told == {"turning": True, "steady": False, "young": False}


def test_a_drift_starts_one_run_where_there_are_labels_to_learn_from(database: Engine, tmp_path: Path) -> None:
    drift_watch.look(database, load, 1.0, NOW)
    add_labels(database, schedule.DRIFT_LABELS - 1)
    assert consider(database) is None, "too few labels to judge by"
    add_labels(database, schedule.DRIFT_LABELS)
    assert consider(database, drift_alarms=0) is None
    queued = consider(database)
    assert queued is not None
    assert (queued["trigger"], queued["period"]) == ("drift", "drift-shipped-turning-2026-W10")
    assert queued["reason"].startswith("stream turning: answers of the last 7 days differ")
    run(desk(database, tmp_path, Teacher(version="shipped")), queued["id"])
    add_labels(database, 2 * schedule.DRIFT_LABELS, "more")
    assert consider(database) is None, "one run for a drift and week, whatever came of it"


def test_the_queue_of_labels_leans_to_what_drifts(database: Engine) -> None:
    def parts() -> list[str]:
        with transaction(database) as connection:
            return [one.part for _, one in label_queue.queue(connection, "turning", "ana", 24, NOW)]

    assert "drift" not in parts()
    drift_watch.look(database, load, 1.0, NOW)
    assert parts().count("drift") >= 4


def test_the_periodic_task_reads_with_the_champions_own_artifact(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []

    def read(folder: Path, **_: Any) -> Reader:
        folders.append(folder)
        return Reader()

    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path))
    settings.cache_clear()
    tasks._database.cache_clear()
    monkeypatch.setattr(Model, "load", read)
    tasks.look_for_drift()
    tasks._database().dispose()
    tasks._database.cache_clear()
    assert set(folders) == {tmp_path / "models" / "shipped"}
    with transaction(database) as connection:
        assert [one["stream"] for one in drifts.newest(connection, "shipped") if one["drifted"]] == ["turning"]


def test_a_test_that_found_nothing_new_for_a_week_stands_no_longer(database: Engine) -> None:
    drift_watch.look(database, load, 1.0, NOW)
    with transaction(database) as connection:
        assert drifts.standing(connection, "shipped", NOW)
        assert not drifts.standing(connection, "shipped", NOW + timedelta(days=8))
        assert not drifts.standing(connection, "another", NOW), "another champion begins anew"
