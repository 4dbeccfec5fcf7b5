"""Turns every failure into a problem: a mistake into 4xx, an outage into 503, a bug into a 500 that says nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bearometer_api.problems import FieldError, problem, short
from bearometer_shared.errors import UserError
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.storage.session import is_outage

log = structlog.get_logger()
RETRY = {"Retry-After": "5"}


def install(app: FastAPI) -> None:
    """Registers a handler for each kind of failure that we expect."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UserError, _mistake)
    app.add_exception_handler(KafkaUnavailableError, _kafka_away)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeoutError, _database_busy)


class LastResort:
    """Middleware: what nobody expected is logged with its trace and answered without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            log.exception("unexpected failure", method=scope.get("method"), path=scope.get("path"))
            if started or scope["type"] != "http":
                raise
            await problem(500, "an unexpected failure; it is in the log", scope["path"])(scope, receive, send)


async def _http(request: Request, error: Any) -> Response:
    return problem(error.status_code, str(error.detail), request.url.path, error.headers)


async def _invalid(request: Request, error: Any) -> Response:
    errors = [_field(detail) for detail in error.errors()]
    detail = f"{errors[0].field}: {errors[0].detail}"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return problem(422, detail + more, request.url.path, errors=errors[:100])


async def _mistake(request: Request, error: Any) -> Response:
    return problem(422, str(error), request.url.path, errors=getattr(error, "errors", None))


async def _kafka_away(request: Request, error: Any) -> Response:
    log.warning("kafka is away", path=request.url.path, reason=str(error))
    return problem(503, "Kafka cannot be reached; nothing was lost, try again", request.url.path, RETRY)


async def _database(request: Request, error: Any) -> Response:
    if not is_outage(error):
        raise error
    log.warning("postgres is away", path=request.url.path, reason=str(error.orig).splitlines()[0])
    return problem(503, "Postgres cannot be reached; try again", request.url.path, RETRY)


async def _database_busy(request: Request, error: Any) -> Response:
    log.warning("every database connection is in use", path=request.url.path)
    return problem(503, "every database connection is in use; try again", request.url.path, RETRY)


def _field(detail: Mapping[str, Any]) -> FieldError:
    said = detail["msg"] + (f": {detail['ctx']['error']}" if detail["type"] == "json_invalid" else "")
    return FieldError(field=_path(detail["loc"]), detail=short(said.removeprefix("Value error, ")))


def _path(places: Sequence[str | int]) -> str:
    """As in `body.3.text`; `body.17` where the JSON breaks off at its 17th character."""
    return short(".".join(map(str, places)))
