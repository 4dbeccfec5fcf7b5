"""Pairs of items that were labelled by reading as one story or two, and how well a likeness tells them apart.

The labels name items of public sets and hold no text.
"""

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bearometer_cli.bench.data_sets import rows
from bearometer_shared.errors import UserError
from bearometer_shared.wire import News, news_item

PAIRS = Path(__file__).with_suffix(".csv")
SETS = {"reuters1987": "reuters1987/feb-jun.jsonl.gz", "stocknet": "stocknet/2014.jsonl.gz"}

Likeness = Callable[[News, News], float]


class Pair(NamedTuple):
    """Two items of a set, and whether they tell one story."""

    set: str
    a: News
    b: News
    same: bool


def labelled(folder: Path) -> list[Pair]:
    """The labelled pairs, in the order of the file. Raises UserError where `folder` lacks one of the sets."""
    with PAIRS.open(newline="") as file:
        pairs = list(csv.DictReader(file))
    items = {name: _items(folder / path, {pair[k] for pair in pairs for k in "ab"}) for name, path in SETS.items()}
    return [Pair(p["set"], items[p["set"]][p["a"]], items[p["set"]][p["b"]], p["same"] == "1") for p in pairs]


def newswire(folder: Path, count: int) -> list[News]:
    """The first `count` items of the newswire. Raises UserError where there are fewer."""
    path, now = folder / SETS["reuters1987"], datetime.now(UTC)
    found = [news_item(row, received_at=now) for row in islice(rows(path), count)]
    if len(found) < count:
        raise UserError(f"{path}: {len(found)} items; {count} are needed (--items, or --file)")
    return found


def judged(likeness: Likeness, threshold: float, pairs: Sequence[Pair]) -> dict[str, float]:
    """Precision, recall and F1 of calling pairs one story from a threshold on: of all pairs, and of each set's."""
    calls = [(pair, likeness(pair.a, pair.b) >= threshold) for pair in pairs]
    found = {"": _rates(calls)}
    found |= {f"{name}_": _rates([call for call in calls if call[0].set == name]) for name in SETS}
    return {prefix + rate: round(value, 3) for prefix, rates in found.items() for rate, value in rates.items()}


def best_threshold(likeness: Likeness, pairs: Sequence[Pair]) -> float:
    """The threshold of the highest F1, in hundredths."""
    found = [(likeness(pair.a, pair.b), pair.same) for pair in pairs]
    same = sum(is_same for _, is_same in found)

    def f1(threshold: float) -> float:
        called = [is_same for value, is_same in found if value >= threshold]
        return 2 * sum(called) / (len(called) + same)

    return max((step / 100 for step in range(1, 101)), key=f1)


def _rates(calls: Sequence[tuple[Pair, bool]]) -> dict[str, float]:
    right = sum(pair.same and called for pair, called in calls)
    called, same = sum(called for _, called in calls), sum(pair.same for pair, _ in calls)
    return {
        "precision": right / called if called else 1.0,
        "recall": right / same if same else 1.0,
        "f1": 2 * right / (called + same) if called + same else 1.0,
    }


def _items(path: Path, wanted: set[str]) -> dict[str, News]:
    """Items by id; of an id that comes again the first."""
    now, found = datetime.now(UTC), dict[str, News]()
    for row in rows(path):
        if row["id"] in wanted and row["id"] not in found:
            found[row["id"]] = news_item(row, received_at=now)
    return found
