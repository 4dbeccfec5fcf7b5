"""`bench alerts`: how many spikes in real news are told, how soon, and how often nothing was the matter.

The back-test scores each stream once; spikes are put into fresh copies of it (injection.py) and judged
(alerts_judging.py), ours beside a plain threshold and an oracle that knows what is usual (alerts_rivals.py). On the
labelled count series it is judged as their benchmark does (nab.py).
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bearometer_cli.bench import alerts_backtest, alerts_news, injection
from bearometer_cli.bench.alerts_backtest import Backtest, Scores
from bearometer_cli.bench.alerts_incidents import incidents
from bearometer_cli.bench.alerts_judging import Run, figures
from bearometer_cli.bench.alerts_news import SETS, Stream
from bearometer_cli.bench.alerts_rivals import Oracle, plain
from bearometer_cli.bench.nab import nab

SPIKES = 180  # in each set
Say = Callable[[str], None]


def alerts(folder: Path, items: int, backtest: Backtest, engine: Scores, say: Say) -> dict[str, Any]:
    """Figures of each set, over its first `items` items; delays in minutes, NAB's raw score.

    Raises UserError where `folder` lacks one of the sets, or so few items leave no room for spikes.
    """
    sets = dict[str, Any]()
    for name, about in SETS.items():
        stream = alerts_news.read(folder, about, items, backtest, engine, say)
        say(f"{name}: {len(stream.rows):,} items of {len(stream.days)} days")
        sets[name] = judged(stream, partial(alerts_backtest.alarms, backtest), say)
    say("nab")
    return {"sets": sets, "model_version": engine.version, "nab": nab(folder, backtest.anomaly_scores)}


def judged(stream: Stream, ours: Run, say: Say) -> dict[str, Any]:
    """Ours, the plain way and the ceiling on the same spikes. The oracle may raise as many false alarms as ours."""
    shapes = stream.about.shapes
    repeats = max(1, SPIKES // (len(shapes) * len(injection.SIZES)))
    passes = list(injection.passes(stream.rows, stream.about.dimension, shapes, repeats))
    say(f"{sum(map(len, passes))} spikes in {len(passes)} passes")
    found = figures(ours, stream, passes)
    oracle = Oracle(stream, round(found["false_per_day"] * len(stream.days)))
    return {
        "items": len(stream.rows),
        "days": len(stream.days),
        "negative": round(sum(row.sentiment == "negative" for row in stream.rows) / len(stream.rows), 3),
        "passes": len(passes),
        "incidents": incidents(ours, stream, passes),
        **found,
        "plain": figures(plain, stream, passes),
        "oracle": figures(oracle, stream, passes) | {"threshold": oracle.threshold},
    }
