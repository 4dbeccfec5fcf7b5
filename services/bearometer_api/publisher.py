"""Publishes to Kafka from one thread, and never makes a caller wait longer than a few seconds."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

from bearometer_shared.kafka.port import NEWS_RAW, KafkaUnavailableError, Producer

PATIENCE_S = 8.0
WAITING = 16  # pushes that may wait for their turn: each holds a request's body

Record = tuple[str, bytes]  # key, value
Job = tuple[Future[None], Callable[[], object]]


class Publisher:
    """A producer's buffer and its acknowledgements belong together, so one thread sends and flushes push by push.

    Every method raises KafkaUnavailableError where Kafka is away, slow or overwhelmed. A push that ran out of patience
    may still arrive: items carry ids, so that pushing them again is harmless.
    """

    def __init__(self, producer: Producer, patience_s: float = PATIENCE_S) -> None:
        self._producer = producer
        self._patience_s = patience_s
        self._jobs: queue.Queue[Job | None] = queue.Queue(WAITING)

    def start(self) -> None:
        threading.Thread(target=self._run, name="publisher", daemon=True).start()

    async def publish(self, records: Sequence[Record]) -> None:
        """Returns when the brokers have acknowledged every record."""
        await self._within(self._patience_s, lambda: self._send(records))

    async def reach(self, patience_s: float) -> None:
        """Returns when the brokers answered."""
        await self._within(patience_s, lambda: self._producer.partitions(NEWS_RAW))

    def close(self) -> None:
        """Lets the thread end after what it is doing, without waiting for it: Kafka may be away."""
        with suppress(queue.Full):
            self._jobs.put_nowait(None)

    async def _within(self, patience_s: float, work: Callable[[], object]) -> None:
        job: Job = (Future(), work)
        try:
            self._jobs.put_nowait(job)
            await asyncio.wait_for(asyncio.wrap_future(job[0]), patience_s)
        except queue.Full as error:
            raise KafkaUnavailableError(f"{WAITING} pushes are waiting already") from error
        except TimeoutError as error:
            raise KafkaUnavailableError(f"no answer within {patience_s:g} s") from error

    def _send(self, records: Sequence[Record]) -> None:
        for key, value in records:
            self._producer.send(NEWS_RAW, key, value)
        self._producer.flush()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, work = job
            if future.set_running_or_notify_cancel():
                _settle(future, work)
        self._producer.close()


def _settle(future: Future[None], work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # whatever it is, the request that waits must hear of it
        future.set_exception(error)
    else:
        future.set_result(None)
