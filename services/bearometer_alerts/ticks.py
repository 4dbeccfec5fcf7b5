"""A tick at its worst: every key has a negative item in the minute that is closed, and a dozen in its last hour.

Offered to `bearometer bench alerts` as an entry point: benchmarks import no other service.
"""

import time
import tracemalloc
from collections.abc import Mapping
from statistics import median

from bearometer_alerts.detector import Detector, Minute
from bearometer_alerts.usual import Key

BEFORE = 177  # minutes before the ticks that are measured: the window is full, and an hour is learned in the third
EVERY = 5  # minutes between two negative items of a key, in the hours before
TICKS = 5


def tick(keys: int) -> float:
    """Seconds that a minute takes to close, with the making of what is stored of it: the median of several."""
    detector = _after(BEFORE, keys)
    return median(_timed(detector, _minute(keys, detector.at, every=1)) for _ in range(TICKS))


def memory(keys: int) -> tuple[float, float]:
    """MiB that a detector holds after some hours, and after twice as many."""
    tracemalloc.start()
    try:
        detector = _after(BEFORE, keys)
        half, _ = tracemalloc.get_traced_memory()
        _feed(detector, keys, BEFORE)
        whole, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return half / 2**20, whole / 2**20


def _after(minutes: int, keys: int) -> Detector:
    detector = Detector(0)
    _feed(detector, keys, minutes)
    return detector


def _feed(detector: Detector, keys: int, minutes: int) -> None:
    for _ in range(minutes):
        _timed(detector, _minute(keys, detector.at, EVERY))


def _timed(detector: Detector, minute: Minute) -> float:
    began = time.perf_counter()
    for _ in detector.run([minute], minute.at + 1):
        pass
    detector.dump()
    return time.perf_counter() - began


def _minute(keys: int, at: int, every: int) -> Minute:
    named: Mapping[Key, int] = {("ticker", f"T{n}"): 1 for n in range(at % every, keys, every)}
    return Minute(at, 5 * len(named), {("all", "all"): len(named), **named})
