"""The newest items: a table that grows by itself, with a correction for each row."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from nicegui import ui

from bearometer_dashboard.client import Json
from bearometer_dashboard.mentions import chips, more, told
from bearometer_dashboard.snapshot import View
from bearometer_dashboard.wording import moment, short, signed

NO_STREAM = "No items yet. Send some: bearometer replay FILE --stream NAME, or POST them to /v1/news."


class ItemTable(ui.element, component="items.js"):
    """Draws rows of text; a click on a row's pencil hands its article to `on_correct`."""

    def __init__(self, on_correct: Callable[[Json], Any]) -> None:
        super().__init__()
        self._stream: str | None = None
        self._settled: set[str] = set()
        self._articles: dict[str, Json] = {}
        self._corrected: set[tuple[str, str]] = set()
        self._props["rows"] = []
        self._props["empty"] = NO_STREAM
        self.on("correct", lambda event: on_correct(self._articles[event.args]))

    def show(self, view: View | None) -> None:
        """Draws the newest items of a stream. Those that arrived while it was on show are marked as fresh."""
        articles = view.items if view else []
        self._articles = {article["id"]: article for article in articles}
        if view and view.stream != self._stream:
            self._stream, self._settled = view.stream, set(self._articles)
        rows = [self._row(article, view) for article in articles] if view else []
        if rows != self._props["rows"]:
            self._props["rows"] = rows
            self.update()

    def corrected(self, article: Json) -> None:
        """Marks an article as corrected on this page."""
        self._corrected.add((article["stream"], article["id"]))

    def _row(self, article: Json, view: View) -> Json:
        fresh, corrected = article["id"] not in self._settled, (view.stream, article["id"]) in self._corrected
        return row(article, view.clock) | {"fresh": fresh, "corrected": corrected}


def row(article: Json, now: datetime | None) -> Json:
    """What the table shows of an article, as text. Times in UTC."""
    return {
        "id": article["id"],
        "time": short(moment(article["published_at"]), now),
        "source": article["source"],
        "title": article["title"],
        "url": link(article["url"]),
        "tickers": " ".join(article["tickers"]),
        "mentions": chips(article),
        "more": more(article),
        "told": told(article),
        "topic": article["topic"],
        "sentiment": article["sentiment"],
        "score": signed(article["score"]),
        "flag": flag(article),
    }


def flag(article: Json) -> str:
    """What is odd about an item's time."""
    if article["late"]:
        return "late"
    return "future" if article["future"] else ""


def link(url: str | None) -> str | None:
    """A link that a browser may follow: http or https with a host, nothing else."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else None
