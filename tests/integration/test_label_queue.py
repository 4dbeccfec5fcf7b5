"""The queue of labels over real Postgres: stories once, what was labelled not again, and every reason from its rows."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text
from starlette.testclient import TestClient
from stored_rows import NOON, row, store
from typer.testing import CliRunner

from bearometer_api.app import create_app
from bearometer_retrainer.commands import labels as command
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings, settings
from bearometer_shared.storage import label_queue
from bearometer_shared.storage.session import connect, transaction


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    items = [row(f"n{n:02}", NOON - timedelta(hours=n)) for n in range(30)]
    store(engine, [*items, row("copy", NOON, story="n01", title="Item n01 again")])
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker()))) as client:
        yield client


def asked(client: TestClient, annotator: str = "ana", limit: int = 100) -> dict[str, str]:
    answer = client.get("/v1/labels/queue", params={"annotator": annotator, "limit": limit})
    assert answer.status_code == 200, answer.text
    return {item["id"]: item["part"] for item in answer.json()["items"]}


def test_items_come_with_what_the_model_said_and_why(client: TestClient) -> None:
    (item,) = client.get("/v1/labels/queue", params={"annotator": "ana", "limit": 1}).json()["items"]
    assert {"text", "sentiment", "probabilities", "topic", "model_version", "part", "why"} <= item.keys()


def test_who_asks_must_say_so(client: TestClient) -> None:
    assert client.get("/v1/labels/queue").status_code == 422


def test_copies_of_a_story_are_not_asked(client: TestClient) -> None:
    found = asked(client)
    assert "copy" not in found
    assert "n01" in found


def test_what_i_labelled_is_not_asked_again_and_another_may_give_a_second_opinion(client: TestClient) -> None:
    label = {"article_id": "n03", "sentiment": "neutral", "annotator": "ana"}
    assert client.post("/v1/labels", json=label).status_code == 201
    assert "n03" not in asked(client)
    assert asked(client, "ben")["n03"] == "second opinion"


def test_what_i_skipped_is_not_asked_of_me_again(client: TestClient) -> None:
    skip = {"article_id": "n04", "annotator": "ana", "note": "in French"}
    assert client.post("/v1/labels/skips", json=skip).status_code == 201
    assert "n04" not in asked(client)
    assert "n04" in asked(client, "ben")


def test_what_another_version_says_otherwise_is_asked_as_a_disagreement(client: TestClient, engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO restated (model_version, stream, id, stored_on, sentiment, negative, neutral, positive,"
                " signed, topic, topic_p) SELECT 'm2', stream, id, stored_on, 'positive', 0, 0, 1000000, 1000000,"
                " topic, topic_p FROM articles WHERE id = 'n07'"
            )
        )
    assert asked(client)["n07"] == "disagreement"


def test_the_stories_of_an_alert_that_was_judged_false_come_first(client: TestClient, engine: Engine) -> None:
    plain = {"fingerprint": "f", "stream": "live", "rule": "r", "dimension": "all", "key": "all", "state": "resolved"}
    plain |= {"severity": "watch", "verdict": "false", "model_version": "m1", "told": "", "evidence": "{}"}
    numbers = dict.fromkeys(("observed", "expected", "p_value", "flaps", "tellings", "escalation"), 0)
    fields = plain | numbers | {"evidence": json.dumps({"top": [{"id": "n09"}]})}
    moments = ("pending_at", "created_at", "updated_at", "verdict_at")
    columns, values = ", ".join([*fields, *moments]), ", ".join([*(f":{name}" for name in fields), *["now()"] * 4])
    with transaction(engine) as connection:
        connection.execute(text(f"INSERT INTO alerts ({columns}) VALUES ({values})"), fields)  # noqa: S608 - ours
    first = client.get("/v1/labels/queue", params={"annotator": "ana"}).json()["items"][0]
    assert (first["id"], first["part"]) == ("n09", "verdict")
    assert "was judged false" in first["why"]


def test_on_a_streams_first_day_no_topic_has_grown(engine: Engine) -> None:
    store(engine, [row(f"f{n}", NOON - n * timedelta(minutes=1), stream="first") for n in range(20)])
    with transaction(engine) as connection:
        found = label_queue.queue(connection, "first", "ana", 20, NOON)
    assert len(found) == 20
    assert "drift" not in {one.part for _, one in found}


def test_an_empty_stream_has_an_empty_queue(client: TestClient) -> None:
    assert client.get("/v1/labels/queue", params={"annotator": "ana", "stream": "none"}).json() == {"items": []}


def test_the_command_says_the_same(client: TestClient, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    settings.cache_clear()
    result = CliRunner().invoke(command, ["queue", "--annotator", "ana", "--limit", "5", "--json"])
    assert [item["id"] for item in json.loads(result.stdout.splitlines()[-1])["items"]] == list(asked(client, limit=5))
    words = CliRunner().invoke(command, ["queue", "--annotator", "ana", "--stream", "none"]).output
    assert words.endswith("nothing to label in stream none\n")
