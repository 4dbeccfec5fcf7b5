"""Who may call, what stands on every answer, and what operators can count."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_api.guards import HEADERS
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect

OPEN = {"/healthz", "/readyz", "/metrics", "/openapi.json"}


@pytest.fixture
def app() -> Iterator[FastAPI]:
    url = SecretStr("postgresql://nobody@127.0.0.1:1/none")
    settings = Settings(database_url=url, api_token=SecretStr("s3cret"))
    engine = connect(settings)
    yield create_app(settings, engine, MemoryProducer(MemoryBroker()))
    engine.dispose()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def test_every_call_under_v1_needs_the_token_and_nothing_else_does(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method in operations:
            response = client.request(method, path.format(id=1, version="v"))
            assert (response.status_code == 401) == path.startswith("/v1/"), path
    assert {path for path in paths if not path.startswith("/v1/")} | {"/openapi.json"} == OPEN


@pytest.mark.parametrize(
    "given", [None, "s3cret", "Bearer", "Bearer wrong", "Basic s3cret", "Bearer s3cret2", "Bearer é"]
)
def test_another_token_is_refused(client: TestClient, given: str | None) -> None:
    headers = [(b"authorization", given.encode())] if given else []
    response = client.post("/v1/news", json={"title": "a"}, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_token_lets_in_whatever_case_the_scheme_has(client: TestClient, scheme: str) -> None:
    response = client.post("/v1/news", json={"title": "a"}, headers={"Authorization": f"{scheme} s3cret"})
    assert response.status_code == 202


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/v1/articles", "/nowhere", "/openapi.json"])
def test_browsers_are_told_to_run_and_keep_nothing(client: TestClient, path: str) -> None:
    answered = client.get(path, headers={"Origin": "https://elsewhere.example"}).headers
    assert dict(HEADERS).items() <= {name: answered.get(name) for name in HEADERS}.items()
    assert "access-control-allow-origin" not in answered


def test_answers_are_counted_by_route_template(client: TestClient) -> None:
    known = {"Authorization": "Bearer s3cret"}
    client.get("/v1/runs/471147114711", headers=known)
    client.get("/v1/made-up-by-a-stranger", headers=known)
    client.request("BREW", "/healthz")
    text = client.get("/metrics").text
    assert 'bearometer_api_requests_total{method="GET",route="/v1/runs/{id}",status="503"}' in text
    assert 'bearometer_api_seconds_bucket{le="0.005",method="GET",route="/v1/runs/{id}"}' in text
    assert "471147114711" not in text  # long, so that no time or size has these digits
    assert "made-up" not in text
    assert "BREW" not in text
