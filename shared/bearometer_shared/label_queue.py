"""What to label next: a mix of what the model is unsure of, of what it may be wrong about, and of a random part.

Labels of doubtful items alone teach a model much and say little of how good it is (Settles 2009, section 7.1), so one
in five is drawn at random. No topic and no day takes more than its part while there is anything else.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# The parts of ten places, in the order in which they are filled: what is scarce before what there is always more of.
PARTS = (
    "verdict",
    "disagreement",
    "rare",
    "uncertain",
    "drift",
    "audit",
    "second opinion",
    "uncertain",
    "audit",
    "rare",
)
DRIFTING = (*PARTS, "drift", "drift")  # where the tests found a drift
SHARE = 0.25  # of the places that one topic, or one day, takes at first


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story's first item. Probabilities and shares from 0 to 1; `margin` is between the two likeliest sentiments.

    `other` is the sentiment that another model version gave, `alert` one that people judged false for misread stories,
    `annotators` who labelled the text already.
    """

    id: str
    published_at: datetime
    topic: str
    sentiment: str
    margin: float
    topic_p: float
    other: str | None = None
    alert: int | None = None
    annotators: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate's id, the part of the mix that chose it, and why in words."""

    id: str
    part: str
    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """Labels so far by name, topics and sentiments together, and each topic's share of the news: lately, before.

    Since `drifting` the stream is of another kind than the model knows; None where no test has found that.
    """

    labels: Mapping[str, int]
    shares: Mapping[str, tuple[float, float]]
    drifting: datetime | None = None


Rank = Callable[[Candidate], float | None]


def choose(candidates: Sequence[Candidate], known: Known, annotator: str, limit: int, seed: str) -> list[Chosen]:
    """At most `limit` candidates, best first, the same for the same seed. Who labelled a text is not asked again."""
    open_ = [one for one in candidates if annotator not in one.annotators]
    heads = {part: _ranked(open_, rank) for part, rank in _ranks(known, seed).items()}
    chosen: dict[str, Chosen] = {}
    most = max(1, round(SHARE * limit))
    for cap in (most, limit):  # what the spread left empty is filled without it
        taken = Counter(key for one in open_ if one.id in chosen for key in _places(one))
        for part in _turns(heads, PARTS if known.drifting is None else DRIFTING):
            if len(chosen) >= limit:
                break
            one = next((c for c in heads[part] if c.id not in chosen and _fits(c, taken, cap)), None)
            if one is None:
                heads.pop(part)
                continue
            taken.update(_places(one))
            chosen[one.id] = Chosen(one.id, part, _why(one, part, known))
        heads = {part: _ranked(open_, rank) for part, rank in _ranks(known, seed).items()}
    return list(chosen.values())


def _ranks(known: Known, seed: str) -> dict[str, Rank]:
    """By part, how much a candidate is wanted; None is not at all."""
    return {
        "verdict": _unlabelled(lambda one: one.alert),
        "audit": _unlabelled(lambda one: _draw(seed, one)),
        "uncertain": _unlabelled(lambda one: 1 - one.margin),
        "disagreement": _unlabelled(lambda one: 1 - one.margin if one.other not in (None, one.sentiment) else None),
        "rare": _unlabelled(lambda one: -known.labels.get(one.topic, 0) - known.labels.get(one.sentiment, 0) / 10),
        "second opinion": lambda one: _draw(seed, one) if len(one.annotators) == 1 else None,
        "drift": _unlabelled(lambda one: _growth(one, known) or _drifted(one, known, seed)),
    }


def _unlabelled(rank: Rank) -> Rank:
    return lambda one: None if one.annotators else rank(one)


def _ranked(candidates: Sequence[Candidate], rank: Rank) -> list[Candidate]:
    wanted = [(score, one) for one in candidates if (score := rank(one)) is not None]
    return [one for _, one in sorted(wanted, key=lambda pair: (-pair[0], pair[1].id))]


def _turns(heads: Collection[str], parts: Sequence[str]) -> Iterator[str]:
    """The parts in turn, over and over, while any is left: whoever runs dry is taken out by the caller."""
    while heads:
        yield from (part for part in parts if part in heads)


def _places(one: Candidate) -> tuple[str, str]:
    return one.topic, f"{one.published_at:%Y-%m-%d}"


def _fits(one: Candidate, taken: Counter[str], cap: int) -> bool:
    return all(taken[key] < cap for key in _places(one)) or one.alert is not None


def _draw(seed: str, one: Candidate) -> float:
    return random.Random(f"{seed}/{one.id}").random()  # noqa: S311 - reproducible choice, no secret


def _growth(one: Candidate, known: Known) -> float | None:
    """How much more of the news its topic makes lately, where that is half as much again at least."""
    lately, before = known.shares.get(one.topic, (0.0, 0.0))
    grown = (lately + 0.01) / (before + 0.01)
    return grown if grown >= 1.5 else None


def _drifted(one: Candidate, known: Known, seed: str) -> float | None:
    """Any item of the days that differ from those before, after those of grown topics."""
    if known.drifting is None or one.published_at < known.drifting:
        return None
    return _draw(seed, one)


def _why(one: Candidate, part: str, known: Known) -> str:
    lately, before = known.shares.get(one.topic, (0.0, 0.0))
    grown = f"{one.topic} makes {lately:.0%} of the last day's news, {before:.0%} before"
    return {
        "verdict": f"alert {one.alert} was judged false",
        "audit": "drawn at random, to see how good the model is",
        "uncertain": f"the two likeliest sentiments are {one.margin:.2f} apart",
        "disagreement": f"{one.sentiment} for this model, {one.other} for another",
        "rare": f"{known.labels.get(one.topic, 0)} labels of {one.topic} so far",
        "second opinion": "labelled by somebody else: do you agree?",
        "drift": grown if _growth(one, known) else "of days whose news is of another kind than before",
    }[part]
