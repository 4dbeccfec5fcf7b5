"""An invented evidence card over invented news: its stories with copies and words, and the hours before it."""

import random
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

Json = dict[str, Any]
STEP, POINTS, WINDOW = 5, 108, 60  # minutes, steps, minutes
BAD = {"halts": -0.44, "queue": -0.21, "fall": -0.5, "suspended": -0.2, "cut": -0.31, "sell,": -0.2, "slide": -0.4}
BAD |= {"resigns": -0.35, "outflows": -0.25, "trouble": -0.3, "emergency": -0.3, "delays": -0.4, "talks": -0.1}
GOOD = {"confirms": 0.08, "below": 0.09, "approval": 0.3, "depositors": 0.05}


def card(until: datetime, items: list[Json], observed: int, expected: float) -> Json:
    """Of a window that ends at `until`; `items` are articles, the surest first."""
    curve = _curve(until, observed, expected)
    weight = sum(_negative(item) for item in items) or 1
    return {
        "since": (until - timedelta(minutes=WINDOW)).isoformat(),
        "until": until.isoformat(),
        "window_minutes": WINDOW,
        "covered": {"since": None, "until": None, "minutes": 57},
        "among": sum(curve["among"][-WINDOW // STEP :]),
        "observed": observed,
        "expected": expected,
        "negatives": observed + 5,
        "stories": observed,
        "sources": len({item["source"] for item in items}),
        "top": [_story(item, place, weight) for place, item in enumerate(items)],
        "curve": curve,
        "words": "ready",
    }


def _negative(item: Json) -> float:
    return max(0.3, -float(item["score"]))


def _story(item: Json, place: int, weight: float) -> Json:
    copied = [{"source": "Ledgerline", "items": 2}, {"source": "TapeChatter", "items": 1}][: 2 - place]
    shown = ("id", "title", "source", "published_at", "url", "score")
    return {name: item[name] for name in shown} | {
        "story": item["id"],
        "negative": _negative(item),
        "contribution": round(_negative(item) / weight, 4),
        "copies": sum(copy["items"] for copy in copied),
        "copied_by": copied,
        "sources": 1 + len(copied),
        "model_version": "2026-03-04-a1f3",
        "words": [_word(word, place) for word in item["title"].split()] if place < 5 else [],
    }


def _word(word: str, place: int) -> Json:
    return {"word": word, "contribution": BAD.get(word, GOOD.get(word, -0.02 * (place % 2)))}


def _curve(until: datetime, observed: int, expected: float) -> Json:
    chance = random.Random(observed)  # noqa: S311 - made up, no secret
    among = [max(1, round(chance.gauss(6 + (n > 50) * 3, 2))) for n in range(POINTS)]
    rate = expected / sum(among[-WINDOW // STEP :])
    negatives = [int(rate * count + chance.random()) for count in among]
    for _ in range(max(0, observed - sum(negatives[-WINDOW // STEP :]))):
        negatives[-1 - int(chance.random() ** 2 * 8)] += 1
    sums = [rate * sum(among[n - WINDOW // STEP : n]) for n in range(WINDOW // STEP, POINTS + 1)]
    return {
        "since": (until - timedelta(minutes=STEP * POINTS)).isoformat(),
        "step_minutes": STEP,
        "among": among,
        "negatives": negatives,
        "expected": [round(rate * count, 3) for count in among],
        "threshold": [None] * (WINDOW // STEP - 1) + [round(4 + mean + 4 * sqrt(mean)) for mean in sums],
    }
