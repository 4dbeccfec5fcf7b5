"""The labelling view at `/label`: what the API wants labelled next, a text at a time, answered by one key."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from nicegui import ui
from nicegui.client import Client
from nicegui.events import GenericEventArguments

from bearometer_dashboard.client import Api, Json
from bearometer_dashboard.items import link
from bearometer_dashboard.learning import topics
from bearometer_dashboard.look import dress
from bearometer_dashboard.wording import moment, short
from bearometer_shared.errors import BearometerError

BATCH = 20  # texts that are fetched at once


def register(api: Api) -> None:
    """Puts the view at `/label`; `?stream=` says of which news."""

    @ui.page("/label", title="Labels · Bearometer", dark=None, favicon="🐻")
    async def show(client: Client, stream: str = "live") -> None:
        dress()
        with ui.element("header").classes("top"):
            ui.link("Bearometer", "/?" + urlencode({"stream": stream})).classes("name")
            ui.label(f"Labels for stream {stream}").classes("quiet")
        desk = LabelDesk(api, stream)
        await client.connected()
        desk.open()


class LabelDesk(ui.element, component="label.js"):
    """Who sits at it, the texts that wait, the one on show first, and the one before it."""

    def __init__(self, api: Api, stream: str) -> None:
        super().__init__()
        self._api, self._stream, self._annotator = api, stream, ""
        self._queue: list[Json] = []
        self._before: Json | None = None
        self._stored: set[str] = set()
        self._topics: list[str] = []
        self._busy, self._trouble = False, ""
        self._show()
        self.on("begin", self._begin)
        self.on("answer", lambda event: self._tell("labels", event.args))
        self.on("skip", lambda event: self._tell("labels/skips", event.args))
        self.on("back", self._back)

    def open(self) -> None:
        """Lets the browser begin, once it listens."""
        self._props["ready"] = True
        self.update()

    async def _begin(self, event: GenericEventArguments) -> None:
        self._annotator, self._before = str(event.args), None
        with self._trying():
            self._topics = topics(await self._api.get("models"))
            await self._read()

    async def _tell(self, path: str, said: Json) -> None:
        """Posts a word on the text on show and goes on to the next. A second word on one that has gone is dropped."""
        if self._busy or not self._queue or self._queue[0]["id"] != said["id"]:
            return
        with self._trying():
            await self._api.post(path, word(self._queue[0], self._annotator, said))
            self._before = self._queue.pop(0)
            if path == "labels":
                self._stored.add(self._before["id"])
            if not self._queue:
                await self._read()

    async def _read(self) -> None:
        asked = {"stream": self._stream, "annotator": self._annotator, "limit": BATCH}
        self._queue = (await self._api.get("labels/queue", **asked))["items"]

    def _back(self) -> None:
        """Shows the text before; the newest word on a text counts."""
        if self._before and not self._busy:
            self._queue.insert(0, self._before)
            self._before = None
            self._show()

    @contextmanager
    def _trying(self) -> Iterator[None]:
        self._busy, self._trouble = True, ""
        self._show()
        try:
            yield
        except BearometerError as error:
            self._trouble = f"Not done: {error}"
        finally:
            self._busy = False
            self._show()

    def _show(self) -> None:
        self._props.update(row=row(self._queue[0]) if self._queue else None, left=len(self._queue))
        self._props.update(stored=len(self._stored), before=self._before is not None, topics=self._topics)
        self._props.update(busy=self._busy, trouble=self._trouble)
        self.update()


def row(item: Json) -> Json:
    """What the view shows of a text. Probabilities in per cent; time in UTC."""
    about = (item["source"], f"{short(moment(item['published_at']), None)} UTC")
    return {
        "id": item["id"],
        "text": item["text"],
        "about": ", ".join(filter(None, about)),
        "url": link(item["url"]),
        "why": item["why"],
        "shares": {name: round(100 * share) for name, share in item["probabilities"].items()},
        "topic": item["topic"],
        "sure": round(100 * item["topic_probability"]),
    }


def word(item: Json, annotator: str, said: Json) -> Json:
    """What to post of a text: only what somebody said."""
    given = {name: said[name] for name in ("sentiment", "topic", "note") if said.get(name)}
    return {"stream": item["stream"], "article_id": item["id"], "annotator": annotator} | given
