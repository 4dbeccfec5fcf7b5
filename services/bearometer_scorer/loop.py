"""The scorer's loop: one batch from Kafka to Postgres and on, commit last.

1. Poll. Partitions that became ours are sought to where Postgres says they are.
2. Decode; drop what the batch repeats and what is stored already.
3. Score with the model that serves now; link and sketch. One batch, one model. A thread does it, while this one stores
   the batch before (4 to 7): the model leaves a core idle that Postgres and Python can use.
4. Send what could not be taken to the dead letters, acknowledged.
5. One transaction: articles, stories, mentions, trends, clocks, offsets. Fenced: another owner means roll back.
6. Announce on news.scored; it counts as announced with the next batch, once acknowledged.
7. Tell Kafka, for the lag tools. Note once a second what has been read to its end.

An outage holds the batches: partitions pause, polling goes on, they are tried again.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError

from bearometer_scorer import metrics
from bearometer_scorer.batch import Batch
from bearometer_scorer.dead_letters import DeadLetters
from bearometer_scorer.intake import Intake, halves
from bearometer_scorer.positions import Positions
from bearometer_scorer.serving import Serving
from bearometer_scorer.storing import store
from bearometer_shared.clock import Clock
from bearometer_shared.entities import Linker, default_linker
from bearometer_shared.errors import FencedError
from bearometer_shared.kafka.port import NEWS_SCORED, Consumer, KafkaUnavailableError, Producer, Record
from bearometer_shared.settings import Settings
from bearometer_shared.storage import articles, offsets
from bearometer_shared.storage.session import is_outage, transaction, wake
from bearometer_shared.wire import encode

log = structlog.get_logger()


@dataclass
class Scorer:
    """Its state is two batches at most and the positions of its partitions; all else is rows."""

    settings: Settings
    consumer: Consumer
    producer: Producer
    database: Engine
    serving: Serving
    letters: DeadLetters
    clock: Clock
    linker: Callable[[], Linker] = default_linker

    def __post_init__(self) -> None:
        self._positions = Positions(self.consumer, self.database)
        self._intake = Intake(self.settings, self.database, self.serving, self.linker)
        self._open: deque[Batch] = deque()
        self._held: list[Record] = []

    def step(self, timeout_s: float = 0.2) -> int:
        """Begins a batch and stores the one before, or tries held ones again. Returns how many items were stored."""
        try:
            stored = self._turn(self._poll(0.0 if self._open else timeout_s))
            self.consumer.resume()
            self._hear()
            return stored
        except FencedError as error:
            log.warning("another scorer has moved on; reading its position", reason=str(error))
            self._forget()
        except KafkaUnavailableError as error:
            # Announcements may be lost with it: what Postgres does not know as announced is read and sent again.
            self._wait(error)
            self._forget()
        except DBAPIError as error:
            if not is_outage(error):
                raise
            self.consumer.pause()
            self._hold()
            self._wait(error)
        return 0

    def close(self) -> None:
        """Drains: what is polled is stored, and announced, then the partitions are given up."""
        try:
            with suppress(FencedError):  # then another one has read on from where we were
                while self._open:
                    self._store_first()
                self._announced()
        finally:
            self._intake.close()
            self.consumer.close()
            self.producer.close()

    def _poll(self, timeout_s: float) -> list[Record]:
        polled = self.consumer.poll(timeout_s, self.settings.batch_items)
        mine = self._positions.take_over()
        if any(record.partition not in mine for batch in self._open for record in batch.records):
            self._hold()
        self._held = [record for record in [*self._held, *polled] if record.partition in mine]
        return self._held

    def _turn(self, records: list[Record]) -> int:
        if records:
            self._open.extend(self._intake.begin(records, self._positions.next(), list(self._open)))
            self._held = []
        if len(self._open) > 1 or (self._open and not records):
            return self._store_first()
        return 0 if self._open else self._idle()

    def _store_first(self) -> int:
        stored = self._store(self._open[0])
        self._open.popleft()
        return stored

    def _store(self, batch: Batch) -> int:
        """Stores a batch; one that Postgres refuses is halved until the record at fault stands alone."""
        try:
            return self._store_whole(batch)
        except DataError as error:
            if len(batch.records) > 1:
                parts, next_of = halves(batch.records), self._positions.next()
                return sum(self._store(one) for part in parts for one in self._intake.begin(part, next_of))
            batch.work.refuse_all(f"Postgres refused it: {error.orig}")
            return self._store_whole(batch)

    def _store_whole(self, batch: Batch) -> int:
        work, (scores, version) = batch.work, batch.scored()
        self.letters.send(work.refused, read=len(batch.records))
        self.producer.flush()  # the last batch's announcements, sent while this one was scored
        now, lateness = self.clock.now(), timedelta(seconds=self.settings.lateness_s)
        moved = self._positions.after(batch.records)
        with transaction(self.database) as connection:
            stored = store(connection, work, scores, version=version, now=now, lateness=lateness)
            self._positions.move(connection, moved)
            offsets.hear(connection, {record.partition: record.at for record in batch.records}, now)
            again = articles.scored(connection, work.again) if work.again else []
            wake(connection)
        self._positions.keep(moved)
        for message in [*map(articles.announcement, stored), *again]:
            self.producer.send(NEWS_SCORED, message.article_id, encode(message))
        self._positions.sent(batch.records)
        self.consumer.commit({partition: position.next for partition, position in moved.items()})
        metrics.count(stored, work, version)
        return len(stored)

    def _idle(self) -> int:
        """Nothing to read: a new model may begin to serve all the same."""
        self.serving.current()
        self._announced()
        return 0

    def _hear(self) -> None:
        """Where Kafka does not say how far a partition goes, nothing was heard."""
        polled = {record.partition for batch in self._open for record in batch.records}
        with suppress(KafkaUnavailableError):
            self._positions.hear(self.clock.now(), polled)

    def _announced(self) -> None:
        """The last batch's announcements are acknowledged, and noted as such."""
        if due := self._positions.unannounced():
            self.producer.flush()
            with transaction(self.database) as connection:
                self._positions.move(connection, due)
            self._positions.keep(due)

    def _hold(self) -> None:
        """What is not stored is to be tried again, as one batch."""
        self._held = [*(record for batch in self._open for record in batch.records), *self._held]
        self._open.clear()

    def _wait(self, error: Exception) -> None:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        log.warning("outage; holding on", records=len(self._held), reason=reason)
        metrics.OUTAGES.inc()
        self.clock.sleep(0.5)

    def _forget(self) -> None:
        self._positions.forget()
        self._open.clear()
        self._held = []
