"""Joins items to stories as they arrive. The same code runs over Postgres and in memory: a shelf is all that differs.

A story is named after its first item. An item joins the story of the most similar version that was published within
`WINDOW` of it, at the earliest one where several are alike. A version is an item that later copies are compared with:
a story's first, and what came directly from it in other words. A copy of a copy's copy finds none of them any more,
so that stories don't drift.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from bearometer_shared.stories.similarity import CLOSE, SAME, similarity
from bearometer_shared.stories.sketch import Sketch

WINDOW = timedelta(hours=72)  # of event time
CROWD = 50  # of one bucket only so many versions are looked at, the newest: a form letter costs no more than a story

ItemKey = tuple[str, str]  # stream, id


@dataclass(frozen=True, slots=True)
class Assignment:
    """The story of an item, `copies` of which came before it. `similarity` is 1 for the first item."""

    stream: str
    item: str
    story: str
    copies: int
    similarity: float

    @property
    def is_first(self) -> bool:
        return self.copies == 0

    @property
    def novelty(self) -> float:
        """What an item adds to its story, in [0, 1]: all of it at first, later what is new in it, less each time."""
        return 1.0 if self.is_first else (1 - self.similarity) / (1 + self.copies)


class Version(NamedTuple):
    """An item that copies are compared with."""

    sketch: Sketch
    story: str

    @property
    def is_first(self) -> bool:
        return self.sketch.id == self.story


class Shelf(Protocol):
    """Where stories are kept. `lock` may block until another who holds one of the streams is done."""

    def lock(self, streams: Collection[str]) -> None:
        """Keeps all others out of these streams until the transaction ends."""

    def known(self, items: Collection[ItemKey]) -> dict[ItemKey, Assignment]:
        """Of these items, what was said of those that came before."""

    def versions(
        self, stream: str, keys: Collection[int], since: datetime, until: datetime
    ) -> Iterable[tuple[int, Version]]:
        """Of each bucket the `CROWD` newest versions published from `since` to `until`; of one time the last added."""

    def heat(self, stories: Collection[ItemKey]) -> dict[ItemKey, int]:
        """How many items each story has."""

    def add(self, items: Sequence[tuple[Sketch, Assignment]], versions: Sequence[Version]) -> None:
        """Keeps what was said of items, and the versions among them."""


def assign(shelf: Shelf, items: Iterable[Sketch]) -> list[Assignment]:
    """The stories of items, in the order of publishing, whatever the order in which they are handed in.

    An item that came before is answered as before. Raises what the shelf raises.
    """
    order = sorted({(item.stream, item.id): item for item in items}.values(), key=lambda item: (item.at, item.id))
    shelf.lock(sorted({item.stream for item in order}))
    said = shelf.known([(item.stream, item.id) for item in order])
    batch = _Batch(shelf, [item for item in order if (item.stream, item.id) not in said])
    said |= {(answer.stream, answer.item): answer for answer in batch.answers()}
    return [said[item.stream, item.id] for item in order]


class _Batch:
    """New items against what the shelf holds and against each other."""

    def __init__(self, shelf: Shelf, items: Sequence[Sketch]) -> None:
        self._shelf, self._items = shelf, items
        self._in_bucket: dict[int, list[Version]] = defaultdict(list)
        self._heat: dict[ItemKey, int] = {}

    def answers(self) -> list[Assignment]:
        if not self._items:
            return []
        for key, version in self._found():
            self._in_bucket[key].append(version)
        found = {(v.sketch.stream, v.story) for versions in self._in_bucket.values() for v in versions}
        self._heat = self._shelf.heat(found)
        added, versions = [], list[Version]()
        for item in self._items:
            answer, is_version = self._answer(item)
            added.append((item, answer))
            if is_version:
                versions.append(Version(item, answer.story))
                self._put(versions[-1])
        self._shelf.add(added, versions)
        return [answer for _, answer in added]

    def _found(self) -> Iterable[tuple[int, Version]]:
        for stream in sorted({item.stream for item in self._items}):
            mine = [item for item in self._items if item.stream == stream]
            keys = {key for item in mine for key in item.keys}
            yield from self._shelf.versions(stream, keys, mine[0].at - WINDOW, mine[-1].at + WINDOW)

    def _put(self, version: Version) -> None:
        for key in version.sketch.keys:
            self._in_bucket[key].append(version)

    def _answer(self, item: Sketch) -> tuple[Assignment, bool]:
        """What is said of an item, and whether it becomes a version."""
        likeness, version = self._nearest(item)
        first = Assignment(item.stream, item.id, item.id, 0, 1.0)
        if version is None:
            answer, is_version = first, True
        else:
            copies = self._heat.get((item.stream, version.story), 1)  # forgotten since it was found, it had its first
            answer = replace(first, story=version.story, copies=copies, similarity=round(likeness, 6))
            adds_words = likeness < CLOSE or (item.has_body and not version.sketch.has_body)
            is_version = version.is_first and adds_words
        self._heat[item.stream, answer.story] = answer.copies + 1
        return answer, is_version

    def _nearest(self, item: Sketch) -> tuple[float, Version | None]:
        near = {version.sketch.id: version for key in item.keys for version in self._in_bucket.get(key, ())}
        inside = [version for version in near.values() if abs(version.sketch.at - item.at) <= WINDOW]
        alike = [(similarity(item, version.sketch), version) for version in inside]
        same = [(likeness, version) for likeness, version in alike if likeness >= SAME]
        return min(same, key=lambda pair: (-pair[0], pair[1].sketch.at, pair[1].sketch.id), default=(0.0, None))
