"""How long an explanation takes, and whether the words that it names are those that the score rests on."""

import random
import time
from collections.abc import Callable, Sequence
from statistics import fmean

from bearometer_cli.bench.latency import percentile
from bearometer_shared.inference.explain import Scorer, Word
from bearometer_shared.inference.explain import explain as explained
from bearometer_training.explaining import Deletion, decisive_first, deletion

Figures = dict[str, float | int | None]


def explain(engine: Scorer, texts: Sequence[str], say: Callable[[str], None]) -> Figures:
    """Seconds an explanation, and the deletion test of the texts that are not neutral against words drawn at random.

    Comprehensiveness is better when larger, sufficiency when smaller; None where every text is neutral.
    """
    say(f"explaining {len(texts)} headlines")
    engine.score(texts[:1])  # the first call of a session is no measure
    found, seconds = [], []
    for text in texts:
        started = time.perf_counter()
        found.append(explained(engine, text))
        seconds.append(time.perf_counter() - started)
    say("deletion test")
    times = {"explain_p50": percentile(seconds, 0.5), "explain_p99": percentile(seconds, 0.99)}
    return {**times, "explain_items": len(texts), **_deletions(engine, texts, found)}


def _deletions(engine: Scorer, texts: Sequence[str], found: Sequence[Sequence[Word]]) -> Figures:
    ours, drawn, rng = list[Deletion](), list[Deletion](), random.Random(0)  # noqa: S311 - reproducible
    for words, score in zip(found, engine.score(texts), strict=True):
        if score.sentiment != "neutral" and len(words) > 1:
            plain = [word.text for word in words]
            ours.append(deletion(engine, plain, decisive_first(words, score.sentiment)))
            drawn.append(deletion(engine, plain, rng.sample(range(len(words)), len(words))))
    return {
        "deletion_items": len(ours),
        "comprehensiveness": _mean([one.comprehensiveness for one in ours]),
        "comprehensiveness_random": _mean([one.comprehensiveness for one in drawn]),
        "sufficiency": _mean([one.sufficiency for one in ours]),
        "sufficiency_random": _mean([one.sufficiency for one in drawn]),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 3) if values else None
