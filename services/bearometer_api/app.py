"""The API service: composition, and its life as a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from sqlalchemy import Engine

from bearometer_api import (
    alerts,
    articles,
    events,
    failures,
    health,
    incidents,
    label_queue,
    label_reviews,
    labels,
    models,
    movers,
    news,
    openapi,
    rescores,
    runs,
    silences,
    steps,
    streams,
    trends,
)
from bearometer_api.broadcast import Broadcaster
from bearometer_api.guards import BearerToken, BodyLimit, SafeHeaders
from bearometer_api.listener import Listener
from bearometer_api.metrics import Measured
from bearometer_api.parts import Parts
from bearometer_api.producer import LazyProducer
from bearometer_api.publisher import Publisher
from bearometer_api.server import serve
from bearometer_shared import service
from bearometer_shared.clock import Clock, SystemClock
from bearometer_shared.kafka.port import Producer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect

log = structlog.get_logger()
NOUNS = (
    *(streams, articles, trends, movers, alerts, incidents, steps, silences),
    *(events, news, label_queue, labels, label_reviews, runs, models, rescores),
)
CONNECTIONS = 10  # and as many more in a rush; one request holds one
DESCRIPTION = """Scored financial news, its trends, and alerts on spikes of negative coverage.

Times are ISO 8601 in UTC, probabilities from 0 to 1, scores from -1 to 1. Every failure is a problem (RFC 9457)."""


def create_app(settings: Settings, engine: Engine, producer: Producer, clock: Clock | None = None) -> FastAPI:
    """The application over its adapters. The engine stays the caller's; the producer is closed with the application."""
    broadcaster = Broadcaster()
    parts = Parts(settings, engine, Publisher(producer), broadcaster, clock or SystemClock())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listener = Listener(engine, broadcaster.wake)
        broadcaster.start()
        parts.publisher.start()
        listener.start()
        yield
        listener.stop()
        parts.publisher.close()

    # The pages for people that FastAPI offers load scripts from elsewhere: only the document itself is served.
    app = FastAPI(
        title="Bearometer",
        version=version("bearometer"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    _route(app)
    _guard(app, settings)
    failures.install(app)
    openapi.install(app)
    return app


def _route(app: FastAPI) -> None:
    """Every noun's router under /v1, where the document says that a token may be needed; health beside them."""
    bearer = Depends(HTTPBearer(auto_error=False, description="where the operator has set BEAROMETER_API_TOKEN"))
    for noun in NOUNS:
        app.include_router(noun.router, dependencies=[bearer], responses=openapi.FAILURES)
    app.include_router(health.router, responses=openapi.FAILURES)


def _guard(app: FastAPI, settings: Settings) -> None:
    """Middleware, innermost first: each answer is measured and marked, whoever gave it."""
    app.add_middleware(BodyLimit)
    if settings.api_token:
        app.add_middleware(BearerToken, token=settings.api_token.get_secret_value())
    app.add_middleware(failures.LastResort)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Measured)


def work(settings: Settings) -> None:
    engine = connect(settings, CONNECTIONS)
    app = create_app(settings, engine, LazyProducer(settings))
    service.Stopping().on_signals()  # takes the signal that uvicorn raises again at its end, so that we exit with 0
    log.info("api starts", kafka=settings.kafka, token=settings.api_token is not None)
    serve(app, settings)
    engine.dispose()
    log.info("api has stopped")


def main() -> None:
    """Console command `bearometer-api`."""
    service.run("api", work)
