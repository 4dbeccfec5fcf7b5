"""Two versions side by side: how they were made, how they do on the same rows, and what they say otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bearometer_training.answers import Answer, Scorer, answers
from bearometer_training.data import Row
from bearometer_training.paired import compare

MADE = ("parent", "base", "recipe", "data_snapshot", "code", "temperatures", "max_tokens", "marks_figures", "serve")
Pair = tuple[Any, Any]


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    """What of two manifests differs, settings of the training one by one."""
    found = {name: (first.get(name), second.get(name)) for name in MADE}
    settings = [manifest["metrics"].get("settings") or {} for manifest in (first, second)]
    for name in dict.fromkeys([*settings[0], *settings[1]]):
        found[f"settings {name}"] = (settings[0].get(name), settings[1].get(name))
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def figures(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Pair]:
    """What was measured when they were made, by set, head and figure; None where one was not measured so."""
    was, now = (dict(_numbers("", manifest["metrics"])) for manifest in (first, second))
    return {name: (was.get(name), now.get(name)) for name in dict.fromkeys([*was, *now])}


def _numbers(path: str, found: Any) -> Iterator[tuple[str, float]]:
    """Accuracies and the like; neither training settings nor the parts of a curve or a table."""
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, int | float):
            yield f"{path}{name}", value
        elif name not in ("settings", "classes", "confusion", "reliability"):
            yield from _numbers(f"{path}{name} ", value)


def differences(was: Sequence[Answer], now: Sequence[Answer]) -> list[dict[str, Any]]:
    """Accuracy of both, and the 95 % interval of the difference: of each head, and of each label of it."""
    places: dict[str, list[int]] = {}
    for number, answer in enumerate(was):
        for name in (answer.head, f"{answer.head} {answer.truth}"):
            places.setdefault(name, []).append(number)
    found = {name: compare([was[n] for n in at], [now[n] for n in at]) for name, at in sorted(places.items())}
    return [{"slice": name, **asdict(difference)} for name, difference in found.items()]


def changed(was: Sequence[Answer], now: Sequence[Answer]) -> list[dict[str, Any]]:
    """The answers that differ: first those that became wrong, then those that became right, then the others."""
    pairs = [(a, b) for a, b in zip(was, now, strict=True) if a.said != b.said]
    pairs.sort(key=lambda pair: (not pair[0].right, not pair[1].right))
    return [{"text": a.text, "head": a.head, "label": a.truth, "was": a.said, "now": b.said} for a, b in pairs]


def unlabelled(engine: Scorer, rows: Sequence[Row]) -> list[Answer]:
    """What a model says of rows without labels, which no truth is known of."""
    texts = [row.text for row in rows if not (row.sentiment or row.topic or row.entities)]
    scored = list(zip(texts, engine.score(texts), strict=True))
    sentiments = [Answer(text, "sentiment", "", score.sentiment) for text, score in scored]
    return sentiments + [Answer(text, "topic", "", score.topic) for text, score in scored]


def compared(engines: Sequence[Scorer], rows: Sequence[Row]) -> dict[str, Any]:
    """Differences of two engines on `rows`, and each answer that changed."""
    known, unknown = ([ask(engine, rows) for engine in engines] for ask in (answers, unlabelled))
    changes = changed(*known) + changed(*unknown)
    asked = len(known[0]) + len(unknown[0])
    return {"answers": asked, "differences": differences(*known), "changed": len(changes), "examples": changes}
