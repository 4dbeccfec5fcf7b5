"""The header: which stream and how far back, its event-time clock, the connection, and who serves which model."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui

from bearometer_dashboard.client import Json
from bearometer_dashboard.snapshot import RANGES, Snapshot
from bearometer_dashboard.wording import clock, moment

SILENT = timedelta(seconds=30)  # a scorer reports every second; one that is silent for this long is gone


@dataclass(frozen=True)
class Link:
    """How a page's connection to the API is, and since when (wall time)."""

    up: bool
    since: datetime
    reason: str = ""


class Header:
    """Pickers call back; everything else is shown."""

    def __init__(self, stream: str | None, range: str, on_stream: Callable[[str], Any], on_range: Callable[[str], Any]):
        with ui.element("header").classes("top"):
            ui.label("Bearometer").classes("name")
            self._stream = ui.select([stream] if stream else [], value=stream, on_change=lambda e: on_stream(e.value))
            self._stream.props('dense options-dense outlined aria-label="Stream"').classes("stream")
            ui.toggle(list(RANGES), value=range, on_change=lambda e: on_range(e.value)).props(
                "dense unelevated no-caps"
            )
            with ui.element("div").classes("clock"):
                ui.label("Event time (UTC)").classes("quiet")
                self._clock = ui.label(clock(None))
            ui.element("div").classes("space")
            self._model = ui.label().classes("model")
            self._trouble = ui.label().classes("trouble")
            self._live = ui.label().classes("live")
        self._banner = ui.label().classes("banner").props("role=alert")
        self._banner.set_visibility(False)

    def show(self, snapshot: Snapshot) -> None:
        """Shows the streams, the clock and the models."""
        names = [stream["name"] for stream in snapshot.streams]
        view = snapshot.view
        if (names, view and view.stream) != (self._stream.options, self._stream.value):
            self._stream.set_options(names, value=view.stream if view else None)
        self._clock.set_text(clock(view.clock if view else None))
        self._show_models(snapshot.learning.models)

    def _show_models(self, models: Json) -> None:
        now = datetime.now(UTC)
        wrong = trouble(models, now)
        self._model.set_text(serving(models, now))
        self._trouble.set_text(wrong)
        self._trouble.props["title"] = wrong
        self._trouble.set_visibility(bool(wrong))

    def connection(self, link: Link, streaming: bool) -> None:
        """Shows the connection; while the API is away a banner says so."""
        self._live.set_text(live_line(link, streaming))
        self._live.classes(add="up" if link.up else "down", remove="down" if link.up else "up")
        self._banner.set_text(f"{live_line(link, streaming)}. What you see may be old; trying again. ({link.reason})")
        self._banner.set_visibility(not link.up)


def live_line(link: Link, streaming: bool) -> str:
    """`Live since 09:12 UTC`, `Polling since ...`, `API away since ...`."""
    state = ("Live" if streaming else "Polling") if link.up else "API away"
    return f"{state} since {link.since:%H:%M:%S} UTC"


def serving(models: Json, now: datetime) -> str:
    """`Model v12 on 2 scorers`."""
    if models["champion"] is None:
        return "No model yet"
    count = sum(server["version"] == models["champion"] for server in alive(models, now))
    return f"Model {models['champion']} on {count} scorer{'' if count == 1 else 's'}"


def trouble(models: Json, now: datetime) -> str:
    """Who serves something else than the champion or could not load it; empty where all is well."""
    wrong = [s for s in alive(models, now) if s["version"] != models["champion"] or s["error"]]
    return "; ".join(f"{s['instance']}: {s['error'] or 'still serves ' + s['version']}" for s in wrong)


def alive(models: Json, now: datetime) -> list[Json]:
    """The scorers that reported lately."""
    return [s for s in models["servers"] if (seen := moment(s["seen_at"])) and now - seen < SILENT]
