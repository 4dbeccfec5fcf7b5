"""The OpenAPI document is whole, and reading or serving it needs no model runtime."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are a package of their own
from pydantic import SecretStr
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    settings = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    app = create_app(settings, connect(settings), MemoryProducer(MemoryBroker()))
    found: dict[str, Any] = TestClient(app).get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        yield from ((f"{method} {path}", operation) for method, operation in methods.items())


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(part)


def test_the_document_is_openapi_and_its_schemas_are_json_schemas(document: dict[str, Any]) -> None:
    OpenAPI.model_validate(document)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert {node["$ref"] for node in nodes(document) if "$ref" in node} <= known


def test_every_operation_is_described_and_tells_its_failures_as_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["description"], name
        assert "422" not in operation["responses"], name
        assert operation["responses"]["default"]["content"].keys() == {"application/problem+json"}, name


def test_the_contract_is_all_there(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} == {
        "get /v1/streams",
        "get /v1/articles",
        "get /v1/trends",
        "get /v1/trends/movers",
        "get /v1/alerts",
        "get /v1/alerts/{id}",
        "get /v1/incidents",
        "get /v1/incidents/{id}",
        "post /v1/alerts/{id}/steps",
        "get /v1/silences",
        "post /v1/silences",
        "delete /v1/silences/{id}",
        "get /v1/events",
        "post /v1/news",
        "post /v1/labels",
        "get /v1/labels/queue",
        "get /v1/labels",
        "get /v1/labels/disagreements",
        "get /v1/labels/agreement",
        "post /v1/labels/skips",
        "post /v1/runs",
        "get /v1/runs",
        "get /v1/runs/{id}",
        "post /v1/runs/{id}/overrule",
        "post /v1/runs/{id}/cancel",
        "get /v1/models",
        "get /v1/models/{version}/rescores",
        "post /v1/models/{version}/rescores",
        "post /v1/models/promote",
        "post /v1/models/rollback",
        "get /healthz",
        "get /readyz",
        "get /metrics",
    }


def test_examples_satisfy_their_own_schemas(document: dict[str, Any]) -> None:
    resolvable = {"components": document["components"]}
    checked = 0
    for node in nodes(document["components"]["schemas"]):
        for example in node.get("examples", ()) if isinstance(node.get("examples"), list) else ():
            Draft202012Validator(node | resolvable).validate(example)
            checked += 1
    assert checked > 20


def test_the_service_loads_no_model_runtime() -> None:
    heavy = "{'torch', 'onnxruntime', 'transformers', 'tokenizers', 'numpy'}"
    check = f"import sys, bearometer_api.app; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, text=True).stdout.strip() == "set()"
