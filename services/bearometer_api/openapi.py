"""The OpenAPI document: what FastAPI derives from the handlers, and what it cannot know: problems and pushed items."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from bearometer_api.news import PushedItem
from bearometer_api.problems import MEDIA_TYPE, Problem

# Given to every router: any answer but a good one is a problem. FastAPI then leaves out its own 422.
FAILURES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def install(app: FastAPI) -> None:
    """Makes `app.openapi` answer the whole document, built once."""
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(_document(app))
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _, ours = models_json_schema(
        [(Problem, "serialization"), (PushedItem, "validation")], ref_template="#/components/schemas/{model}"
    )
    document["components"]["schemas"].update(ours["$defs"])
    return document
