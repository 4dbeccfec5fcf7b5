"""Tells every listening client that rows changed. There is no queue: who is slow just hears of it once."""

import asyncio
from collections.abc import AsyncGenerator

from bearometer_api.metrics import LISTENERS

HEARTBEAT_S = 10.0
SPACING_S = 0.2  # at most five wake-ups a second, however many batches commit


class Broadcaster:
    """One flag for each client, raised together. Lives on the event loop that `start` was called on."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S, spacing_s: float = SPACING_S) -> None:
        self._heartbeat_s, self._spacing_s = heartbeat_s, spacing_s
        self._flags: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Wakes every client. May be called from any thread, before the start and after the end too."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._raise_flags)

    def close(self) -> None:
        """Ends every client's stream, so that the server can stop."""
        self._closed = True
        self.wake()

    async def changes(self) -> AsyncGenerator[bool, None]:
        """True at once and whenever rows changed, False after a silence. Ends with `close`."""
        flag = asyncio.Event()
        flag.set()  # a client that comes back must read what it missed
        self._flags.add(flag)
        LISTENERS.inc()
        try:
            while not self._closed:
                yield await _raised(flag, self._heartbeat_s)
                await asyncio.sleep(self._spacing_s)
        finally:
            LISTENERS.dec()
            self._flags.discard(flag)

    def _raise_flags(self) -> None:
        for flag in self._flags:
            flag.set()


async def _raised(flag: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(flag.wait(), within_s)
    except TimeoutError:
        return False
    flag.clear()
    return True
