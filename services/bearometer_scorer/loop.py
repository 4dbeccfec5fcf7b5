"""The scorer's loop: one batch from Kafka to Postgres and on, commit last.

1. Poll. Partitions that became ours are sought to where Postgres says they are.
2. Decode; drop what the batch repeats and what is stored already.
3. Score with the model that serves now; link and sketch. One batch, one model.
4. Send what could not be taken to the dead letters, acknowledged.
5. One transaction: articles, stories, mentions, trends, clocks, offsets. Fenced: another owner means roll back.
6. Announce on news.scored; it counts as announced with the next batch, once acknowledged.
7. Tell Kafka, for the lag tools. Note once a second what has been read to its end.

An outage holds the batch: partitions pause, polling goes on, the batch is tried again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError

from bearometer_scorer import metrics
from bearometer_scorer.dead_letters import DeadLetters
from bearometer_scorer.positions import Positions
from bearometer_scorer.scoring import Scored, score_all
from bearometer_scorer.serving import Serving
from bearometer_scorer.storing import store
from bearometer_scorer.work import Work, drop_known, sort_out
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
    """Its state is one batch and the positions of its partitions; all else is rows."""

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
        self._held: list[Record] = []

    def step(self, timeout_s: float = 0.2) -> int:
        """Takes one batch, or tries the held one again. Returns how many items were stored."""
        try:
            records = self._poll(timeout_s)
            stored = self._take(records) if records else self._idle()
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
            self._wait(error)
        return 0

    def close(self) -> None:
        """Drains: what is stored is announced, then the partitions are given up."""
        try:
            self._announced()
        finally:
            self.consumer.close()
            self.producer.close()

    def _poll(self, timeout_s: float) -> list[Record]:
        polled = self.consumer.poll(timeout_s, self.settings.batch_items)
        mine = self._positions.take_over()
        self._held = [record for record in self._held or polled if record.partition in mine]
        return self._held

    def _take(self, records: list[Record]) -> int:
        """Takes a batch; one that Postgres refuses is halved until the record at fault stands alone."""
        try:
            return self._take_whole(records)
        except DataError as error:
            if len(records) == 1:
                return self._take_whole(records, f"Postgres refused it: {error.orig}")
            half = len(records) // 2
            return self._take(records[:half]) + self._take(records[half:])

    def _take_whole(self, records: list[Record], at_fault: str = "") -> int:
        work = sort_out(records, self._positions.next(), self.settings.max_item_bytes)
        with transaction(self.database) as connection:
            drop_known(work, articles.known(connection, work.news()))
        if at_fault:
            work.refuse_all(at_fault)
        scores, version = self._score(work)
        self.letters.send(work.refused, read=len(records))
        self.producer.flush()  # the last batch's announcements, sent while this one was scored
        now, lateness = self.clock.now(), timedelta(seconds=self.settings.lateness_s)
        moved = self._positions.after(records)
        with transaction(self.database) as connection:
            stored = store(connection, work, scores, version=version, now=now, lateness=lateness)
            self._positions.move(connection, moved)
            offsets.hear(connection, {record.partition: record.at for record in records}, now)
            again = articles.scored(connection, work.again) if work.again else []
            wake(connection)
        self._positions.keep(moved)
        self._held = []
        for message in [*map(articles.announcement, stored), *again]:
            self.producer.send(NEWS_SCORED, message.article_id, encode(message))
        self.consumer.commit({partition: position.next for partition, position in moved.items()})
        metrics.count(stored, work, version)
        return len(stored)

    def _score(self, work: Work) -> tuple[list[Scored], str]:
        """What the model says of a batch, and its version; an item that it cannot take is refused."""
        engine = self.serving.current()
        with metrics.MODEL_SECONDS.time():
            scores, poison = score_all(engine, self.linker(), work.news())
        for item, reason in poison:
            work.refuse((item.stream, item.id), reason)
        return scores, engine.version

    def _idle(self) -> int:
        """Nothing to read: a new model may begin to serve all the same."""
        self.serving.current()
        self._announced()
        return 0

    def _hear(self) -> None:
        """Where Kafka does not say how far a partition goes, nothing was heard."""
        now = self.clock.now()
        with suppress(KafkaUnavailableError):
            self._positions.hear(now)

    def _announced(self) -> None:
        """The last batch's announcements are acknowledged, and noted as such."""
        if due := self._positions.unannounced():
            self.producer.flush()
            with transaction(self.database) as connection:
                self._positions.move(connection, due)
            self._positions.keep(due)

    def _wait(self, error: Exception) -> None:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        log.warning("outage; holding on", records=len(self._held), reason=reason)
        metrics.OUTAGES.inc()
        self.clock.sleep(0.5)

    def _forget(self) -> None:
        self._positions.forget()
        self._held = []
