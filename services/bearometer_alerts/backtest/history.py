"""News as the scorer and the trends would have it: scored, each id once, what is late left out, joined to stories.

A story counts once for each of its keys, in the minute in which it is first told, and first told as negative.

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
from bearometer_shared.entities import Entity, linker_with
from bearometer_shared.inference.news import Judged, Model, judge
from bearometer_shared.storage import story_keys, trends
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.story_keys import Change, First, StoryKey
from bearometer_shared.stories.joining import assign
from bearometer_shared.stories.memory import MemoryShelf
from bearometer_shared.stories.sketch import sketch
from bearometer_shared.wire import ONE_MINUTE, News

BATCH = 512


class Scores(Model, Protocol):
    """What scores texts: the engine, or a stand-in for it."""

    version: str


@dataclass
class History:
    """A file's negative items by key, and where its stories count. Texts are linked to `companies`, too."""

    companies: Sequence[Entity] = ()
    items: int = 0
    late: int = 0
    repeated: int = 0
    negatives: dict[Key, list[ArticleRow]] = field(default_factory=dict)
    _firsts: dict[StoryKey, First] = field(default_factory=dict)
    _shelf: MemoryShelf = field(default_factory=MemoryShelf)
    _seen: set[str] = field(default_factory=set)
    _tick: datetime | None = None

    def take(self, news: Iterable[News], engine: Scores) -> Iterator[int]:
        """Takes news in, and says after each batch how many items there are."""
        for rows in self.scored(news, engine):
            self.count(rows)
            yield self.items

    def scored(self, news: Iterable[News], engine: Scores) -> Iterator[list[ArticleRow]]:
        """The rows that are to be counted, in batches: a caller who counts them several times scores them once."""
        fresh, links = self._on_time(news), linker_with(self.companies)
        while batch := list(islice(fresh, BATCH)):
            told = {said.item: said.story for said in assign(self._shelf, map(sketch, batch))}
            yield [_row(one, told[one.item.id], engine.version) for one in judge(engine, links, batch)]

    def count(self, rows: Sequence[ArticleRow]) -> None:
        """Adds scored rows, in any order, to the counts of their minutes."""
        self.items += len(rows)
        for of, first in trends.firsts(rows).items():
            self._firsts[of] = _earliest(self._firsts.get(of, first), first)
        for row in rows:
            for about in trends.keys_of(row):
                if (seen := row.about(*about)).sentiment == "negative":
                    self.negatives.setdefault(about, []).append(seen)

    def minutes(self) -> list[Minute]:
        """Minutes with stories, in order, as the detector takes them."""
        found: dict[datetime, dict[Key, Counter[str]]] = {}
        changes = (Change(of, None, first) for of, first in self._firsts.items())
        for (_, dimension, key, minute), count in story_keys.counts(changes).items():
            if dimension in PRIORS:
                found.setdefault(minute, {})[dimension, key] = count
        return [_minute(minute, found[minute]) for minute in sorted(found)]

    def told(self) -> dict[Key, list[tuple[datetime, str]]]:
        """By key: its negative stories, each with the minute in which it is first told badly, in order."""
        found: dict[Key, list[tuple[datetime, str]]] = {}
        for (_, story, dimension, key), first in self._firsts.items():
            if first.negative:
                found.setdefault((dimension, key), []).append((first.negative, story))
        return {key: sorted(stories) for key, stories in found.items()}

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


def _earliest(one: First, other: First) -> First:
    negative = [minute for minute in (one.negative, other.negative) if minute]
    return First(min(one.minute, other.minute), min(negative, default=None))


def _minute(at: datetime, keys: dict[Key, Counter[str]]) -> Minute:
    negatives = {key: count["negative_stories"] for key, count in keys.items() if count["negative_stories"]}
    return Minute(times.number(at), keys.get(ALL, Counter[str]())["stories"], negatives)


def _row(judged: Judged, story: str, version: str) -> ArticleRow:
    """The row that the scorer would store."""
    item, score, tickers, towards = judged
    return ArticleRow(
        stored_on=item.received_at.date(),
        stored_at=item.received_at,
        late=False,
        batch=UUID(int=0),
        model_version=version,
        tickers=tickers,
        towards=towards,
        body="",  # not needed any more
        story=story,
        **{name: getattr(item, name) for name in ITEM},
        **{name: getattr(score, name) for name in SCORE},
    )


ITEM = ("stream", "id", "published_at", "received_at", "future", "source", "title", "url", "lang")
SCORE = ("sentiment", "negative", "neutral", "positive", "signed", "topic", "topic_p")
