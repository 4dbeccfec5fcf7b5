"""The one subscription of this process to the API's events; it wakes every open page."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bearometer_dashboard.client import Api
from bearometer_dashboard.metrics import PAGES, STREAMING
from bearometer_shared.errors import BearometerError

LONGEST_WAIT_S = 5.0

log = structlog.get_logger()


class Live:
    """Wakes pages on every change and whenever the subscription comes or goes. `streaming` says if it stands."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._pages: set[asyncio.Event] = set()
        self.streaming = False

    @contextmanager
    def subscribed(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever a page should read again; the page clears it."""
        wake = asyncio.Event()
        self._pages.add(wake)
        PAGES.inc()
        try:
            yield wake
        finally:
            self._pages.discard(wake)
            PAGES.dec()

    async def run(self) -> None:
        """Follows the API's events until cancelled; after a failure it tries again, waiting longer each time."""
        wait = LONGEST_WAIT_S / 16
        while True:
            reason = await self._follow()
            if self.streaming:
                log.warning("api events lost, trying again", reason=reason)
                wait = LONGEST_WAIT_S / 16
            self._stream(False)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - jitter, not a secret
            wait = min(wait * 2, LONGEST_WAIT_S)

    async def _follow(self) -> str:
        """Returns why it ended."""
        try:
            async for _ in self._api.events():
                if not self.streaming:
                    log.info("api events connected")
                self._stream(True)
        except BearometerError as error:
            return str(error)
        return "the API hung up"

    def _stream(self, stands: bool) -> None:
        self.streaming = stands
        STREAMING.set(stands)
        for wake in self._pages:
            wake.set()
