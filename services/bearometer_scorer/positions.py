"""Where this scorer's partitions stand, as Postgres says: what is read, what is stored, what is announced."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from bearometer_scorer import metrics
from bearometer_shared.kafka.port import Consumer, Partition, Record
from bearometer_shared.storage import offsets
from bearometer_shared.storage.offsets import Position
from bearometer_shared.storage.session import transaction

log = structlog.get_logger()
Moved = Mapping[Partition, Position]
HEARD_EVERY = timedelta(seconds=1)


class Positions:
    """The partitions that were taken over, each with its position in the topic."""

    def __init__(self, consumer: Consumer, database: Engine) -> None:
        self._consumer, self._database = consumer, database
        self._of: dict[Partition, Position] = {}
        self._sent: dict[Partition, int] = {}  # up to where we have announced ourselves, acknowledged or not
        self._unsought: set[Partition] = set()
        self._heard_at: datetime | None = None

    def take_over(self) -> set[Partition]:
        """Seeks what became ours to where Postgres says. Returns the partitions whose records may be taken now: not yet
        those just sought, of which the last poll gave records from elsewhere.
        """
        self._unsought |= self._consumer.newly_assigned()
        fresh = set(self._unsought)
        for partition in sorted(fresh):
            self._of[partition] = self._sought(partition)
            self._sent.pop(partition, None)
            self._unsought.discard(partition)
        for topic in {partition.topic for partition in fresh}:
            self._drop_gone(topic)
        return self._consumer.assigned() & self._of.keys() - fresh

    def next(self) -> dict[Partition, int]:
        """The first offset of each that is not stored yet."""
        return {partition: position.next for partition, position in self._of.items()}

    def after(self, records: Sequence[Record]) -> Moved:
        """Where a batch's partitions stand after it: announced up to its start, since its own go out after it."""
        first = {record.partition: record.offset for record in reversed(records)}
        end = _ends(records)
        return {p: Position(max(self._of[p].next, end[p]), announced=first[p]) for p in end}

    def move(self, connection: Connection, moved: Moved) -> None:
        """Stores new positions. Raises FencedError where another owner has moved on: roll back then."""
        offsets.move(connection, self._of, moved)

    def hear(self, now: datetime, polled: Set[Partition]) -> None:
        """Notes which partitions hold nothing that is not stored; `polled` are those with records still to store.
        Silence moves the clocks of live streams only as far as this says: an outage is no silence.
        """
        if self._heard_at and abs(now - self._heard_at) < HEARD_EVERY:
            return
        left = self._consumer.left()
        metrics.BEHIND.set(sum(left.values()))
        ended = {p for p, records in left.items() if not records} & self._of.keys() - self._unsought - polled
        with transaction(self._database) as connection:
            offsets.hear(connection, dict.fromkeys(ended, now), now)
        self._heard_at = now

    def keep(self, moved: Moved) -> None:
        """What was moved is committed."""
        self._of |= moved

    def sent(self, records: Sequence[Record]) -> None:
        """A stored batch's announcements are on their way."""
        self._sent |= _ends(records)

    def unannounced(self) -> Moved:
        """Those of ours whose last batch is not noted as announced, as they stand once it is. What an owner before us
        stored counts as announced no sooner than we have read it and sent it again.
        """
        mine = self._consumer.assigned() & self._sent.keys()
        ends = {p: self._sent[p] for p in mine if self._of[p].announced < self._sent[p]}
        return {p: Position(self._of[p].next, announced=end) for p, end in ends.items()}

    def forget(self) -> None:
        """All are to be read from Postgres again."""
        self._unsought |= self._consumer.assigned()
        self._of.clear()
        self._sent.clear()

    def _sought(self, partition: Partition) -> Position:
        """From the beginning where the topic was made anew and is shorter than what is stored."""
        with transaction(self._database) as connection:
            position = offsets.take(connection, partition)
            if self._consumer.seek(partition, position.announced) >= position.announced:
                return position
            log.warning("topic is shorter than our offset: it was made anew", topic=partition.topic)
            offsets.move(connection, {partition: position}, {partition: Position(0, 0)})
            return Position(0, 0)

    def _drop_gone(self, topic: str) -> None:
        with transaction(self._database) as connection:
            if gone := self._consumer.gone(offsets.of(connection, topic)):
                log.warning("topic was made anew with fewer partitions", topic=topic, gone=len(gone))
                offsets.drop(connection, gone)


def _ends(records: Sequence[Record]) -> dict[Partition, int]:
    return {record.partition: record.offset + 1 for record in records}
