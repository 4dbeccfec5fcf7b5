"""/v1/alerts/{id}/steps and /v1/silences over real Postgres: what an analyst may do, and what is refused how."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_shared.clock import ManualClock
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.storage.session import connect, transaction

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ONE, TWO = "2026-03-05T13:00:00Z", "2026-03-05T14:00:00Z"


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    with transaction(engine) as connection:
        for key in ("CRWB", "GRBN"):
            raised = Raised("live", "spike", "ticker", key, "severe", 9, 1.5, 1e-9, "m1", {})
            alerts.raise_(connection, raised, "firing", NOON, NOON)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def client(engine: Engine, clock: ManualClock) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker()), clock)) as client:
        yield client


def step(client: TestClient, action: str, id: int = 1, **fields: Any) -> Any:
    return client.post(f"/v1/alerts/{id}/steps", json={"action": action, "actor": "ana", **fields})


def ids(client: TestClient, query: str = "") -> list[int]:
    return [alert["id"] for alert in client.get(f"/v1/alerts?{query}").json()["items"]]


def test_a_step_answers_with_the_alert_as_it_is_then(client: TestClient) -> None:
    taken = step(client, "acknowledge", note="<b>calling</b> the bank")
    assert taken.status_code == 201
    alert = taken.json()
    assert alert == client.get("/v1/alerts/1").json()
    assert (alert["acknowledged_by"], alert["acknowledged_at"]) == ("ana", "2026-03-05T12:00:00Z")
    [entry] = alert["history"]
    assert (entry["state"], entry["actor"], entry["note"]) == ("acknowledged", "ana", "calling the bank")


def test_every_step_can_be_taken(client: TestClient) -> None:
    assert step(client, "assign", assignee="ben").json()["assignee"] == "ben"
    assert step(client, "assign", assignee="").json()["assignee"] is None
    assert step(client, "snooze", until=ONE).json()["snoozed_until"] == ONE
    assert step(client, "note", note="denied").json()["history"][-1]["state"] == "noted"
    judged = step(client, "verdict", verdict="not_useful", note="known since May").json()
    assert (judged["verdict"], judged["verdict_reason"], judged["verdict_by"]) == (
        "not_useful",
        "known since May",
        "ana",
    )
    resolved = step(client, "resolve").json()
    assert (resolved["state"], resolved["resolved_by"], resolved["snoozed_until"]) == ("resolved", "ana", None)
    assert step(client, "reopen").json()["state"] == "firing"


def test_a_wrong_move_is_a_conflict_that_says_why_and_changes_nothing(client: TestClient) -> None:
    step(client, "resolve")
    before = client.get("/v1/alerts/1").json()
    refused = step(client, "acknowledge")
    assert (refused.status_code, refused.json()["detail"]) == (409, "alert 1 is resolved: no acknowledge now")
    assert refused.headers["content-type"] == "application/problem+json"
    assert step(client, "snooze", id=2, until="2026-03-05T11:59:59Z").status_code == 409
    assert step(client, "reopen", id=2).status_code == 409
    assert client.get("/v1/alerts/1").json() == before


@pytest.mark.parametrize(
    "body",
    [
        {"action": "shrug"},
        {"action": "acknowledge", "actor": ""},
        {"action": "acknowledge", "actor": "<b></b>"},
        {"action": "assign"},
        {"action": "snooze"},
        {"action": "snooze", "until": "soon"},
        {"action": "note"},
        {"action": "verdict", "verdict": "false"},
        {"action": "verdict", "verdict": "perhaps", "note": "why"},
        {"action": "resolve", "until": ONE},
    ],
)
def test_a_step_that_says_too_little_or_too_much_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/v1/alerts/1/steps", json={"actor": "ana"} | body).status_code == 422


def test_an_unknown_alert_is_missing(client: TestClient) -> None:
    assert step(client, "resolve", id=99).status_code == 404


def test_alerts_are_narrowed_by_assignee_verdict_and_state(client: TestClient) -> None:
    step(client, "assign", id=1, assignee="ben")
    step(client, "verdict", id=2, verdict="false", note="copies")
    step(client, "resolve", id=2)
    assert ids(client, "assignee=ben") == [1]
    assert ids(client, "assignee=nobody") == []
    assert ids(client, "verdict=false&verdict=true") == [2]
    assert ids(client, "verdict=true") == []
    assert ids(client, "state=firing") == [1]
    assert ids(client, "assignee=&verdict=") == [2, 1]
    assert client.get("/v1/alerts?verdict=perhaps").status_code == 422


def test_a_silence_shows_on_what_it_matches_until_it_is_ended(client: TestClient, clock: ManualClock) -> None:
    asked = {"key": "CRW*", "expires_at": ONE, "author": "ana", "reason": "results day"}
    begun = client.post("/v1/silences", json=asked)
    assert begun.status_code == 201
    silence = begun.json()
    assert (silence["state"], silence["stream"], silence["starts_at"]) == ("active", "*", "2026-03-05T12:00:00Z")
    assert [alert["silenced"] for alert in client.get("/v1/alerts").json()["items"]] == [False, True]
    clock.sleep(60)
    ended = client.delete(f"/v1/silences/{silence['id']}").json()
    assert (ended["state"], ended["expires_at"]) == ("expired", "2026-03-05T12:01:00Z")
    assert client.get("/v1/alerts/1").json()["silenced"] is False
    assert client.delete(f"/v1/silences/{silence['id']}").status_code == 409
    assert client.delete("/v1/silences/99").status_code == 404
    assert client.get("/v1/silences").json()["items"] == []
    assert client.get("/v1/silences?state=expired").json()["items"] == [ended]


def test_pages_of_silences_lose_and_repeat_nothing(client: TestClient) -> None:
    for start in (None, ONE, None, ONE, None):
        asked = {"key": "X", "starts_at": start, "expires_at": TWO, "author": "ana", "reason": "results"}
        assert client.post("/v1/silences", json=asked).status_code == 201
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/silences?limit=2&cursor={cursor}").json()
        found += [(silence["id"], silence["state"]) for silence in page["items"]]
        cursor = page["next_cursor"]
    assert found == [(5, "active"), (4, "pending"), (3, "active"), (2, "pending"), (1, "active")]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"key": "*"}, "a silence must name at least one of stream, rule, dimension, key, severity"),
        ({"expires_at": "2026-03-05T11:00:00Z"}, "expires_at: not after starts_at"),
        ({"starts_at": "2026-03-05T10:00:00Z", "expires_at": "2026-03-05T11:00:00Z"}, "expires_at: already past"),
        ({"reason": " "}, "body.reason: says nothing"),
        ({"regex": ".*"}, "body.regex: Extra inputs are not permitted"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(client: TestClient, wrong: dict[str, Any], why: str) -> None:
    asked = {"key": "X", "expires_at": ONE, "author": "ana", "reason": "results"} | wrong
    refused = client.post("/v1/silences", json=asked)
    assert (refused.status_code, refused.json()["detail"]) == (422, why)
