"""From a pushed item to an alert on the page, through every real component, in a real browser."""

import httpx2
import pytest
from browser.harness import chromium, dashboard_over, free_port, open_watched
from playwright.sync_api import expect
from stack import Stack, wait_for

BAD = "Corwen shares plunge as fraud probe widens and lenders cut credit lines, source {n} says"
pytestmark = pytest.mark.timeout(300)


def test_an_alert_arrives_on_the_open_page_by_itself(stack: Stack) -> None:
    port = free_port()
    api = f"http://127.0.0.1:{port}"
    for service in ("bearometer-scorer", "bearometer-alerts", "bearometer-api"):
        stack.start(service, api_port=port)
    wait_for(lambda: _ready(api), "the API")
    with chromium() as browser, dashboard_over(api, stack.settings.home) as url:
        _push(api, [{"id": "first", "title": "Harbour museum opens a new wing", "source": "wire"}])
        wait_for(lambda: stack.one("SELECT count(*) FROM articles"), "the first item stored")
        page = open_watched(browser, f"{url}/?stream=live").page
        expect(page.locator("[data-item]")).to_have_count(1, timeout=20_000)
        expect(page.locator(".open [data-alert]")).to_have_count(0)
        news = [{"id": f"bad-{n}", "title": f"$CRWB {BAD.format(n=n)}", "source": f"wire {n}"} for n in range(15)]
        _push(api, news)
        expect(page.locator(".open [data-alert]", has_text="CRWB").first).to_be_visible(timeout=30_000)
        expect(page.locator("[data-item]")).to_have_count(16)
        page.context.close()
    assert stack.one("SELECT count(*) FROM alerts WHERE dimension = 'ticker' AND key = 'CRWB'") == 1


def _push(api: str, items: list[dict[str, str]]) -> None:
    accepted = httpx2.post(f"{api}/v1/news", json=items).raise_for_status().json()["accepted"]
    assert len(accepted) == len(items)


def _ready(api: str) -> bool:
    try:
        return httpx2.get(f"{api}/readyz").is_success
    except httpx2.TransportError:
        return False
