"""An alert's card: why it fired, the curve, the stories that carried it, its history, and what people can do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from bearometer_dashboard.client import Json
from bearometer_dashboard.curve import curve
from bearometer_dashboard.evidence import facts, step, story, why, without_words
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.steps import ACTIONS, allowed
from bearometer_dashboard.wording import taken

OnStep = Callable[[Json, str], Any]  # an alert, and what somebody wants to do with it


class Card:
    """Of one opened alert, in the slot where it is made; unseen until the alert is read."""

    def __init__(self, on_step: OnStep) -> None:
        self._alert: Json = {}
        with ui.element("div").classes("card") as self._root:
            self._why = ui.label().classes("why")
            with ui.element("div").classes("actions"):
                self._buttons = {action: _button(action, lambda a: on_step(self._alert, a)) for action in ACTIONS}
                self._taken = ui.label().classes("quiet")
            self._chart = ui.echart({}).classes("curve")
            self._text = CardText()
        self._root.set_visibility(False)

    def show(self, alert: Json, now: datetime | None, palette: Palette) -> None:
        """Draws what the API says of the alert."""
        self._alert = alert
        self._root.set_visibility(True)
        self._why.set_text(why(alert))
        self._taken.set_text(taken(alert))
        for action, button in self._buttons.items():
            button.set_visibility(action in allowed(alert))
        self._draw(alert["evidence"], palette)
        self._text.show(alert, now)

    def delete(self) -> None:
        self._root.delete()

    def _draw(self, evidence: Json, palette: Palette) -> None:
        self._chart.set_visibility("curve" in evidence)
        options = curve(evidence, palette) if "curve" in evidence else {}
        if options != self._chart.options:
            self._chart.props["options"] = options
            self._chart.update()


class CardText(ui.element, component="card.js"):
    """Stories, history and facts; text only, whatever the news says."""

    def show(self, alert: Json, now: datetime | None) -> None:
        evidence = alert["evidence"]
        said = {
            "stories": [story(item, now) for item in evidence.get("top", [])],
            "wordless": without_words(evidence),
            "steps": [step(entry, now) for entry in alert["history"]],
            "facts": facts(alert),
        }
        if any(self._props.get(name) != value for name, value in said.items()):
            self._props.update(said)
            self.update()


def _button(action: str, on_click: Callable[[str], Any]) -> ui.button:
    return ui.button(ACTIONS[action], on_click=lambda: on_click(action), color=None).props("outline dense no-caps")
