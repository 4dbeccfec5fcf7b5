"""A swap of models neither fakes nor hides a spike: baselines are learned anew from what the new one tells."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import stored_news
from made_news import BANK, DAY, START, Item, burst, news
from pydantic import SecretStr
from sqlalchemy import Engine, text
from stored_news import LATENESS, store, tick

from bearometer_alerts import times
from bearometer_alerts.evaluate import Evaluator
from bearometer_scorer import rebase
from bearometer_scorer.rebase import Rebase
from bearometer_shared.clock import ManualClock
from bearometer_shared.inference.artifact import Base, Manifest
from bearometer_shared.inference.engine import Score
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts, models, rebases
from bearometer_shared.storage.session import connect, transaction

STREAM = "replay"
NOW = times.start(START + DAY)
GRIM, TOPIC = "grim", "Financials"
# Of this calm day's items the first model calls few negative; the new one calls two of three so.
CALM = list(news(31, 1, per_hour=60))


def grim(items: Sequence[Item]) -> list[Item]:
    """As the new model calls them when they come."""
    return [(item[0], item[1], True) if n % 3 else item for n, item in enumerate(items)]


class GrimEngine:
    """Calls negative whatever is in trouble, and two of three items besides."""

    version = GRIM
    calls = 0

    def score(self, texts: Sequence[str]) -> list[Score]:
        self.calls += len(texts)
        return [self._one(word, n) for n, word in enumerate(texts)]

    def _one(self, word: str, n: int) -> Score:
        bad = word.startswith("Trouble") or n % 3 > 0
        return Score(900_000 if bad else 50_000, 50_000, 50_000 if bad else 900_000, TOPIC, 900_000)


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=SecretStr(postgres_url), lateness_s=int(LATENESS.total_seconds()), tick_s=5)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = connect(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def evaluator(settings: Settings, engine: Engine) -> Iterator[Evaluator]:
    evaluator = Evaluator(settings, engine, ManualClock(NOW), [])
    yield evaluator
    evaluator.close()


def promote(engine: Engine, version: str, at: datetime = NOW) -> None:
    fields: dict[str, Any] = {"version": version, "base": Base(name="b", sha256=""), "created_at": NOW}
    manifest = Manifest.model_validate(fields | {"sentiments": [], "topics": []})
    with transaction(engine) as connection:
        models.register(connection, manifest, version)
        models.promote(connection, version, actor="test", reason="swap", at=at)


def look(evaluator: Evaluator) -> None:
    while evaluator.look():
        pass


def as_grim(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored from now on was scored by the new model."""
    made = stored_news._row
    monkeypatch.setattr(stored_news, "_row", lambda *given: replace(made(*given), model_version=GRIM, topic=TOPIC))


def swap(engine: Engine, monkeypatch: pytest.MonkeyPatch, told: GrimEngine | None) -> None:
    promote(engine, GRIM)
    if told:
        Rebase(engine, ManualClock(NOW))(told)
    as_grim(monkeypatch)


def found(engine: Engine, key: str = "") -> list[dict[str, Any]]:
    with transaction(engine) as connection:
        rows = [alerts.get(connection, row["id"]) for row in alerts.listing(connection, STREAM)]
    return [row for row in rows if row and row["fired_at"] and key in ("", row["key"])]


def begin(engine: Engine, evaluator: Evaluator, items: list[Item]) -> None:
    promote(engine, "m1")
    tick(engine, STREAM, times.start(START))
    store(engine, STREAM, items, NOW)
    tick(engine, STREAM, NOW)
    look(evaluator)


def go_on(engine: Engine, evaluator: Evaluator, items: list[Item], hours: int = 6) -> None:
    store(engine, STREAM, items, NOW)
    tick(engine, STREAM, NOW + timedelta(hours=hours))
    look(evaluator)


LATER = list(news(33, 1 / 4, 60, start=START + DAY))


@pytest.mark.parametrize("rebased", [True, False])
def test_a_model_that_calls_many_more_items_negative_alerts_on_nothing_in_a_calm_stream(
    engine: Engine, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch, rebased: bool
) -> None:
    begin(engine, evaluator, CALM)
    before = len(found(engine))
    swap(engine, monkeypatch, GrimEngine() if rebased else None)
    go_on(engine, evaluator, grim(LATER))
    new = len(found(engine)) - before
    assert new == 0 if rebased else new > 0, "without it the very same swap is a false alarm"


def test_a_true_spike_across_the_swap_fires_once(
    engine: Engine, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    spike = list(burst(START + DAY, 20, 24))
    begin(engine, evaluator, CALM)
    half = [item for item in spike if item[0] < START + DAY + 10]
    store(engine, STREAM, half, NOW)
    tick(engine, STREAM, NOW + timedelta(minutes=10))
    look(evaluator)
    fired = len(found(engine, BANK[1]))
    swap(engine, monkeypatch, GrimEngine())
    go_on(engine, evaluator, sorted([*(item for item in spike if item not in half), *grim(LATER)]))
    assert fired == 1 and len(found(engine, BANK[1])) == 1


def test_a_spike_after_the_swap_is_not_hidden_by_it(
    engine: Engine, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(engine, evaluator, CALM)
    swap(engine, monkeypatch, GrimEngine())
    spike = list(burst(START + DAY + 120, 20, 16))
    go_on(engine, evaluator, sorted([*spike, *grim(LATER)]))
    assert len(found(engine, BANK[1])) == 1


def test_only_one_scorer_tells_history_and_when_time_is_up_baselines_are_carried_over(
    engine: Engine, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(engine, evaluator, CALM)
    monkeypatch.setattr(rebase, "LIMIT_S", -1.0)
    promote(engine, GRIM)
    Rebase(engine, ManualClock(NOW))(GrimEngine())
    with transaction(engine) as connection:
        assert rebases.newest(connection) == {}, "no time at all: no word, and the swap goes on"
    monkeypatch.setattr(rebase, "LIMIT_S", 60.0)
    first, second = GrimEngine(), GrimEngine()
    Rebase(engine, ManualClock(NOW))(first)
    Rebase(engine, ManualClock(NOW))(second)
    assert (first.calls, second.calls) == (len(CALM), 0)
    with transaction(engine) as connection:
        word = rebases.newest(connection)[GRIM]
        assert (word["items"], word["missing"]) == (len(CALM), 0)
        connection.execute(text("UPDATE rebases SET missing = 1"))
        assert rebases.due(connection) == {}


def test_a_version_that_served_before_has_a_limit_of_its_own_since_somebody_waits_for_a_rollback(
    engine: Engine, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(engine, evaluator, CALM)
    monkeypatch.setattr(rebase, "AGAIN_S", -1.0)
    promote(engine, GRIM)
    first, second = GrimEngine(), GrimEngine()
    Rebase(engine, ManualClock(NOW))(first)
    promote(engine, "m1", NOW + timedelta(minutes=1))
    store(engine, STREAM, LATER, NOW)
    promote(engine, GRIM, NOW + timedelta(minutes=2))
    Rebase(engine, ManualClock(NOW))(second)
    assert first.calls == len(CALM), "a first swap has the time that history takes"
    assert second.calls == 0, "no time at all: the rollback goes on"
