"""Pushed news: what is good reaches Kafka before the answer, what is not is told, and nothing breaks the service."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pydantic import SecretStr
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_api.publisher import WAITING, Publisher
from bearometer_shared.clock import SystemClock
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect
from bearometer_shared.wire import News, decode

SETTINGS = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def client(broker: MemoryBroker) -> Iterator[TestClient]:
    engine = connect(SETTINGS)
    with TestClient(create_app(SETTINGS, engine, MemoryProducer(broker))) as client:
        yield client
    engine.dispose()


def stored(broker: MemoryBroker) -> dict[str, News]:
    """What the scorer would read, by key. Raises where it would make a dead letter."""
    records = [record for log in broker.logs.values() for record in log]
    items = {}
    for record in records:
        item = decode(record.value, SystemClock().now(), SETTINGS.max_item_bytes)
        assert isinstance(item, News)
        assert record.key == item.id.encode()
        items[item.id] = item
    return items


def post(client: TestClient, body: Any) -> Any:
    """Sends JSON as it stands: escapes such as \\ud800 stay escapes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/v1/news", content=content)


def test_one_item_or_a_list_is_taken(client: TestClient, broker: MemoryBroker) -> None:
    one = post(client, {"title": "Hartwell <b>Bank</b> halts withdrawals", "id": "a", "stream": "test"})
    assert (one.status_code, one.json()) == (202, {"accepted": [{"index": 0, "id": "a"}], "rejected": []})
    two = post(client, [{"title": "One", "id": "b"}, {"title": "Two", "id": "c"}])
    assert [item["id"] for item in two.json()["accepted"]] == ["b", "c"]
    assert {id: (item.title, item.stream) for id, item in stored(broker).items()} == {
        "a": ("Hartwell Bank halts withdrawals", "test"),
        "b": ("One", "live"),
        "c": ("Two", "live"),
    }


def test_what_is_not_news_is_rejected_by_its_place_and_the_rest_goes_on(
    client: TestClient, broker: MemoryBroker
) -> None:
    items = [{"title": "Good", "id": "g"}, {"body": "no title"}, "text", {"title": "x", "published_at": "1600-01-01"}]
    response = post(client, items)
    assert response.status_code == 202
    assert [item["index"] for item in response.json()["accepted"]] == [0]
    assert [item["index"] for item in response.json()["rejected"]] == [1, 2, 3]
    assert list(stored(broker)) == ["g"]


def test_where_nothing_was_taken_the_answer_is_a_problem_with_reasons(client: TestClient) -> None:
    response = post(client, [{}, 7])
    assert response.status_code == 422
    assert [item["index"] for item in response.json()["rejected"]] == [0, 1]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "line 1 column 1"),
        (b'{"title": "a",}', 400, "line 1 column 15"),
        (b"\xff\xfe\x00", 400, "not JSON"),
        (b"[" * 100_000, 400, "nested"),
        (b"1" * 5_000, 400, "not JSON"),
        (b"[]", 422, "0 items"),
        (b"null", 422, "not an object"),
        (json.dumps([{"title": "a"}] * 1001).encode(), 422, "1001 items"),
    ],
    ids=["empty", "comma", "bytes", "deep", "huge number", "no items", "null", "too many"],
)
def test_a_body_that_is_no_list_of_items_is_refused(client: TestClient, body: bytes, status: int, said: str) -> None:
    response = post(client, body)
    assert response.status_code == status
    assert said in response.json()["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "NUL \0 inside", "body": "\0"},
        {"title": "lone \ud800 surrogate", "note": "\udfff", "\ud800": 1},
        {"title": "large", "body": "word " * 1_000_000},
        {"title": "hostile", "body": "<script <!--" * 100_000},
        {"title": "far", "published_at": "2600-01-01T00:00:00Z"},
        {"title": "newer", "v": "9.0", "kind": "tick"},
        {"title": "not a number", "weight": float("nan")},
    ],
    ids=["NUL", "surrogates", "5 MB", "markup", "2600", "version", "NaN"],
)
def test_hostile_fields_are_cleaned_on_the_way(
    client: TestClient, broker: MemoryBroker, fields: dict[str, Any]
) -> None:
    response = post(client, fields | {"id": "h"})
    assert response.status_code == 202, response.text
    assert "\0" not in stored(broker)["h"].model_dump_json()


json_values = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(),
    lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text(), inner),
    max_leaves=5,
)
FIELDS = (
    "title",
    "body",
    "id",
    "published_at",
    "stream",
    "source",
    "url",
    "tickers",
    "v",
    "kind",
    "future",
    "received_at",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.dictionaries(strategies.sampled_from(FIELDS) | strategies.text(), json_values))
def test_whatever_comes_is_taken_or_refused_and_what_is_taken_can_be_read(
    client: TestClient, broker: MemoryBroker, raw: dict[str, Any]
) -> None:
    response = post(client, raw)
    assert response.status_code in (202, 422), response.text
    if response.status_code == 202:
        assert response.json()["accepted"][0]["id"] in stored(broker)


def test_while_kafka_is_away_the_caller_is_told_to_come_back(client: TestClient, broker: MemoryBroker) -> None:
    broker.down = True
    response = post(client, {"title": "a"})
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert [e["field"] for e in client.get("/readyz").json()["errors"]] == ["kafka", "postgres"]
    broker.down = False
    assert post(client, {"title": "a"}).status_code == 202


class StuckProducer(MemoryProducer):
    """A producer whose broker never answers, until it is let go."""

    def __init__(self) -> None:
        super().__init__(MemoryBroker())
        self.going = threading.Event()

    def flush(self) -> None:
        self.going.wait()
        super().flush()


def test_a_broker_that_never_answers_holds_nobody_up_and_no_queue_grows() -> None:
    producer = StuckProducer()
    publisher = Publisher(producer, patience_s=0.05)
    publisher.start()

    async def push_many() -> list[BaseException | None]:
        pushes = (publisher.publish([("k", b"{}")]) for _ in range(WAITING + 5))
        return await asyncio.gather(*pushes, return_exceptions=True)

    outcomes = asyncio.run(push_many())
    assert all(isinstance(outcome, KafkaUnavailableError) for outcome in outcomes)
    assert any("waiting already" in str(outcome) for outcome in outcomes)
    producer.going.set()
    asyncio.run(Publisher.publish(publisher, [("later", b"{}")]))
    keys = [record.key for log in producer.broker.logs.values() for record in log]
    assert keys.count(b"later") == 1  # and of those who gave up while they waited, none was sent
    assert keys.count(b"k") == 1
    publisher.close()
