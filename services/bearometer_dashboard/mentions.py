"""The companies that an item names, each with the sentiment towards it, as the table shows them."""

from bearometer_dashboard.client import Json
from bearometer_dashboard.wording import MINUS, signed

SIGNS = {"negative": MINUS, "neutral": "0", "positive": "+"}
SHOWN = 3  # more would not fit a row; the rest is counted, and named where the pointer rests


def chips(article: Json) -> list[Json]:
    """A chip each: `ticker`, the `sign` and name of the sentiment. Empty where one company alone is named, since the
    item's own sentiment is the one towards it.
    """
    mentions = article["mentions"]
    return [_chip(mention) for mention in mentions[:SHOWN]] if len(mentions) > 1 else []


def more(article: Json) -> str:
    """`+2`, where more companies are named than are shown."""
    left = len(article["mentions"]) - SHOWN
    return f"+{left}" if left > 0 else ""


def told(article: Json) -> str:
    """`HWB negative -0.82, CRWB positive +0.31`: all of them in words."""
    return ", ".join(f"{one['ticker']} {one['sentiment']} {signed(one['score'])}" for one in article["mentions"])


def _chip(mention: Json) -> Json:
    sentiment = mention["sentiment"]
    return {"ticker": mention["ticker"], "sentiment": sentiment, "sign": SIGNS[sentiment]}
