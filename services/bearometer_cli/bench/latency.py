"""From publishing to row and to alert, at a steady rate, measured where a reader would see it: after the commit."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import WAKE_CHANNEL
from bearometer_shared.wire import News, encode

PATIENCE_S = 30


def publish(settings: Settings, items: Sequence[News], rate: float) -> dict[str, float]:
    """Publishes items at `rate` a second, each acknowledged. Returns when each was sent, in epoch seconds."""
    producer, sent, started = RealProducer(settings), dict[str, float](), time.monotonic()
    for n, item in enumerate(items):
        time.sleep(max(0.0, started + n / rate - time.monotonic()))
        sent[item.id] = time.time()
        producer.send(NEWS_RAW, item.id, encode(item))
    producer.flush()
    producer.close()
    return sent


@contextmanager
def watch(settings: Settings, query: str) -> Iterator[dict[str, float]]:
    """Notes when each row of `query` (one column, the key) is first seen; looks at every notification."""
    seen: dict[str, float] = {}
    done = threading.Event()

    def look() -> None:
        with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
            connection.execute(f"LISTEN {WAKE_CHANNEL}")
            while not done.is_set():
                for _ in connection.notifies(timeout=0.2, stop_after=1):
                    pass
                for (key,) in connection.execute(query, [list(seen)]).fetchall():
                    seen.setdefault(key, time.time())

    thread = threading.Thread(target=look)
    thread.start()
    time.sleep(0.5)
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def await_all(seen: dict[str, float], count: int) -> None:
    """Waits until `count` rows were seen, or patience ends; the caller reports how many there are."""
    deadline = time.monotonic() + PATIENCE_S
    while len(seen) < count and time.monotonic() < deadline:
        time.sleep(0.1)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that a share of the values do not exceed; None where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
