"""Whatever the query says, the answer is rows or a problem: never a failure of ours."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pydantic import SecretStr
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect

PATHS = ("articles", "trends", "alerts", "silences", "runs", "streams", "labels", "models")
FILTERS = ("stream", "topic", "ticker", "source", "sentiment", "dimension", "key", "state", "assignee", "verdict")
NAMES = (*FILTERS, "from", "to", "limit", "cursor", "step")
times = strategies.datetimes().map(lambda at: at.isoformat()) | strategies.floats().map(str)
numbers = strategies.integers().map(str) | strategies.integers(60, 10**7).map(lambda n: str(n // 60 * 60))
plain = strategies.sampled_from(["live", "topic", "negative", "firing", "$", "W10", "eyJpZCI6MX0", ""])
values = strategies.text() | numbers | times | plain | strategies.binary().map(lambda raw: raw.decode("latin-1"))
queries = strategies.lists(strategies.tuples(strategies.sampled_from(NAMES), values), max_size=4)


@pytest.fixture
def client(postgres_url: str) -> Iterator[TestClient]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    with TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker()))) as client:
        yield client
    engine.dispose()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=strategies.sampled_from(PATHS), query=queries)
def test_no_query_is_answered_by_a_failure_of_ours(client: TestClient, path: str, query: list[tuple[str, str]]) -> None:
    response = client.get(f"/v1/{path}?{urlencode(query, errors='replace')}")
    assert response.status_code in (200, 422), response.text
    assert response.json()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=strategies.sampled_from(["alerts", "runs"]), id=strategies.text(min_size=1) | numbers)
def test_no_path_is_answered_by_a_failure_of_ours(client: TestClient, path: str, id: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in id.encode("utf-8", "replace"))
    response = client.get(f"/v1/{path}/{quoted}")
    assert response.status_code in (200, 404, 422), response.text
