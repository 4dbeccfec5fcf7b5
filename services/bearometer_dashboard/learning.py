"""The learning panel: labels waiting, the latest run with its gate, the champion, and who serves it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from bearometer_dashboard.client import Api, Json
from bearometer_dashboard.gate import RowList, gate, servers
from bearometer_dashboard.runs import checks_line, decision_line, run_line, share
from bearometer_dashboard.snapshot import Learning
from bearometer_dashboard.wording import moment, short
from bearometer_shared.errors import BearometerError

GOES_ON = ("queued", "running")


class LearningPanel:
    """Updated in place. `enough` is the number of fresh labels that starts a run by itself."""

    def __init__(self, api: Api, enough: int, on_cancelled: Callable[[], Any]) -> None:
        self._api, self._enough, self._on_cancelled = api, enough, on_cancelled
        self._run_id: int | None = None
        with ui.element("section").classes("learning"):
            ui.label("Learning").classes("h2")
            with _group("Fresh labels"):
                self._labels, self._fresh = ui.label(), _bar()
                self._link = ui.link("Label what the model is unsure of").classes("act")
                self._link.set_visibility(False)  # it leads nowhere until the stream is known
            with _group("Latest run"):
                self._run, self._progress, self._decision = ui.label(), _bar(), ui.label().classes("quiet")
                self._cancel = ui.button("Cancel this run", on_click=self._end, color=None)
                self._cancel.props("outline dense no-caps")
                self._gate = Fold()
            with _group("Champion"):
                self._champion, self._made = ui.label(), ui.label().classes("quiet")
                self._servers = RowList()

    def show(self, learning: Learning, stream: str | None) -> None:
        """Shows what the API says."""
        self._show_labels(learning.labels, stream)
        self._show_run(learning.run)
        self._champion.set_text(learning.models["champion"] or "none yet")
        self._made.set_text(made_line(learning.models))
        self._servers.show(servers(learning.models, datetime.now(UTC)))

    def _show_labels(self, labels: Json, stream: str | None) -> None:
        self._labels.set_text(f"{labels['fresh']} of {self._enough}, {labels['total']} in all")
        self._fresh.set_value(min(1.0, labels["fresh"] / self._enough))
        self._link.props["href"] = "/label?" + urlencode({"stream": stream or "live"})
        self._link.set_visibility(stream is not None)

    def _show_run(self, run: Json | None) -> None:
        self._run_id = run["id"] if run else None
        self._run.set_text(run_line(run))
        self._progress.set_value(share(run))
        self._progress.set_visibility(bool(run and run["state"] == "running"))
        self._decision.set_text(decision_line(run))
        self._cancel.set_visibility(bool(run and run["state"] in GOES_ON))
        self._gate.show(checks_line(run), gate(run))

    async def _end(self) -> None:
        try:
            await self._api.post(f"runs/{self._run_id}/cancel", {})
        except BearometerError as error:
            ui.notify(f"Not cancelled: {error}", type="negative")
        self._on_cancelled()


class Fold:
    """Rows behind a line; unseen where there are none."""

    def __init__(self) -> None:
        with ui.element("details").classes("fold") as self._root:
            with ui.element("summary"):
                self._line = ui.label().classes("quiet")
            self._rows = RowList()

    def show(self, line: str, rows: list[Json]) -> None:
        """Shows the line, and the rows to whoever opens it."""
        self._root.set_visibility(bool(rows))
        self._line.set_text(line)
        self._rows.show(rows)


def made_line(models: Json) -> str:
    """Where the champion comes from."""
    model = _champion(models)
    if model is None:
        return "bearometer models prepare makes the first"
    run = f"by run #{model['run_id']}, " if model["run_id"] else ""
    return f"made {run}{short(moment(model['created_at']), None)} UTC"


def topics(models: Json) -> list[str]:
    """The topics that the champion tells apart, as its manifest names them."""
    model = _champion(models)
    return sorted(model["manifest"]["topics"]) if model else []


def _champion(models: Json) -> Json | None:
    return next((model for model in models["models"] if model["version"] == models["champion"]), None)


def _group(name: str) -> ui.element:
    with ui.element("div").classes("group") as group:
        ui.label(name).classes("quiet")
    return group


def _bar() -> ui.linear_progress:
    return ui.linear_progress(0, show_value=False, size="4px").props("instant-feedback")
