"""The hours before an alert, as its card draws them: what came, and what the baseline let expect of that much news.

The rate and its spread are those by which the alert was judged: the curve says how unusual each earlier window is by
them, not what was thought of it then.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import baseline, times
from bearometer_alerts.lifecycle import Verdict
from bearometer_alerts.rule import Rule
from bearometer_shared.storage import alert_evidence
from bearometer_shared.storage.alert_evidence import Window

STEPS = (1, 2, 3, 5, 6, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440)  # minutes
PARTS = 12  # of a window, at least, where its length allows: five minutes of an hour
WINDOWS, WEEK = 9, 7 * 1440  # so many windows in all, and no more than a week before the alert's own
POINTS = 200  # at most
MOST = 100_000  # negative stories; nothing is expected to be more


def read(connection: Connection, window: Window, said: Verdict, rule: Rule) -> dict[str, Any]:
    """Columns, oldest first, from `since` on: of each step `among, negatives, expected`, and `threshold`.

    `among` are the stream's stories, `negatives` the key's negative ones. `threshold` is how many of these the window
    that ends with the step would need to be surprising; null while that window reaches back beyond the curve, and for
    a drift, which has no fixed window. The curve begins with the stream, if that is younger than it would be long.
    """
    length = (window.until - window.since) // times.MINUTE
    step, parts = _step(length)
    points = min(min(WINDOWS * length, length + WEEK) // step, max(POINTS, parts))
    moments = [window.until - n * step * times.MINUTE for n in range(points, 0, -1)]
    found = alert_evidence.counts(connection, window, moments[0], step * times.MINUTE)
    begun = min(next((n for n, at in enumerate(moments) if at in found), 0), points - parts)
    among, negatives = zip(*(found.get(at, (0, 0)) for at in moments[begun:]), strict=True)
    rate = said.expected / said.items if said.items else 0.0
    return {
        "since": moments[begun],
        "step_minutes": step,
        "among": list(among),
        "negatives": list(negatives),
        "expected": [float(f"{rate * count:.4g}") for count in among],
        "threshold": _thresholds(among, parts, rate, said.dispersion, rule),
    }


def _step(length: int) -> tuple[int, int]:
    """Minutes of a step, and how many steps a window has. A long drift has no more of them than a curve has points."""
    fitting = [step for step in STEPS if length % step == 0 and step <= max(length // PARTS, 1)]
    return fitting[-1], length // fitting[-1]


def _thresholds(among: Sequence[int], parts: int, rate: float, dispersion: float, rule: Rule) -> list[int | None]:
    if not dispersion:
        return [None] * len(among)
    sums = [0, *accumulate(among)]
    whole = [end - start for start, end in zip(sums, sums[parts:], strict=False)]
    return [None] * (parts - 1) + [least(rate * count, dispersion, rule) for count in whole]


def least(expected: float, dispersion: float, rule: Rule) -> int:
    """The smallest count that is surprising by a rule where so many are expected, before other keys are thought of."""

    def surprising(count: int) -> bool:
        return baseline.tail(count, expected, dispersion) < rule.levels[0]

    return bisect_left(range(MOST), True, lo=rule.minimum, key=surprising)
