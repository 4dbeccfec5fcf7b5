"""Consumer offsets that live beside the rows they vouch for, moved only by their owner."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from bearometer_shared.errors import FencedError
from bearometer_shared.kafka.port import Partition

# Everything that came to the topic before this moment is stored: the least over its partitions, as Flink's watermarks
# are. None while a partition has an owner who has not read of it; now where there are no partitions, as in a back-test.
HEARD_TO = """
    (SELECT CASE WHEN count(*) = count(heard_to) THEN least(min(heard_to), :now) END FROM offsets)
"""


@dataclass(frozen=True, slots=True)
class Position:
    """`next`: the first offset not stored yet. `announced`: the first whose score is not in news.scored for sure."""

    next: int
    announced: int


def take(connection: Connection, partition: Partition) -> Position:
    """Where a partition stands; a partition never seen starts at 0."""
    where = {"topic": partition.topic, "partition": partition.number}
    connection.execute(text("INSERT INTO offsets VALUES (:topic, :partition, 0, 0) ON CONFLICT DO NOTHING"), where)
    row = connection.execute(
        text("SELECT next, announced FROM offsets WHERE topic = :topic AND partition = :partition"), where
    ).one()
    return Position(row.next, row.announced)


def of(connection: Connection, topic: str) -> set[Partition]:
    """The partitions of a topic that anybody has ever taken."""
    rows = connection.execute(text("SELECT partition FROM offsets WHERE topic = :topic"), {"topic": topic})
    return {Partition(topic, row.partition) for row in rows}


def drop(connection: Connection, partitions: Set[Partition]) -> None:
    """Forgets partitions that are no more: as long as they stand here, they keep HEARD_TO where it is."""
    where = [{"topic": partition.topic, "partition": partition.number} for partition in partitions]
    connection.execute(text("DELETE FROM offsets WHERE topic = :topic AND partition = :partition"), where)


def move(connection: Connection, old: Mapping[Partition, Position], new: Mapping[Partition, Position]) -> None:
    """Moves partitions on. Raises FencedError when another owner moved one of them first: roll back then."""
    order: Sequence[Partition] = sorted(new)
    moved = connection.execute(
        text(
            "UPDATE offsets o SET next = n.next, announced = n.announced"
            " FROM unnest(CAST(:t AS text[]), CAST(:p AS int[]), CAST(:old AS bigint[]), CAST(:next AS bigint[]),"
            " CAST(:announced AS bigint[])) AS n(topic, partition, old, next, announced)"
            " WHERE o.topic = n.topic AND o.partition = n.partition AND o.next = n.old"
        ),
        {
            "t": [p.topic for p in order],
            "p": [p.number for p in order],
            "old": [old[p].next for p in order],
            "next": [new[p].next for p in order],
            "announced": [new[p].announced for p in order],
        },
    )
    if moved.rowcount != len(order):
        raise FencedError(f"{len(order) - moved.rowcount} of {len(order)} partitions have another owner")


def hear(connection: Connection, to: Mapping[Partition, datetime], now: datetime) -> None:
    """All that came to these partitions before such a moment is stored. A moment later than now, which a clock that was
    ahead has left, does not stand.
    """
    order: Sequence[Partition] = sorted(to)
    connection.execute(
        text(
            "UPDATE offsets o"
            " SET heard_to = greatest(CASE WHEN o.heard_to <= :now THEN o.heard_to END, least(n.at, :now))"
            " FROM unnest(CAST(:t AS text[]), CAST(:p AS int[]), CAST(:at AS timestamptz[])) AS n(topic, partition, at)"
            " WHERE o.topic = n.topic AND o.partition = n.partition"
        ),
        {"t": [p.topic for p in order], "p": [p.number for p in order], "at": [to[p] for p in order], "now": now},
    )
