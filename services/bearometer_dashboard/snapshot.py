"""One look at the API: everything that a page shows, read at once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bearometer_dashboard.client import Api, Json
from bearometer_dashboard.wording import moment

ITEMS = 100
ALERTS = 60
MOVERS = 6
LEAST = 5  # items in both windows; the API knows how sure a change over so few is


@dataclass(frozen=True)
class Range:
    """How far back a page looks, how wide a bucket of its chart is, and the hours that movers are compared over: a
    part of it, so that a stream's first day has some.
    """

    length: timedelta
    step: timedelta
    hours: int


RANGES = {
    "6 h": Range(timedelta(hours=6), timedelta(minutes=10), 2),
    "24 h": Range(timedelta(hours=24), timedelta(minutes=30), 6),
    "7 d": Range(timedelta(days=7), timedelta(hours=3), 24),
}


@dataclass(frozen=True)
class Ask:
    """What one browser wants to see. `stream` None: whichever fits; `opened`: alerts whose card is on show."""

    stream: str | None = None
    range: str = "24 h"
    opened: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Window:
    """The time that a chart spans, on whole buckets."""

    start: datetime
    end: datetime
    step: timedelta


@dataclass(frozen=True)
class Moves:
    """What moved between the last `hours` and as many before them; `least` items are needed in both."""

    hours: int
    movers: list[Json]
    least: int = LEAST


@dataclass(frozen=True)
class View:
    """What the API says of one stream; `cards` are the opened alerts with their histories."""

    stream: str
    clock: datetime | None
    window: Window
    alerts: list[Json]
    cards: dict[int, Json]
    overall: list[Json]
    topics: list[Json]
    items: list[Json]
    moves: Moves


@dataclass(frozen=True)
class Learning:
    """What the API says of labels, the latest run, and models."""

    labels: Json
    run: Json | None
    models: Json


@dataclass(frozen=True)
class Snapshot:
    """All of it. `view` is None where no stream has data yet."""

    streams: list[Json]
    view: View | None
    learning: Learning


async def read(api: Api, ask: Ask) -> Snapshot:
    """Reads it all. Raises what the client raises; then nothing of it is shown."""
    streams = (await api.get("streams"))["items"]
    stream = choose(streams, ask.stream)
    view, learning = await asyncio.gather(_view(api, stream, ask), _learning(api))
    return Snapshot(streams, view, learning)


def choose(streams: list[Json], wanted: str | None) -> Json | None:
    """The wanted stream if it has data, else `live` if it has, else the one with the newest event."""
    filled = {stream["name"]: stream for stream in streams if stream["newest_event"]}
    newest = max(filled.values(), key=lambda s: (moment(s["newest_event"]), s["name"]), default=None)
    return filled.get(wanted or "") or filled.get("live") or newest


def window(stream: Json, chosen: Range) -> Window:
    """The chart's time: `chosen` back from the newest moment that the stream knows."""
    newest = max(at for at in (moment(stream["newest_event"]), moment(stream["clock"])) if at)
    seconds = chosen.step.total_seconds()
    end = datetime.fromtimestamp((newest.timestamp() // seconds + 1) * seconds, newest.tzinfo)
    return Window(end - chosen.length, end, chosen.step)


async def _view(api: Api, stream: Json | None, ask: Ask) -> View | None:
    if stream is None:
        return None
    name, span = stream["name"], window(stream, RANGES[ask.range])
    trends = {"stream": name, "from": span.start.isoformat(), "to": span.end.isoformat(), "step": span.step.seconds}
    overall, topics, alerts, items, moves = await asyncio.gather(
        api.get("trends", dimension="all", **trends),
        api.get("trends", dimension="topic", half_life=2 * span.step.seconds, **trends),
        _alerts(api, name),
        api.get("articles", stream=name, limit=ITEMS),
        _moves(api, name, RANGES[ask.range].hours),
    )
    cards = await _cards(api, ask.opened & {alert["id"] for alert in alerts})
    clock = moment(stream["clock"])
    return View(name, clock, span, alerts, cards, overall["series"], topics["series"], items["items"], moves)


async def _alerts(api: Api, stream: str) -> list[Json]:
    """The open alerts, however old, and the newest of all states; each once, newest first."""
    opened, newest = await asyncio.gather(
        api.get("alerts", stream=stream, state=["firing", "pending"], limit=ALERTS),
        api.get("alerts", stream=stream, limit=ALERTS),
    )
    found = {alert["id"]: alert for alert in opened["items"] + newest["items"]}
    return sorted(found.values(), key=lambda alert: int(alert["id"]), reverse=True)


async def _moves(api: Api, stream: str, hours: int) -> Moves:
    asked = {"stream": stream, "hours": hours, "min_items": LEAST, "limit": MOVERS}
    found = await asyncio.gather(*(api.get("trends/movers", dimension=name, **asked) for name in ("ticker", "topic")))
    return Moves(hours, [mover | {"dimension": one["dimension"]} for one in found for mover in one["movers"]])


async def _cards(api: Api, ids: frozenset[int]) -> dict[int, Json]:
    answers = await asyncio.gather(*(api.get(f"alerts/{id}") for id in sorted(ids)))
    return {answer["id"]: answer for answer in answers}


async def _learning(api: Api) -> Learning:
    labels, runs, models = await asyncio.gather(api.get("labels"), api.get("runs", limit=1), api.get("models"))
    return Learning(labels, next(iter(runs["items"]), None), models)
