"""A browser to drive, pages that are watched, and the dashboard and its stand-in API as processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from stack import wait_for

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Where it is missing the test is skipped, but fails in CI."""
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium fonts-dejavu-core")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


@dataclass
class Watched:
    """An open page, what its console complained of, and the addresses that it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


OpenPage = Callable[..., Watched]


def open_watched(
    browser: Browser, url: str, width: int = 1440, height: int = 900, scheme: Literal["light", "dark"] = "light"
) -> Watched:
    """Opens an address in a window of its own; closing `page.context` closes it."""
    watched = Watched(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page())
    page = watched.page
    page.on("console", lambda said: watched.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", lambda request: watched.requests.append(request.url))
    page.goto(url)
    return watched


@dataclass
class Fake:
    """The stand-in for the API; it can be told what happens, and be stopped and started again on its port."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = _start([str(Path(__file__).with_name("fake_api.py")), str(self.port)], f"{self.url}/v1/streams")

    def stop(self) -> None:
        if self.process:
            _stop(self.process)

    def happens(self, what: str, **parameters: Any) -> Any:
        """POST /control/WHAT; its answer."""
        return httpx2.post(f"{self.url}/control/{what}", params=parameters).raise_for_status().json()

    def labels(self) -> Any:
        """What was posted to /v1/labels."""
        return httpx2.get(f"{self.url}/control/labels").raise_for_status().json()

    def skips(self) -> Any:
        """What was posted to /v1/labels/skips."""
        return httpx2.get(f"{self.url}/control/skips").raise_for_status().json()

    def queues(self) -> Any:
        """How often /v1/labels/queue was read."""
        return httpx2.get(f"{self.url}/control/queues").raise_for_status().json()

    def step(self, id: int, **said: Any) -> None:
        """Takes a step as another program would."""
        httpx2.post(f"{self.url}/v1/alerts/{id}/steps", json=said).raise_for_status()

    def steps(self) -> Any:
        """What was posted to /v1/alerts/{id}/steps."""
        return httpx2.get(f"{self.url}/control/steps").raise_for_status().json()


@contextmanager
def dashboard_over(api_url: str, home: Path) -> Iterator[str]:
    """The address of a dashboard over any API. It must end well when it is told to stop, open pages or not."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"BEAROMETER_API_URL": api_url, "BEAROMETER_DASHBOARD_PORT": str(port), "BEAROMETER_HOME": str(home)}
    process = _start(["-m", "bearometer_dashboard.app"], f"{url}/healthz", own)
    try:
        yield url
    finally:
        code = _stop(process)
    assert code == 0, f"the dashboard ended with {code}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(words: list[str], ready: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, *words], env=os.environ | (environment or {}))
    wait_for(lambda: process.poll() is not None or _answers(ready), ready, limit_s=30)
    assert process.poll() is None, f"{words} ended with {process.returncode}"
    return process


def _stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(10)
    finally:
        process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).is_success
    except httpx2.TransportError:
        return False
