"""Uvicorn, as this service runs it."""

from socket import socket
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from bearometer_api.broadcast import Broadcaster
from bearometer_shared.settings import Settings

log = structlog.get_logger()
GRACE_S = 10


def serve(app: FastAPI, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; answers that are under way get GRACE_S seconds to end."""
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    Server(config, app.state.parts.broadcaster).run()


class Server(uvicorn.Server):
    """On a signal live events end first: uvicorn waits for open answers, and they would last for ever."""

    def __init__(self, config: uvicorn.Config, broadcaster: Broadcaster) -> None:
        super().__init__(config)
        self._broadcaster = broadcaster

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        for place in (at for server in self.servers for at in server.sockets):
            log.info("api listens", address=place.getsockname()[:2])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._broadcaster.close()
        super().handle_exit(sig, frame)
