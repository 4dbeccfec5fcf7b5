"""Sending a file of news as if it happened now: in its order, paced by its own times, with ticks between."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bearometer_ingest.delivery import Delivery, Outgoing
from bearometer_ingest.pace import Pace
from bearometer_shared.clock import Clock
from bearometer_shared.errors import DecodeError
from bearometer_shared.wire import ONE_MINUTE, News, Tick, encode, news_item

CHUNK = 500  # items that are held until they are acknowledged
STEP_S = 0.25  # how long a pause goes on before the stream's clock is moved


class Watcher(Protocol):
    """Hears how a replay goes."""

    def sent(self, count: int, event_time: datetime) -> None: ...

    def bad(self, number: int, reason: str) -> None: ...


@dataclass
class Counts:
    """What a replay has done so far."""

    sent: int = 0
    bad: int = 0
    first: datetime | None = None
    newest: datetime | None = None


class Replay:
    """One file into one stream. A tick promises that all items before its time have been acknowledged."""

    def __init__(self, delivery: Delivery, stream: str, pace: Pace, clock: Clock, max_bytes: int) -> None:
        self._delivery, self._stream, self._pace, self._clock = delivery, stream, pace, clock
        self._max_bytes = max_bytes
        self._partitions = delivery.partitions()
        self._held: list[Outgoing] = []
        self._ticked: datetime | None = None
        self.counts = Counts()

    def run(self, lines: Iterable[tuple[int, bytes]], watcher: Watcher, limit: int | None = None) -> Counts:
        """Sends up to `limit` items. A line that is not news is told to the watcher, and the rest goes on."""
        for number, line in lines:
            if self.counts.sent == limit:
                break
            try:
                item = self._item(line)
                record = self._record(item)
            except DecodeError as error:
                self.counts.bad += 1
                watcher.bad(number, str(error))
                continue
            self._send(item.published_at, record)
            watcher.sent(self.counts.sent, item.published_at)
        self._end()
        return self.counts

    def _item(self, line: bytes) -> News:
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DecodeError(f"not JSON: {error}") from error
        named = raw | {"stream": self._stream} if isinstance(raw, dict) else raw
        return news_item(named, received_at=self._clock.now())

    def _record(self, item: News) -> Outgoing:
        value = encode(item)
        if len(value) > self._max_bytes:
            raise DecodeError(f"{len(value)} bytes; the limit is {self._max_bytes}")
        return Outgoing(item.id, value)

    def _send(self, event_time: datetime, record: Outgoing) -> None:
        counts = self.counts
        counts.first = counts.first or event_time
        counts.newest = max(counts.newest or event_time, event_time)
        self._advance(counts.newest)
        self._held.append(record)
        counts.sent += 1
        if len(self._held) >= CHUNK:
            self._flush()

    def _advance(self, event_time: datetime) -> None:
        """Waits until it is time, moving the stream's clock meanwhile: silence is news to the alerts."""
        while (left := self._pace.left(event_time)) > 0:
            self._tick_if_due(min(self._pace.reached(), event_time))
            self._flush()
            self._clock.sleep(min(left, STEP_S))
        self._tick_if_due(event_time)

    def _tick_if_due(self, event_time: datetime) -> None:
        if self._ticked is None or event_time - self._ticked >= ONE_MINUTE:
            self._tick(event_time)

    def _tick(self, event_time: datetime) -> None:
        """One on every partition, after the acknowledgement of what was sent before."""
        self._flush()
        value = encode(Tick(stream=self._stream, event_time=event_time, partitions=self._partitions))
        self._held = [Outgoing(f"tick-{self._stream}", value, number) for number in range(self._partitions)]
        self._ticked = event_time

    def _end(self) -> None:
        """The last tick closes the last minute."""
        if self.counts.newest:
            self._tick(self.counts.newest + timedelta(minutes=1))
        self._flush()

    def _flush(self) -> None:
        self._delivery.deliver(self._held)
        self._held = []
