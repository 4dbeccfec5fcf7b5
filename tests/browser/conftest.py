"""Fixtures of the browser tests. `open_page(url, width=, height=, scheme=)` serves any address."""

from collections.abc import Iterator
from typing import Any

import pytest
from browser.harness import Fake, OpenPage, Watched, chromium, dashboard_over, free_port, open_watched
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: while it is open, Playwright keeps an event loop running that no other test could bear."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages that are closed with the test."""
    opened: list[Watched] = []

    def open_one(url: str, **window: Any) -> Watched:
        opened.append(open_watched(browser, url, **window))
        return opened[-1]

    yield open_one
    for watched in opened:
        watched.page.context.close()


@pytest.fixture(scope="module")
def _fake(browser: Browser) -> Iterator[Fake]:
    made = Fake(free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def _dashboard(_fake: Fake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with dashboard_over(_fake.url, tmp_path_factory.mktemp("dashboard")) as url:
        yield url


@pytest.fixture
def fake(_fake: Fake) -> Fake:
    """The stand-in for the API, as new."""
    _fake.happens("reset")
    return _fake


@pytest.fixture
def dashboard(fake: Fake, _dashboard: str) -> str:
    """The address of a dashboard over the stand-in."""
    return _dashboard
