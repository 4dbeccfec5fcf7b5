"""The dashboard service: a live page and a labelling view over the public API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, Response
from nicegui import ui
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bearometer_dashboard import labelling, page
from bearometer_dashboard.client import Api, connect
from bearometer_dashboard.live import Live
from bearometer_shared.service import Stopping, run
from bearometer_shared.settings import Settings


def main() -> None:
    """Runs until SIGTERM or SIGINT."""
    run("dashboard", serve)


def serve(settings: Settings) -> None:
    """Serves the page at the settings' address; open pages are told when it stops."""
    Stopping().on_signals()  # takes the signal that uvicorn raises again at its end, so that we exit with 0
    config = uvicorn.Config(
        build(settings, connect(settings)),
        host=settings.dashboard_host,
        port=settings.dashboard_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run()


def build(settings: Settings, http: httpx2.AsyncClient) -> FastAPI:
    """The application: the pages, health and metrics. NiceGUI allows one a process."""
    api = Api(http)
    live = Live(api)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with http:
            following = asyncio.create_task(live.run())
            yield
            following.cancel()

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.get("/healthz")
    @app.get("/readyz")
    def ready() -> PlainTextResponse:
        """Also while the API is away: the page is where people see that."""
        return PlainTextResponse("ok\n")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    page.register(api, live, settings.retrain_labels)
    labelling.register(api)
    ui.run_with(app, title="Bearometer", dark=None, tailwind=False, show_welcome_message=False, reconnect_timeout=30)
    return app


if __name__ == "__main__":
    main()
