"""The page: composes the panels, and reads the API again whenever something may have changed."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import structlog
from nicegui import background_tasks, ui
from nicegui.client import Client

from bearometer_dashboard.alerts import AlertList
from bearometer_dashboard.client import Api, Json
from bearometer_dashboard.correction import Correction
from bearometer_dashboard.header import Header, Link
from bearometer_dashboard.items import ItemTable
from bearometer_dashboard.learning import LearningPanel, topics
from bearometer_dashboard.live import Live
from bearometer_dashboard.look import dress
from bearometer_dashboard.mood import MoodPanel
from bearometer_dashboard.movers import MoversPanel
from bearometer_dashboard.palette import DARK, LIGHT
from bearometer_dashboard.snapshot import RANGES, Ask, Snapshot, read
from bearometer_dashboard.steps import StepDialog
from bearometer_shared.errors import BearometerError

POLL_S = 5.0
GAP_S = 0.7  # between two readings, however many changes come

FOLLOW_SYSTEM = """
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => emitEvent("scheme", dark.matches));
  emitEvent("scheme", dark.matches);
"""

log = structlog.get_logger()


def register(api: Api, live: Live, enough_labels: int) -> None:
    """Puts the page at `/`; `?stream=` and `?range=` choose what it shows at first."""

    @ui.page("/", title="Bearometer", dark=None, favicon="🐻")
    def show(client: Client, stream: str = "", range: str = "") -> None:
        ask = Ask(stream or None, range if range in RANGES else Ask.range)
        page = Page(api, live, ask, enough_labels)
        task = background_tasks.create(page.follow(client), name="follow", context=client)
        client.on_delete(task.cancel)


class Page:
    """One browser's page."""

    def __init__(self, api: Api, live: Live, ask: Ask, enough_labels: int) -> None:
        self._api, self._live, self._ask = api, live, ask
        self._snapshot: Snapshot | None = None
        self._palette, self._title = LIGHT, ""
        self._link = Link(False, datetime.now(UTC), "connecting")
        self._wake = asyncio.Event()
        dress()
        self._header = Header(ask.stream, ask.range, self._pick_stream, self._pick_range)
        with ui.element("div").classes("board"):
            self._alerts = AlertList(self._pick_alert, self._open_step)
            with ui.element("div").classes("middle"):
                self._mood = MoodPanel()
                with ui.element("div").classes("side"):
                    self._movers = MoversPanel()
                    self._learning = LearningPanel(api, enough_labels, self._wake_up)
            self._items = ItemTable(self._correct)
        self._correction = Correction(api, self._corrected)
        self._step = StepDialog(api, self._wake_up)
        ui.on("scheme", lambda event: self._scheme(event.args))

    async def follow(self, client: Client) -> None:
        """Reads and draws until the browser is gone: at every wake-up, and every few seconds without one."""
        await client.connected()
        ui.run_javascript(FOLLOW_SYSTEM)
        with self._live.subscribed() as self._wake:
            while True:
                self._wake.clear()
                await self._refresh()
                await asyncio.sleep(GAP_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_S)

    async def _refresh(self) -> None:
        ask = self._ask
        try:
            snapshot = await read(self._api, ask)
            if ask is self._ask:  # else it answers a question that is no longer asked
                self._snapshot = snapshot
                self._draw()
            self._connection(True)
        except BearometerError as error:
            self._connection(False, str(error))
        except Exception:
            # A page that silently stands still is worse than one that says so.
            log.exception("page")
            self._connection(False, "the dashboard has a fault; its log says more")

    def _draw(self) -> None:
        if self._snapshot:
            view = self._snapshot.view
            self._entitle(title(self._snapshot))
            self._header.show(self._snapshot)
            self._alerts.show(view, self._ask.opened, self._palette)
            self._mood.show(view, self._palette)
            self._movers.show(view)
            self._learning.show(self._snapshot.learning, view.stream if view else None)
            self._items.show(view)

    def _entitle(self, text: str) -> None:
        if text != self._title:
            self._title = text
            ui.page_title(text)

    def _connection(self, up: bool, reason: str = "") -> None:
        since = self._link.since if up == self._link.up else datetime.now(UTC)
        self._link = Link(up, since, reason)
        self._header.connection(self._link, self._live.streaming)

    def _scheme(self, dark: bool) -> None:
        self._palette = DARK if dark else LIGHT
        self._draw()

    def _pick_stream(self, name: str | None) -> None:
        self._choose(replace(self._ask, stream=name, opened=frozenset()))

    def _pick_range(self, name: str) -> None:
        self._choose(replace(self._ask, range=name))

    def _pick_alert(self, id: int) -> None:
        self._choose(replace(self._ask, opened=self._ask.opened ^ {id}))
        self._draw()

    def _choose(self, ask: Ask) -> None:
        """Reads anew; the address follows, so that a reload or a link shows the same."""
        self._ask = ask
        self._wake.set()
        shown = {"stream": ask.stream, "range": ask.range}
        ui.navigate.history.replace("?" + urlencode({name: value for name, value in shown.items() if value}))

    def _open_step(self, alert: Json, action: str) -> None:
        self._step.open(alert, action)

    def _wake_up(self) -> None:
        self._wake.set()

    def _correct(self, article: Json) -> None:
        if self._snapshot:
            self._correction.open(article, topics(self._snapshot.learning.models))

    def _corrected(self, article: Json) -> None:
        self._items.corrected(article)
        self._draw()
        self._wake.set()


def title(snapshot: Snapshot) -> str:
    """`(2) Bearometer` while two alerts fire: to be seen on a tab in the background."""
    firing = sum(alert["state"] == "firing" for alert in snapshot.view.alerts) if snapshot.view else 0
    return f"({firing}) Bearometer" if firing else "Bearometer"
