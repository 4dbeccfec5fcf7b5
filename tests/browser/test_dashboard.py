"""The page in a real browser, over a stand-in for the API."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from browser.harness import Fake, OpenPage
from playwright.sync_api import Page, WebSocketRoute, expect

ITEMS = 60  # of the stand-in
SOON = 2_000  # milliseconds: what the page promises
HOSTILE = "<img src=x onerror=\"hacked=1\"><script>hacked=1</script>{{ hacked=1 }}<b>bold</b> & ':hacked'"


def test_loads_without_a_complaint_and_asks_nobody_else(dashboard: str, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    expect(watched.page.locator("[data-item]")).to_have_count(ITEMS)
    expect(watched.page.locator("[data-alert]")).to_have_count(4)
    expect(watched.page.locator("[data-member]")).to_have_count(2)
    expect(watched.page.locator(".chart canvas")).to_be_visible()
    expect(watched.page.locator(".top")).to_contain_text("Thu 5 Mar 2026, 14:42:20")
    expect(watched.page.locator(".movers tbody tr").first).to_contain_text("CRWB")
    expect(watched.page.locator(".movers tbody tr").first).to_contain_text("mood +0.05 over 12 items, then")
    expect(watched.page.locator("[data-item]", has_text="Harrow Bank says").locator(".mention")).to_have_text(
        ["0HBNK, neutral", "\N{MINUS SIGN}CRWB, negative"]
    )
    assert watched.complaints == []
    assert _hosts(watched.requests) == {urlsplit(dashboard).netloc}


def test_an_alert_and_an_item_appear_by_themselves(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    page = open_page(dashboard).page
    expect(page.locator("[data-alert]").first).to_contain_text("CRWB")
    _settled(page)
    fake.happens("alert", dimension="ticker", key="OSTR")
    expect(page.locator(".open [data-alert]", has_text="OSTR")).to_contain_text("23 negative in 60 min", timeout=SOON)
    fake.happens("item", title="Ostara Foods recalls its rye crackers")
    expect(page.locator("[data-item]").first).to_contain_text("Ostara Foods recalls", timeout=SOON)


def test_an_incident_is_one_card_with_its_members_folded(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    page = open_page(dashboard).page
    card = page.locator(".open > [data-alert]", has_text="CRWB")
    expect(card.locator("summary")).to_have_text("With it: Topic Financials, All news")
    member = card.locator("[data-member]", has_text="Financials")
    expect(member).to_be_hidden()
    card.locator("summary").click()
    member.get_by_role("button").first.click()
    expect(member.locator(".evidence .curve canvas")).to_be_visible()
    fake.happens("item", title="Something else")
    expect(page.locator("[data-item]").first).to_contain_text("Something else", timeout=SOON)
    expect(member.locator(".evidence .curve canvas")).to_be_visible()


def test_changes_arrive_by_polling_where_events_do_not(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    page = open_page(dashboard).page
    _settled(page)
    fake.happens("quiet_item", title="Nobody was told of this one")
    expect(page.locator("[data-item]").first).to_contain_text("Nobody was told", timeout=3 * SOON + 1_000)


def test_an_opened_alert_shows_evidence_and_history_and_stays_open(
    dashboard: str, fake: Fake, open_page: OpenPage
) -> None:
    page = open_page(dashboard).page
    alert = page.locator("[data-alert]", has_text="CRWB").first
    alert.get_by_role("button").first.click()
    expect(alert.locator(".evidence")).to_contain_text("Two brokers cut Corwen Bancorp to sell")
    expect(alert.locator(".evidence")).to_contain_text("14 negative stories about CRWB")
    expect(alert.locator(".evidence")).to_contain_text("3 copies by Ledgerline (2), TapeChatter; 3 sources in all")
    expect(alert.locator(".evidence")).to_contain_text("firing")
    expect(alert.locator(".word.by-3").first).to_have_text("halts")
    expect(alert.locator(".curve canvas")).to_be_visible()
    fake.happens("item", title="Something else")
    expect(page.locator("[data-item]").first).to_contain_text("Something else")
    expect(alert.locator(".evidence .curve canvas")).to_be_visible()
    alert.get_by_role("button").first.click()
    expect(alert.locator(".evidence")).to_have_count(0)


def test_what_people_do_with_an_alert_reaches_the_api_and_comes_back(
    dashboard: str, fake: Fake, open_page: OpenPage
) -> None:
    page = open_page(dashboard).page
    alert = page.locator("[data-alert]", has_text="CRWB").first
    alert.get_by_role("button").first.click()
    dialog = page.locator(".correction.step")
    alert.get_by_role("button", name="Acknowledge").click()
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Say who you are.")).to_be_visible()
    dialog.get_by_label("Your name").fill("ana")
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(alert.locator("> .alert-line")).to_contain_text("ana is on it", timeout=SOON)
    expect(alert.locator(".evidence")).to_contain_text("acknowledged")
    expect(alert.get_by_role("button", name="Acknowledge")).to_be_hidden()
    alert.get_by_role("button", name="Verdict").click()
    expect(dialog.get_by_label("Your name")).to_have_value("ana")
    dialog.get_by_role("button", name="Not useful").click()
    dialog.get_by_role("button", name="Verdict").click()
    expect(page.get_by_text("Say why.")).to_be_visible()
    dialog.get_by_label("Reason").fill("one story, told by five")
    dialog.get_by_role("button", name="Verdict").click()
    expect(alert.locator(".evidence")).to_contain_text("Judged not useful by ana: one story, told by five")
    said = [{name: step[name] for name in ("id", "action", "actor", "note")} for step in fake.steps()]
    assert said == [
        {"id": 4, "action": "acknowledge", "actor": "ana", "note": ""},
        {"id": 4, "action": "verdict", "actor": "ana", "note": "one story, told by five"},
    ]
    assert fake.steps()[1]["verdict"] == "not_useful"


def test_a_step_that_the_api_refuses_says_why_and_changes_nothing(
    dashboard: str, fake: Fake, open_page: OpenPage
) -> None:
    page = open_page(dashboard).page
    alert = page.locator("[data-alert]", has_text="CRWB").first
    alert.get_by_role("button").first.click()
    alert.get_by_role("button", name="Acknowledge").click()
    fake.step(4, action="acknowledge", actor="ben", note="")
    dialog = page.locator(".correction.step")
    dialog.get_by_label("Your name").fill("ana")
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Not done: alert 4 is acknowledged already, by ben")).to_be_visible()
    expect(alert.locator("> .alert-line")).to_contain_text("ben is on it")


def test_hostile_news_shows_as_text_and_runs_nothing(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    fake.happens("item", title=HOSTILE, topic=HOSTILE, url="javascript:hacked=1", score=-0.9)
    fake.happens("alert", dimension="topic", key=HOSTILE)
    watched = open_page(dashboard)
    page, row = watched.page, watched.page.locator("[data-item]").first
    expect(row.locator(".title")).to_contain_text(HOSTILE)
    expect(row.locator("a")).to_have_count(0)
    alert = page.locator(".open [data-alert]").filter(has_text="onerror").first
    alert.get_by_role("button").first.click()
    expect(alert.locator(".evidence .title").first).to_contain_text(HOSTILE)
    expect(alert.locator(".evidence .why")).to_contain_text(HOSTILE)
    expect(alert.locator(".evidence a")).to_have_count(0)
    page.locator(".mood .chart canvas").hover()
    expect(page.get_by_text("Negative items", exact=True)).to_be_visible()
    expect(page.locator(".chart")).to_contain_text(HOSTILE)
    row.get_by_role("button").click()
    expect(page.locator(".correction")).to_contain_text(HOSTILE)
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("img[src=x]").count() == 0
    assert watched.complaints == []


def test_links_open_elsewhere_and_tell_nothing(dashboard: str, open_page: OpenPage) -> None:
    link = open_page(dashboard).page.locator("[data-item] a").first
    expect(link).to_have_attribute("href", "https://news.example/n0")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_an_outage_of_the_api_is_said_and_ends_by_itself(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    page = open_page(dashboard).page
    _settled(page)
    expect(page.get_by_role("alert")).to_be_hidden()
    fake.stop()
    expect(page.get_by_role("alert")).to_contain_text("API away since", timeout=SOON)
    expect(page.locator("[data-item]")).to_have_count(ITEMS)
    fake.start()
    expect(page.get_by_role("alert")).to_be_hidden(timeout=10_000)
    expect(page.locator(".live")).to_contain_text("Live since")


def test_a_correction_becomes_a_label(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    page = open_page(dashboard).page
    row = page.locator("[data-item]").nth(3)
    row.get_by_role("button").click()
    dialog = page.locator(".correction")
    dialog.get_by_role("button", name="Store label").click()
    expect(page.get_by_text("Choose a sentiment or a topic.")).to_be_visible()
    dialog.get_by_role("button", name="Positive").click()
    dialog.get_by_label("Another topic").click()
    page.get_by_role("option", name="Earnings").click()
    dialog.get_by_role("button", name="Store label").click()
    expect(page.get_by_text("Label stored.")).to_be_visible()
    expect(page.locator(".learning")).to_contain_text("65 of 200", timeout=SOON)
    said = {"sentiment": "positive", "topic": "Earnings", "annotator": "dashboard"}
    assert fake.labels() == [{"stream": "live", "article_id": "n3"} | said]


def test_texts_are_labelled_by_keys_alone(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    watched = open_page(dashboard)
    page = watched.page
    page.get_by_role("link", name="Label what the model is unsure of").click()
    page.get_by_label("Your name").fill("ana")
    page.keyboard.press("Enter")
    text = page.locator(".desk blockquote")
    expect(text).to_have_text("Corwen Bancorp halts redemptions at its property fund as depositors queue in Dalby")
    expect(page.locator(".desk")).to_contain_text("drawn at random")
    page.keyboard.press("1")
    expect(text).to_contain_text("State regulator")
    page.keyboard.press("b")
    expect(text).to_contain_text("halts redemptions")
    page.get_by_label("Topic").select_option("Markets")
    page.keyboard.press("2")
    expect(text).to_contain_text("State regulator")
    expect(page.locator(".desk")).to_contain_text("1 done today by ana")
    page.keyboard.press("n")
    page.keyboard.type("refuse")
    page.keyboard.press("Enter")
    page.keyboard.press("3")
    expect(page.get_by_role("alert")).to_have_text("Not done: note: says nothing")
    page.keyboard.press("s")
    expect(text).to_contain_text("shares fall 31%")
    said = {"stream": "live", "annotator": "ana"}
    corrected = said | {"article_id": "n0", "sentiment": "neutral", "topic": "Markets"}
    assert fake.labels() == [said | {"article_id": "n0", "sentiment": "negative"}, corrected]
    assert fake.skips() == [said | {"article_id": "n1", "note": "refuse"}]
    page.reload()
    expect(page.locator(".desk")).to_contain_text("1 done today by ana")
    expect(text).to_contain_text("shares fall 31%")
    assert not [said for said in watched.complaints if "422" not in said]


def test_a_name_given_before_the_view_is_ready_begins_once(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    page = open_page(dashboard).page
    held: list[WebSocketRoute] = []
    page.route_web_socket("**/socket.io/**", lambda socket: held.append(socket))
    page.get_by_role("link", name="Label what the model is unsure of").click()
    page.get_by_label("Your name").fill("ana")
    page.keyboard.press("Enter")
    expect(page.locator(".desk")).to_contain_text("done today by ana")
    held[0].connect_to_server()
    expect(page.locator(".desk blockquote")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator(".desk blockquote")).to_contain_text("State regulator")
    assert fake.queues() == 1


def test_a_run_in_training_says_how_far_it_is_and_can_be_cancelled(
    dashboard: str, fake: Fake, open_page: OpenPage
) -> None:
    page = open_page(dashboard).page
    panel = page.locator(".learning")
    panel.locator("summary").click()
    expect(panel.locator(".fold li").first).to_contain_text("better on the new0.152, limit 0")
    fake.happens("training")
    expect(panel).to_contain_text("training, step 120 of 400, loss 0.42, 3 min left", timeout=2 * SOON)
    expect(panel.locator(".fold")).to_be_hidden()
    panel.get_by_role("button", name="Cancel this run").click()
    expect(panel).to_contain_text("#8 cancelled")
    expect(panel.get_by_role("button")).to_be_hidden()
    expect(panel.locator(".group").last.locator("li")).to_have_count(2)


def test_an_empty_system_says_what_to_do_and_fills_by_itself(dashboard: str, fake: Fake, open_page: OpenPage) -> None:
    fake.happens("empty", empty=True)
    page = open_page(dashboard).page
    expect(page.locator(".items")).to_contain_text("bearometer replay FILE")
    _settled(page)
    fake.happens("empty", empty=False)
    expect(page.locator("[data-item]")).to_have_count(ITEMS, timeout=SOON)


def test_another_stream_and_range_are_shown_when_picked(dashboard: str, open_page: OpenPage) -> None:
    page = open_page(f"{dashboard}/?stream=backtest").page
    expect(page.get_by_label("Stream")).to_have_value("backtest")
    page.get_by_role("button", name="6 h").click()
    expect(page.get_by_role("button", name="6 h")).to_have_attribute("aria-pressed", "true")


def test_nothing_overflows_a_narrow_window(dashboard: str, open_page: OpenPage) -> None:
    page = open_page(dashboard, width=480, height=900, scheme="dark").page
    expect(page.locator("[data-item]")).to_have_count(ITEMS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 480


def test_screenshot(dashboard: str, open_page: OpenPage, tmp_path: Path) -> None:
    """Remakes the README's picture of a running demo:

    BEAROMETER_PAGE='http://127.0.0.1:8701/?stream=sample' BEAROMETER_SCREENSHOT=x.png pytest -k screenshot
    """
    target = Path(os.environ.get("BEAROMETER_SCREENSHOT", tmp_path / "dashboard.png"))
    page = open_page(os.environ.get("BEAROMETER_PAGE", dashboard)).page
    expect(page.locator("[data-item]").first).to_be_visible()
    expect(page.locator(".chart canvas")).to_be_visible()
    _settled(page)
    page.screenshot(path=target, animations="disabled")
    assert target.stat().st_size > 50_000


def _settled(page: Page) -> None:
    """Waits until the page follows the API's events."""
    expect(page.locator(".live")).to_contain_text("Live since")


def _hosts(urls: list[str]) -> set[str]:
    return {urlsplit(url).netloc for url in urls if not url.startswith("data:")}
