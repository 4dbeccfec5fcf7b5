"""A candidate beside the champion on stored news and on the last day's alerts, before it may serve."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import small_artifact
from learning_desk import Teacher, add_labels, desk, queued
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient
from stored_rows import MINUTE, NOON, row, store

from bearometer_api.app import create_app
from bearometer_retrainer import shadow
from bearometer_retrainer.run import run
from bearometer_shared.inference.engine import Score
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.storage.session import connect, transaction

BAD = Score(800_000, 100_000, 100_000, "Markets", 900_000)
GOOD = Score(100_000, 100_000, 800_000, "Earnings", 900_000)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


def test_agreement_is_the_share_of_equal_answers_and_the_mean_difference_of_the_score() -> None:
    found = shadow.agreement([BAD, BAD, GOOD, GOOD], [BAD, GOOD, GOOD, GOOD])
    assert (found["items"], found["same_sentiment"], found["same_topic"]) == (4, 0.75, 0.75)
    assert found["score_difference"] == pytest.approx(1.4 / 4)
    assert (found["negative_before"], found["negative_after"]) == (0.5, 0.25)
    assert shadow.agreement([], []) == {"items": 0}


def test_the_newest_items_and_the_last_days_alerts_are_read_by_the_candidate(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "ITEMS", 8)
    titles = [*small_artifact.BAD, *small_artifact.GOOD, *small_artifact.PLAIN]
    store(database, [row(f"i{n}", NOON + n * MINUTE, title=title) for n, title in enumerate(titles)])
    bad, good = _alert(database, "Bad", small_artifact.BAD), _alert(database, "Good", small_artifact.GOOD)
    same = small_artifact.folder()
    found = shadow.compare(database, same, same, NOON + timedelta(hours=1))
    assert (found["items"], found["same_sentiment"], found["score_difference"]) == (8, 1.0, 0.0)
    assert found["negative_after"] == 0.0, "the newest eight are good and plain ones"
    weaker = {alert["id"]: (alert["negative"], alert["weaker"]) for alert in found["alerts"]}
    assert weaker == {bad: (4, False), good: (0, True)}
    assert shadow.compare(database, same, same, NOON + timedelta(days=2))["alerts"] == []


def test_what_the_shadow_found_is_on_the_run_and_with_the_model(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database)
    run(desk(database, tmp_path, Teacher()), run_id)
    with TestClient(create_app(Settings(), database, MemoryProducer(MemoryBroker()))) as client:
        assert client.get(f"/v1/runs/{run_id}").json()["figures"]["shadow"] == {"items": 0}
        found = {model["version"]: model["shadow"] for model in client.get("/v1/models").json()["models"]}
    assert found == {"candidate": {"items": 0}, "shipped": None}


def _alert(database: Engine, key: str, titles: list[str]) -> int:
    """Fired at noon."""
    top = [{"title": title} for title in titles]
    said = Raised("live", "spike", "topic", key, "severe", 9, 1.5, 1e-9, "m1", {"top": top})
    with transaction(database) as connection:
        id = alerts.raise_(connection, said, "firing", NOON, NOON)
        alerts.record(connection, id, "firing", NOON, NOON, actor="detector", note="")
    return id
