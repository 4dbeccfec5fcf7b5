"""How well alarms match the spikes that were put into a stream.

- An alarm is right if it fires on a key of a spike's items, from the first of them to an hour after the last, and the
  stream without spikes doesn't raise the same one; or in a known bad time. All others are false.
- A spike is found by an alarm on its own key. Its delay, in minutes, counts from its first item.
- False alarms a day are those of the stream without spikes. Whether its known bad times are told is counted apart.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import product
from statistics import median
from typing import Any, NamedTuple

from bearometer_cli.bench.alerts_backtest import Alarm
from bearometer_cli.bench.alerts_news import Stream
from bearometer_cli.bench.injection import SIZES, Spike
from bearometer_shared.storage.articles import ArticleRow

AFTER = timedelta(hours=1)
DIMENSIONS = ("all", "topic", "ticker")
Run = Callable[[Sequence[ArticleRow]], list[Alarm]]


class Found(NamedTuple):
    """A spike and the minutes after which it was told; None if it was not."""

    spike: Spike
    delay: float | None


def figures(run: Run, stream: Stream, passes: Sequence[Sequence[Spike]]) -> dict[str, Any]:
    """Precision, recall, the median delay in minutes, false alarms a day; and each of them in detail."""
    calm = run(stream.rows)
    found, right, fired = list[Found](), 0, 0
    for spikes in passes:
        alarms = run([*stream.rows, *(row for spike in spikes for row in spike.rows)])
        found += told(spikes, alarms, calm)
        right += sum(is_right(alarm, spikes, stream, calm) for alarm in alarms)
        fired += len(alarms)
    return {
        "precision": round(right / fired, 3) if fired else None,
        **recall(found),
        **false_per_day(calm, stream),
        "known": len(stream.about.known),
        "known_told": sum(any(known.explains(alarm) for alarm in calm) for known in stream.about.known),
        "by_size": {
            f"{shape} {size}": recall([one for one in found if (one.spike.shape, len(one.spike.rows)) == (shape, size)])
            for shape, size in product(stream.about.shapes, SIZES)
        },
        "by_key": {
            name: recall([one for one in found if one.spike.busy is busy])
            for name, busy in (("busy", True), ("quiet", False))
        },
    }


def told(spikes: Sequence[Spike], alarms: Sequence[Alarm], calm: Sequence[Alarm]) -> Iterator[Found]:
    fresh = sorted(set(alarms) - set(calm), key=lambda alarm: alarm.at)
    for spike in spikes:
        times = [alarm.at for alarm in fresh if alarm.key == spike.key and during(alarm, spike)]
        yield Found(spike, (times[0] - spike.first) / timedelta(minutes=1) if times else None)


def is_right(alarm: Alarm, spikes: Sequence[Spike], stream: Stream, calm: Sequence[Alarm]) -> bool:
    caused = alarm not in calm and any(during(alarm, spike) and alarm.key in spike.keys for spike in spikes)
    return caused or stream.is_known(alarm)


def recall(found: Sequence[Found]) -> dict[str, Any]:
    delays = [one.delay for one in found if one.delay is not None]
    return {
        "recall": round(len(delays) / len(found), 3) if found else None,
        "delay_median": round(median(delays), 1) if delays else None,
        "spikes": len(found),
    }


def false_per_day(calm: Sequence[Alarm], stream: Stream) -> dict[str, Any]:
    kinds = Counter(alarm.key[0] for alarm in stream.unexplained(calm))
    days = len(stream.days)
    return {
        "false_per_day": round(kinds.total() / days, 4),
        "false_per_day_of": {name: round(kinds[name] / days, 4) for name in DIMENSIONS},
    }


def during(alarm: Alarm, spike: Spike) -> bool:
    return spike.first <= alarm.at <= spike.last + AFTER
