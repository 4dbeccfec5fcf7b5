"""The shadow: a candidate answers the newest items beside the champion before it may serve.

It sits in the run and not in the scorer: the same items, the same answers whenever it is repeated, no second model in
the process that serves, and an idle stream is no special case.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from sqlalchemy import Engine as Database

from bearometer_shared.inference.engine import Engine, Score
from bearometer_shared.storage import shadow
from bearometer_shared.storage.session import transaction
from bearometer_shared.text import model_text

ITEMS = 300
ALERTS = 50
DAY = timedelta(days=1)
Answer = Callable[[Sequence[str]], list[Score]]


def compare(database: Database, champion: Path, candidate: Path, now: datetime) -> dict[str, Any]:
    """Both models on the newest items, and the last day's alerts as the candidate reads them. Takes seconds."""
    with transaction(database) as connection:
        texts = [model_text(*item) for item in shadow.newest_texts(connection, ITEMS)]
        fired = shadow.fired_since(connection, now - DAY, ALERTS)
    before, after = _answers(champion, texts), _answers(candidate, texts)
    titles = [model_text(title) for alert in fired for title in alert["titles"]]
    read = dict(zip(titles, _answers(candidate, titles), strict=True))
    return agreement(before, after) | {"alerts": [_reread(alert, read) for alert in fired]}


def agreement(before: Sequence[Score], after: Sequence[Score]) -> dict[str, Any]:
    """Share of equal sentiments and topics, and the mean absolute difference of the score from -1 to 1."""
    pairs = list(zip(before, after, strict=True))
    if not pairs:
        return {"items": 0}
    return {
        "items": len(pairs),
        "same_sentiment": fmean(a.sentiment == b.sentiment for a, b in pairs),
        "same_topic": fmean(a.topic == b.topic for a, b in pairs),
        "score_difference": fmean(abs(a.signed - b.signed) for a, b in pairs) / 1e6,
        "negative_before": fmean(a.sentiment == "negative" for a, _ in pairs),
        "negative_after": fmean(b.sentiment == "negative" for _, b in pairs),
    }


def _reread(alert: dict[str, Any], read: dict[str, Score]) -> dict[str, Any]:
    """Of an alert's top stories, how many the candidate calls negative; `weaker`: not half of them."""
    top = [read[model_text(title)].sentiment for title in alert["titles"]]
    negative = top.count("negative")
    names = {name: alert[name] for name in ("id", "dimension", "key")}
    return names | {"stories": len(top), "negative": negative, "weaker": 2 * negative < len(top)}


def _answers(folder: Path, texts: Sequence[str]) -> list[Score]:
    return Engine.load(folder, device="cpu").score(texts) if texts else []
