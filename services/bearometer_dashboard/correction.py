"""The dialog in which an analyst corrects the model; what is said becomes a label."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from bearometer_dashboard.client import Api, Json
from bearometer_dashboard.wording import signed
from bearometer_shared.errors import BearometerError

SENTIMENTS = {"negative": "Negative", "neutral": "Neutral", "positive": "Positive"}


class Correction:
    """One dialog a page. Nothing is chosen beforehand: a label says only what the analyst said."""

    def __init__(self, api: Api, on_stored: Callable[[Json], Any]) -> None:
        self._api, self._on_stored = api, on_stored
        self._article: Json = {}
        with ui.dialog() as self._dialog, ui.element("div").classes("correction q-card"):
            ui.label("Correct the model").classes("h2")
            self._title = ui.label().classes("subject")
            self._said = ui.label().classes("quiet")
            self._sentiment = ui.toggle(SENTIMENTS, clearable=True).props("unelevated no-caps")
            self._topic = ui.select([], label="Another topic", clearable=True).props("dense outlined options-dense")
            with ui.element("div").classes("actions"):
                ui.button("Cancel", on_click=self._dialog.close).props("flat no-caps")
                ui.button("Store label", on_click=self._store).props("unelevated no-caps")

    def open(self, article: Json, topics: list[str]) -> None:
        """Asks about one article."""
        self._article = article
        self._title.set_text(article["title"])
        self._said.set_text(f"The model says {article['sentiment']} {signed(article['score'])}, {article['topic']}.")
        self._sentiment.set_value(None)
        self._topic.set_options(topics, value=None)
        self._dialog.open()

    async def _store(self) -> None:
        label = body(self._article, self._sentiment.value, self._topic.value)
        if label is None:
            ui.notify("Choose a sentiment or a topic.", type="warning")
            return
        try:
            await self._api.post("labels", label)
        except BearometerError as error:
            ui.notify(f"Not stored: {error}", type="negative")
            return
        self._dialog.close()
        ui.notify("Label stored. The next run learns from it.", type="positive")
        self._on_stored(self._article)


def body(article: Json, sentiment: str | None, topic: str | None) -> Json | None:
    """The label to post; None where the analyst said nothing."""
    said = {key: value for key, value in (("sentiment", sentiment), ("topic", topic)) if value}
    if not said:
        return None
    return {"stream": article["stream"], "article_id": article["id"], "annotator": "dashboard"} | said
