"""Stories in memory: for a back-test, and for tests of what uses them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from heapq import nlargest

from bearometer_shared.stories.joining import CROWD, Assignment, ItemKey, Version
from bearometer_shared.stories.sketch import Sketch


class MemoryShelf:
    """A shelf of one process. It forgets nothing."""

    def __init__(self) -> None:
        self._said: dict[ItemKey, Assignment] = {}
        self._in_bucket: dict[int, list[Version]] = defaultdict(list)
        self._heat: Counter[ItemKey] = Counter()

    def lock(self, streams: Collection[str]) -> None:
        """One process, one thread: nobody to keep out."""

    def known(self, items: Collection[ItemKey]) -> dict[ItemKey, Assignment]:
        return {item: self._said[item] for item in items if item in self._said}

    def versions(
        self, stream: str, keys: Collection[int], since: datetime, until: datetime
    ) -> Iterable[tuple[int, Version]]:
        for key in keys:
            last_first = reversed(self._in_bucket.get(key, ()))
            inside = (version for version in last_first if since <= version.sketch.at <= until)
            yield from ((key, version) for version in nlargest(CROWD, inside, key=lambda version: version.sketch.at))

    def heat(self, stories: Collection[ItemKey]) -> dict[ItemKey, int]:
        return {story: self._heat[story] for story in stories}

    def add(self, items: Sequence[tuple[Sketch, Assignment]], versions: Sequence[Version]) -> None:
        for _, answer in items:
            self._said[answer.stream, answer.item] = answer
            self._heat[answer.stream, answer.story] += 1
        for version in versions:
            for key in version.sketch.keys:
                self._in_bucket[key].append(version)
