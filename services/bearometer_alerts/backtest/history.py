"""News as the scorer and the trends would have it: scored, each id once, what is late left out, counted by minute.

Event time moves as in a replay: with an item that is a minute or more newer than the last tick. An item older than that
tick is late. It counts nowhere, as in the service.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Protocol
from uuid import UUID

from bearometer_alerts import times
from bearometer_alerts.detector import Minute
from bearometer_alerts.minutes import ALL
from bearometer_alerts.rule import PRIORS
from bearometer_alerts.usual import Key
from bearometer_shared.entities import default_linker
from bearometer_shared.inference.engine import Score
from bearometer_shared.storage import trends
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.text import model_text
from bearometer_shared.wire import ONE_MINUTE, News

BATCH = 512
READ = 2000  # characters of a body in which companies are looked for, as in the scorer


class Scores(Protocol):
    """What scores texts: the engine, or a stand-in for it."""

    version: str

    def score(self, texts: Sequence[str]) -> list[Score]: ...


@dataclass
class History:
    """A file's negative items by key, in order of time once all are in, and its counts."""

    items: int = 0
    late: int = 0
    repeated: int = 0
    negatives: dict[Key, list[ArticleRow]] = field(default_factory=dict)
    _totals: dict[int, tuple[Counter[str], Counter[Key]]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _tick: datetime | None = None

    def take(self, news: Iterable[News], engine: Scores) -> Iterator[int]:
        """Takes news in, and says after each batch how many items there are."""
        fresh = self._on_time(news)
        while batch := list(islice(fresh, BATCH)):
            scores = engine.score([model_text(item.title, item.body) for item in batch])
            self._count([_row(item, score, engine.version) for item, score in zip(batch, scores, strict=True)])
            yield self.items

    def minutes(self) -> list[Minute]:
        """Minutes with items, in order, as the detector takes them."""
        return [Minute(at, total["items"], negatives) for at, (total, negatives) in sorted(self._totals.items())]

    def _on_time(self, news: Iterable[News]) -> Iterator[News]:
        for item in news:
            if item.id in self._seen:
                self.repeated += 1
                continue
            self._seen.add(item.id)
            self._tick = self._tick or item.published_at
            if item.published_at < self._tick:
                self.late += 1
                continue
            if item.published_at - self._tick >= ONE_MINUTE:
                self._tick = item.published_at
            yield item

    def _count(self, rows: Sequence[ArticleRow]) -> None:
        self.items += len(rows)
        for (_, dimension, key, minute), count in trends.increments(rows).items():
            total, negatives = self._totals.setdefault(times.number(minute), (Counter(), Counter()))
            if (dimension, key) == ALL:
                total["items"] += count["items"]
            if dimension in PRIORS and count["negative"]:
                negatives[dimension, key] += count["negative"]
        for row in rows:
            if row.sentiment == "negative":
                for about in trends.keys_of(row):
                    self.negatives.setdefault(about, []).append(row)


def _row(item: News, score: Score, version: str) -> ArticleRow:
    """The row that the scorer would store. Tickers are the publisher's and those that the text names."""
    named = default_linker().tickers(f"{item.title}\n{item.body[:READ]}", item.published_at)
    return ArticleRow(
        stored_on=item.received_at.date(),
        stored_at=item.received_at,
        late=False,
        batch=UUID(int=0),
        model_version=version,
        tickers=list(dict.fromkeys([*item.tickers, *named])),
        body="",  # not needed any more
        **{name: getattr(item, name) for name in ITEM},
        **{name: getattr(score, name) for name in SCORE},
    )


ITEM = ("stream", "id", "published_at", "received_at", "future", "source", "title", "url", "lang")
SCORE = ("sentiment", "negative", "neutral", "positive", "signed", "topic", "topic_p")
