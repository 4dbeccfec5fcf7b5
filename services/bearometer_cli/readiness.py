"""Waiting until services do their work."""

import time
from collections.abc import Callable, Mapping

import httpx2

from bearometer_cli.console import say, warn
from bearometer_cli.services import Service

LIMIT_S = 120.0  # loading torch on a busy machine takes its time


def wait_ready(services: Mapping[str, Service], look: Callable[[], None]) -> None:
    """Prints a line as each service becomes ready. `look` keeps watch over them meanwhile.

    One that is not ready in time is said to be late, and the rest goes on without it.
    """
    waiting, started = dict(services), time.monotonic()
    with httpx2.Client(timeout=2, trust_env=False) as client:
        while waiting and time.monotonic() - started < LIMIT_S:
            look()
            for name in [name for name, service in waiting.items() if is_ready(client, service.ready)]:
                say(name, f"ready, {_place(waiting.pop(name).ready)} ({time.monotonic() - started:.1f} s)")
            time.sleep(0.1)
    for name in waiting:
        warn(name, f"not ready after {LIMIT_S:.0f} s; see its log")


def is_ready(client: httpx2.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == 200
    except httpx2.HTTPError:
        return False


def _place(url: str) -> str:
    """Host and port of an address: health and metrics are there."""
    return httpx2.URL(url).netloc.decode()
