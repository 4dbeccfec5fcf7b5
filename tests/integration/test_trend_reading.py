"""Trends by the hour and day tell what the minutes tell; movers and the benchmark's two ways agree."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text
from starlette.testclient import TestClient
from stored_rows import MINUTE, NOON, row, store
from typer.testing import CliRunner

from bearometer_api.app import create_app
from bearometer_scorer import commands, trend_printing
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import trends
from bearometer_shared.storage.session import connect, transaction

HOUR = timedelta(hours=1)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker()))) as client:
        yield client


def test_copies_sources_and_the_moving_mood_are_told(client: TestClient, engine: Engine) -> None:
    positive: dict[str, Any] = {"sentiment": "positive", "signed": 880_000}
    store(
        engine,
        [
            row("a", NOON - 6 * HOUR - MINUTE, source="x", **positive),
            row("b", NOON, source="y"),
            row("c", NOON + MINUTE, source="z", story="b"),
            row("d", NOON + HOUR, source="z"),
        ],
    )
    query = "from=2026-03-05T12:00:00Z&to=2026-03-05T14:00:00Z&step="
    first, second = client.get(f"/v1/trends?{query}3600").json()["series"][0]["points"]
    assert (first["items"], first["copies"], first["sources"]) == (2, 1, 2)
    assert (second["items"], second["copies"], second["sources"]) == (1, 0, 1)
    # One good item of the hour that ended seven hours before this one's end; it counts as of its own hour's end.
    weight = 0.5 ** (7 / 6)
    assert first["moving_mood"] == pytest.approx(0.88 * (weight - 2) / (weight + 2))
    [both] = client.get(f"/v1/trends?{query}7200").json()["series"][0]["points"]
    assert both["sources"] == 2  # joined, not added
    minutes = client.get(f"/v1/trends?{query}60").json()["series"][0]["points"]
    assert {point["sources"] for point in minutes} == {None}


def test_a_wrong_roll_up_is_found_and_rebuilt(engine: Engine) -> None:
    store(engine, [row(f"{n}", NOON - n * n * MINUTE, source=f"s{n % 7}") for n in range(40)])
    with transaction(engine) as connection:
        assert trends.differences(connection, "live") == 0
        spoil = "SET sources = ~sources WHERE dimension = 'topic' AND width = 1440"
        spoilt = connection.execute(text(f"UPDATE trend_rollups {spoil}")).rowcount
        assert trends.differences(connection, "live") == spoilt > 0
        trends.rebuild(connection, "live")
        assert trends.differences(connection, "live") == 0


def test_movers_are_the_keys_that_changed(client: TestClient, engine: Engine) -> None:
    good: dict[str, Any] = {"sentiment": "positive", "signed": 700_000}
    rows = [row(f"w{n}", NOON - n * MINUTE, tickers=["WORSE"]) for n in range(12)]
    rows += [row(f"v{n}", NOON - 30 * HOUR - n * MINUTE, tickers=["WORSE"], **good) for n in range(12)]
    rows += [row(f"s{n}", NOON - n * 3 * HOUR, tickers=["SAME"]) for n in range(30)]
    rows += [row("t", NOON, tickers=["TINY"])]
    store(engine, rows)
    answer = client.get("/v1/trends/movers?min_items=5").json()
    assert (answer["from"], answer["to"]) == ("2026-03-04T13:00:00Z", "2026-03-05T13:00:00Z")
    worse, same = answer["movers"]
    assert (worse["key"], same["key"], same["change"]) == ("WORSE", "SAME", 0)
    assert worse["change"] == pytest.approx(-1.58)
    assert worse["z"] < -3
    assert (worse["now"]["items"], worse["before"]["mood"]) == (12, pytest.approx(0.7))
    [first, *_] = client.get("/v1/trends/movers?by=negative&min_items=5&limit=1").json()["movers"]
    assert (first["key"], first["before"]["negative_stories"]) == ("WORSE", 0)


def test_movers_are_bounded_and_may_be_none(client: TestClient) -> None:
    assert client.get("/v1/trends/movers?stream=none").json()["movers"] == []
    for query in ("limit=1000", "hours=100000", "dimension=all", "by=luck"):
        assert client.get(f"/v1/trends/movers?{query}").status_code == 422


def test_the_commands_print_what_the_api_tells(
    engine: Engine, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trend_printing, "settings", lambda: Settings(database_url=SecretStr(postgres_url)))
    store(engine, [row(f"{n}", NOON - n * HOUR) for n in range(30)])
    runner = CliRunner()
    shown = json.loads(runner.invoke(commands.trends, ["show", "--hours", "3", "--json"]).stdout)
    assert [(hour["items"], hour["sources"]) for hour in shown["hours"]] == [(1, 1)] * 3
    moved = json.loads(runner.invoke(commands.trends, ["movers", "--min-items", "5", "--json"]).stdout)
    assert [(one["key"], one["items"], one["before_items"]) for one in moved["movers"]] == [("HWB", 24, 6)]
    assert "HWB" in runner.invoke(commands.trends, ["movers", "--by", "negative", "--min-items", "5"]).stdout
    refused = runner.invoke(commands.trends, ["movers", "--dimension", "colour"])
    assert "not one of topic, source, ticker" in str(refused.exception)
