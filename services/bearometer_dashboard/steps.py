"""The dialog in which somebody takes a step with an alert; it becomes a line of the alert's history."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import app, ui

from bearometer_dashboard.client import Api, Json
from bearometer_dashboard.wording import name
from bearometer_shared.errors import BearometerError

ACTIONS = {
    "acknowledge": "Acknowledge",
    "assign": "Assign",
    "snooze": "Snooze",
    "resolve": "Resolve",
    "reopen": "Reopen",
    "verdict": "Verdict",
    "note": "Note",
}
SNOOZES = {30: "30 min", 60: "1 h", 240: "4 h", 1440: "1 day"}
VERDICTS = {"true": "True", "false": "False", "not_useful": "Not useful"}


def allowed(alert: Json) -> set[str]:
    """What may be done with an alert as it stands; the API has the last word."""
    if alert["state"] == "resolved":
        return {"reopen", "verdict", "note"}
    return ACTIONS.keys() - {"reopen"} - ({"acknowledge"} if alert.get("acknowledged_by") else set())


class StepDialog:
    """One dialog a page, which asks for what the step needs. A tab remembers who sits at it."""

    def __init__(self, api: Api, on_taken: Callable[[], Any]) -> None:
        self._api, self._on_taken = api, on_taken
        self._alert: Json = {}
        self._action = ""
        with ui.dialog() as self._dialog, ui.element("div").classes("correction step q-card"):
            self._title = ui.label().classes("h2")
            self._assignee = ui.input("Whose it is; empty: nobody's").props("dense outlined maxlength=200")
            self._minutes = ui.toggle(SNOOZES, value=60).props("unelevated no-caps")
            self._verdict = ui.toggle(VERDICTS, clearable=True).props("unelevated no-caps")
            self._note = ui.input("Reason").props("dense outlined maxlength=2000")
            self._actor = ui.input("Your name").props("dense outlined maxlength=200")
            with ui.element("div").classes("actions"):
                ui.button("Cancel", on_click=self._dialog.close).props("flat no-caps")
                self._button = ui.button(on_click=self._take).props("unelevated no-caps")

    def open(self, alert: Json, action: str) -> None:
        """Asks for one step."""
        self._alert, self._action = alert, action
        self._title.set_text(f"{ACTIONS[action]}: {name(alert)}")
        self._button.set_text(ACTIONS[action])
        self._actor.set_value(app.storage.tab.get("actor", ""))
        self._assignee.set_value(alert.get("assignee") or "")
        self._note.set_value("")
        self._verdict.set_value(None)
        self._assignee.set_visibility(action == "assign")
        self._minutes.set_visibility(action == "snooze")
        self._verdict.set_visibility(action == "verdict")
        self._note.props["label"] = {"verdict": "Reason", "note": "Note"}.get(action, "Note, if you like")
        self._dialog.open()

    async def _take(self) -> None:
        step = self._step()
        if lack := lacking(step):
            ui.notify(lack, type="warning")
            return
        app.storage.tab["actor"] = step["actor"]
        try:
            await self._api.post(f"alerts/{self._alert['id']}/steps", step)
        except BearometerError as error:
            ui.notify(f"Not done: {error}", type="negative")
            return
        self._dialog.close()
        self._on_taken()

    def _step(self) -> Json:
        until = datetime.now(UTC) + timedelta(minutes=self._minutes.value or 0)
        own = {
            "assign": {"assignee": self._assignee.value.strip()},
            "snooze": {"until": until.isoformat()},
            "verdict": {"verdict": self._verdict.value},
        }
        said = {"action": self._action, "actor": self._actor.value.strip(), "note": self._note.value.strip()}
        return said | own.get(self._action, {})


def lacking(step: Json) -> str:
    """What somebody has yet to say before a step can be taken; empty where nothing lacks."""
    if step["action"] == "verdict" and not step["verdict"]:
        return "Was the alert right? Choose one."
    if step["action"] in ("verdict", "note") and not step["note"]:
        return "Say why." if step["action"] == "verdict" else "Say something."
    return "" if step["actor"] else "Say who you are."
