"""Every failure is a problem document (RFC 9457), and none says more than the caller may know."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from bearometer_api import guards
from bearometer_api.app import create_app
from bearometer_api.problems import MEDIA_TYPE, Problem
from bearometer_shared.errors import UserError
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect


@pytest.fixture
def app() -> Iterator[FastAPI]:
    """Over an in-memory Kafka, and a Postgres that is away: nothing listens on port 1."""
    settings = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    engine = connect(settings)
    yield create_app(settings, engine, MemoryProducer(MemoryBroker()))
    engine.dispose()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/nowhere", 404),
        ("GET", "/v1/articles/", 404),
        ("DELETE", "/v1/articles", 405),
        ("GET", "/v1/runs/first", 422),
        ("GET", "/v1/runs/9223372036854775808", 422),
        ("GET", "/v1/articles?limit=501", 422),
        ("GET", "/v1/articles?cursor=%C3%A9", 422),
        ("GET", "/v1/articles?topic=%00", 422),
        ("GET", "/v1/articles?from=9999-12-31T23:59:59-14:00", 422),
        ("GET", "/v1/trends?step=90", 422),
        ("GET", "/v1/trends?dimension=colour", 422),
        ("GET", "/v1/alerts?state=gone", 422),
        ("POST", "/v1/labels", 422),
        ("GET", "/v1/articles", 503),
        ("POST", "/v1/runs", 503),
    ],
)
def test_every_failure_is_a_problem_document(client: TestClient, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    problem = Problem.model_validate_json(response.content)
    assert (problem.status, problem.instance) == (status, path.partition("?")[0])
    assert problem.detail


def test_a_problem_names_each_field_that_is_wrong(client: TestClient) -> None:
    problem = client.get("/v1/articles?limit=0&from=yesterday&colour=red").json()
    assert {error["field"] for error in problem["errors"]} == {"query.limit", "query.from", "query.colour"}
    problem = client.post("/v1/labels", json=[{"text": "a", "topic": "Macro", "annotator": "a"}, {"text": 7}]).json()
    assert {error["field"] for error in problem["errors"]} == {"body.1.text", "body.1.annotator"}


def test_a_blank_parameter_counts_as_absent(client: TestClient) -> None:
    assert client.get("/v1/articles?from=&topic=&limit=").status_code == 503  # as without them: on to Postgres


def test_an_outage_of_postgres_says_when_to_come_back(client: TestClient) -> None:
    response = client.get("/v1/streams")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0


def test_json_that_breaks_off_is_refused_with_its_place(client: TestClient) -> None:
    response = client.post("/v1/labels", content=b'{"text": ', headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body.9"


def test_what_a_stranger_sent_cannot_break_the_answer_to_it(client: TestClient) -> None:
    body = b'{"text": "a", "topic": "\\ud800", "annotator": "a", "\\ud800": 1}'
    response = client.post("/v1/labels", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize("told", [True, False], ids=["by Content-Length", "by counting"])
def test_a_body_that_is_too_large_is_refused(client: TestClient, told: bool) -> None:
    large = b" " * (guards.MAX_BODY + 1)
    response = client.post("/v1/news", content=large if told else iter([large[:-1], b" "]))
    assert response.status_code == 413
    assert response.headers["content-type"] == MEDIA_TYPE


def test_a_users_mistake_is_told_and_a_bug_is_not(app: FastAPI) -> None:
    @app.get("/mistake")
    def mistake() -> None:
        raise UserError("the third line has no date")

    @app.get("/bug")
    def bug() -> None:
        raise RuntimeError("password=hunter2")

    with TestClient(app) as client:
        said = client.get("/mistake")
        assert (said.status_code, said.json()["detail"]) == (422, "the third line has no date")
        hidden = client.get("/bug")
        assert hidden.status_code == 500
        assert hidden.headers["content-type"] == MEDIA_TYPE
        assert "hunter2" not in hidden.text
        assert hidden.headers["x-content-type-options"] == "nosniff"


def test_readiness_names_who_is_away_and_health_does_not_care(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert response.status_code == 503
    assert [error["field"] for error in response.json()["errors"]] == ["postgres"]
