"""A drift made of real tweets: topics and words that the starting model never saw, and labels of them in rounds."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bearometer_cli.bench.data_sets import some
from bearometer_training import data
from bearometer_training.data import Row

ROUNDS = 5
JUDGING = 5  # one row in five
OLD_A_LABEL = 15  # rows that the starting model saw, for each label of a round
UNREAD = 2000  # texts that arrive between two rounds
FILE = "twitter_topic/train.jsonl"


class Kind(NamedTuple):
    """What is new: whole topics, and rows of any topic that hold one of some words."""

    name: str
    topics: frozenset[str]
    words: frozenset[str]

    def is_new(self, row: Row) -> bool:
        return row.topic in self.topics or bool(self.words & set(re.findall("[a-z]+", row.text.lower())))


CHOOSING = Kind(
    "choosing",
    frozenset({"Energy | Oil", "Legal | Regulation"}),
    frozenset({"china", "chinese", "covid", "beijing", "shanghai"}),
)
"""The drift that settings were chosen on; it reports nothing."""

REPORTING = Kind(
    "reporting",
    frozenset({"Personnel Change", "Dividend"}),
    frozenset({"russia", "russian", "ukraine", "bitcoin", "crypto", "ethereum"}),
)


class Drift(NamedTuple):
    """What the starting model learns, the labels of each round, what judges (old and new rows), and texts that arrive
    beside those and are read by nobody."""

    start: Sequence[Row]
    rounds: Sequence[Sequence[Row]]
    judging: Mapping[str, Sequence[Row]]
    unread: Sequence[str] = ()

    def labels(self, round_: int) -> list[Row]:
        """The labels of the rounds up to and with this one, oldest first; round 0 has none."""
        return [row for labels in self.rounds[:round_] for row in labels]


def made(folder: Path, items: int, kind: Kind) -> Drift:
    """A drift with `items` old rows to start from. Raises UserError where `folder` lacks the set."""
    taught, judging = data.split(data.read(folder / FILE), JUDGING, salt="drift")
    new = iter(some([row for row in taught if kind.is_new(row)], len(taught)))
    rounds = [list(islice(new, max(items // OLD_A_LABEL, 10))) for _ in range(ROUNDS)]
    parts = {"old": [r for r in judging if not kind.is_new(r)], "new": [r for r in judging if kind.is_new(r)]}
    start = some([row for row in taught if not kind.is_new(row)], items)
    known = {row.text for row in (*start, *(row for labels in rounds for row in labels))}
    unread = some([row.text for row in taught if row.text not in known], UNREAD)
    return Drift(start, rounds, parts, unread)
