"""What people are told where two things go wrong at once: whether each is one incident, and whether they stay apart.

The spikes of a pass are taken two by two, and the second of each pair is moved to begin when the first does. What both
bring along, such as `all`, is nobody's: a spike is judged by the alerts on keys that are its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bearometer_cli.bench.alerts_backtest import Alarm
from bearometer_cli.bench.alerts_judging import Run, during
from bearometer_cli.bench.alerts_news import Stream
from bearometer_cli.bench.injection import Spike

Pair = tuple[Spike, Spike]


def incidents(run: Run, stream: Stream, passes: Sequence[Sequence[Spike]]) -> dict[str, Any]:
    """`alerts_per_incident` of all alerts that the pairs raised; `whole`, the share of the spikes told whose alerts are
    one incident; `apart`, the share of the pairs told whose two spikes are not in one incident.
    """
    calm, fresh, pairs = set(run(stream.rows)), list[set[Alarm]](), list[tuple[Pair, list[set[int]]]]()
    for spikes in passes:
        pairs_here = list(paired(spikes))
        rows = [row for pair in pairs_here for spike in pair for row in spike.rows]
        alarms = set(run([*stream.rows, *rows])) - calm
        fresh.append(alarms)
        pairs += [(pair, [_told(alarms, *sides) for sides in (pair, pair[::-1])]) for pair in pairs_here]
    told = [found for _, sides in pairs for found in sides if found]
    both = [sides for _, sides in pairs if all(sides)]
    return {
        "alerts_per_incident": _share(sum(map(len, fresh)), sum(len({one.incident for one in of}) for of in fresh)),
        "whole": _share(sum(len(found) == 1 for found in told), len(told)),
        "apart": _share(sum(not first & second for first, second in both), len(both)),
        "pairs": len(both),
    }


def paired(spikes: Sequence[Spike]) -> Iterator[Pair]:
    """Two by two, at one time; two on one key are no pair."""
    for first, second in zip(spikes[::2], spikes[1::2], strict=False):  # an odd one out stays out
        if second.key != first.key:
            yield first, _moved(second, first)


def _moved(spike: Spike, to: Spike) -> Spike:
    by = to.first - spike.first
    return replace(spike, rows=[replace(row, published_at=row.published_at + by) for row in spike.rows])


def _told(alarms: set[Alarm], spike: Spike, other: Spike) -> set[int]:
    """The incidents of a spike's own alerts."""
    own = spike.keys - other.keys
    return {one.incident for one in alarms if one.key in own and during(one, spike)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
