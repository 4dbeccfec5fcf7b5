"""Where a story counts: for each key once, in the minute of its first item in time, and of its first negative one.

First in the order of publishing: an item that was published before the others and is stored after them takes the count
to its own minute. Both minutes are open then, since alerts make late whatever falls into one that they have closed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

Bucket = tuple[str, str, str, datetime]  # stream, dimension, key, minute
StoryKey = tuple[str, str, str, str]  # stream, story, dimension, key


class First(NamedTuple):
    """The minute in which a story is first told for a key, and the one in which it is first told as negative."""

    minute: datetime
    negative: datetime | None

    def before(self, other: "First | None") -> "First":
        """The earlier of both, and the earlier negative one."""
        if other is None:
            return self
        negatives = [first.negative for first in (self, other) if first.negative]
        return First(min(self.minute, other.minute), min(negatives, default=None))


class Change(NamedTuple):
    """What was first, if anything was, and what is now."""

    of: StoryKey
    old: First | None
    new: First


def change(connection: Connection, firsts: Mapping[StoryKey, First]) -> list[Change]:
    """Stores what is earlier than what is stored. The streams must be locked: what is read here must not move."""
    known = _known(connection, firsts)
    earliest = {of: first.before(known.get(of)) for of, first in firsts.items()}
    changes = [Change(of, known.get(of), first) for of, first in earliest.items() if first != known.get(of)]
    _write(connection, changes)
    return changes


def counts(changes: Iterable[Change]) -> dict[Bucket, Counter[str]]:
    """What changes add to the buckets' `stories` and `negative_stories`, and take from those of before."""
    totals: dict[Bucket, Counter[str]] = defaultdict(Counter)
    for (stream, _, dimension, key), old, new in changes:
        for firsts, sign in ((old, -1), (new, 1)):
            if firsts:
                totals[stream, dimension, key, firsts.minute]["stories"] += sign
            if firsts and firsts.negative:
                totals[stream, dimension, key, firsts.negative]["negative_stories"] += sign
    return totals


def rebuild(connection: Connection, stream: str, firsts: str) -> None:
    """Replaces a stream's rows by those of a query `firsts` of all its stories, as far as a copy may still come."""
    connection.execute(text("DELETE FROM story_keys WHERE stream = :stream"), {"stream": stream})
    joinable = "EXISTS (SELECT FROM stories s WHERE s.stream = f.stream AND s.id = f.story)"
    insert = f"INSERT INTO story_keys SELECT f.* FROM ({firsts}) f WHERE {joinable}"  # noqa: S608 - constants
    connection.execute(text(insert), {"stream": stream})


def forget(connection: Connection) -> None:
    """Drops the rows of stories that are forgotten. Call it before more are: a scorer that has just found one, as it
    goes, then still finds where it counts.
    """
    gone = "NOT EXISTS (SELECT FROM stories s WHERE s.stream = k.stream AND s.id = k.story)"
    connection.execute(text(f"DELETE FROM story_keys k WHERE {gone}"))  # noqa: S608 - a constant


def _known(connection: Connection, keys: Collection[StoryKey]) -> dict[StoryKey, First]:
    # LATERAL and OFFSET keep the planner to the index, whatever it believes of the size of the table.
    rows = connection.execute(
        text(
            f"SELECT k.* FROM {_GIVEN} CROSS JOIN LATERAL (SELECT * FROM story_keys"  # noqa: S608 - a constant
            " WHERE (stream, story, dimension, key) = (n.stream, n.story, n.dimension, n.key) OFFSET 0) k"
        ),
        _columns(keys),
    )
    return {(row.stream, row.story, row.dimension, row.key): First(row.minute, row.negative_minute) for row in rows}


def _write(connection: Connection, changes: Collection[Change]) -> None:
    order = sorted(changes)
    firsts = {"minutes": [to.new.minute for to in order], "negatives": [to.new.negative for to in order]}
    connection.execute(
        text(
            "INSERT INTO story_keys SELECT * FROM unnest(CAST(:streams AS text[]), CAST(:stories AS text[]),"
            " CAST(:dimensions AS text[]), CAST(:keys AS text[]), CAST(:minutes AS timestamptz[]),"
            " CAST(:negatives AS timestamptz[])) ON CONFLICT (stream, story, dimension, key) DO UPDATE"
            " SET minute = excluded.minute, negative_minute = excluded.negative_minute"
        ),
        _columns([to.of for to in order]) | firsts,
    )


def _columns(keys: Collection[StoryKey]) -> dict[str, list[str]]:
    return {name: [of[n] for of in keys] for n, name in enumerate(("streams", "stories", "dimensions", "keys"))}


_GIVEN = (
    "unnest(CAST(:streams AS text[]), CAST(:stories AS text[]), CAST(:dimensions AS text[]), CAST(:keys AS text[]))"
    " AS n(stream, story, dimension, key)"
)
