"""What a text is filled with: figures, ratings and terms that stand in the order which its sentiment asks for."""

import random

from bearometer_training.drills import numbers
from bearometer_training.drills.numbers import Style
from bearometer_training.drills.subjects import Subject

_RATINGS = (
    "sell|underperform|reduce|underweight",
    "hold|neutral|market perform|equal-weight",
    "buy|outperform|add|overweight",
)
_GRADES = "B- B B+ BB- BB BB+ BBB- BBB BBB+ A- A A+ AA- AA AA+"
_TERMS = {
    "profit": "profit|a profit|a net profit|a pretax profit|an operating profit|net income",
    "loss": "loss|a loss|a net loss|a pretax loss|an operating loss|a deficit",
    "deficit": "loss|net loss|operating loss|quarterly loss|pretax loss|half-year loss|core loss|cash outflow",
    "result": "operating result|EBIT|net result|pretax result|cash flow|bottom line|operating income|EBITDA|net income",
    "up_words": "rises|climbs|gains|jumps|advances|surges|improves",
    "down_words": "falls|drops|slides|tumbles|slips|sinks|declines",
}


def figures(subject: Subject, sign: int, rng: random.Random) -> dict[str, str]:
    """Slots of two figures, newer and older (or actual and expected). `sign` is that of the sentiment."""
    shape = numbers.style(subject.unit, rng)
    way = sign if subject.good else -sign
    newer, older = _directed(subject.unit, shape, way, rng)
    bare = shape.full if shape.climbs else shape.bare
    return {
        "new": shape.full(newer),
        "old": shape.full(older),
        "old_bare": bare(older),
        "by": _change(subject.unit, newer, older, rng),
        **_parties(subject, shape, rng),
    }


def _directed(unit: str, shape: Style, way: int, rng: random.Random) -> tuple[float, float]:
    low, high = numbers.ordered(unit, shape, rng)
    return {1: (high, low), -1: (low, high), 0: (low, low)}[way]


def _change(unit: str, newer: float, older: float, rng: random.Random) -> str:
    if unit == "percent":
        return f"{abs(newer - older):.2f} {rng.choice(('percentage points', 'points', 'ppts'))}"
    if unit == "spread":
        return f"{abs(newer - older):.0f} basis points"
    change = 100 * abs(newer / older - 1)
    decimals = 1 if change < 10 else rng.choice((0, 1))
    return f"{change:.{decimals}f}{rng.choice(('%', '%', ' pct', ' percent', ' per cent'))}"


def _parties(subject: Subject, shape: Style, rng: random.Random) -> dict[str, str]:
    """A pair of figures for each party that a frame may name: w is a winner, l a loser, b a bystander."""
    slots: dict[str, str] = {}
    for party, sign in (("w", 1), ("l", -1), ("b", 0), ("w2", 1), ("l2", -1), ("b2", 0)):
        newer, older = _directed(subject.unit, shape, sign if subject.good else -sign, rng)
        slots |= {f"{party}_new": shape.full(newer), f"{party}_old": shape.full(older)}
    return slots


def results(sign: int, rng: random.Random) -> dict[str, str]:
    """Sums of money: two in order of size, two in none, two with a minus."""
    shape = numbers.style("money", rng)
    less, more = numbers.ordered("money", shape, rng)
    one, other = rng.sample(numbers.ordered("money", shape, rng), 2)
    newer, older = _signed(less, more, sign, rng)
    sums = {"less": less, "more": more, "one": one, "other": other, "signed_new": newer, "signed_old": older}
    terms = {slot: rng.choice(options.split("|")) for slot, options in _TERMS.items()}
    count = {"other_count": f"{rng.randint(40, 90_000):,}", "percent": f"{rng.randint(2, 60)}%"}
    return {slot: shape.full(value) for slot, value in sums.items()} | terms | count


def _signed(less: float, more: float, sign: int, rng: random.Random) -> tuple[float, float]:
    better, worse = rng.choice(((-less, -more), (less, -more), (more, -less)))
    return {1: (better, worse), -1: (worse, better), 0: (worse, worse)}[sign]


def ratings(sign: int, rng: random.Random) -> dict[str, str]:
    """Advice, credit grades and price targets, now and before."""
    advice = sorted(rng.sample(range(len(_RATINGS)), 2))
    grades = sorted(rng.sample(list(enumerate(_GRADES.split())), 2))
    shape = numbers.style("price", rng)
    target_new, target_old = _directed("price", shape, sign, rng)
    after, before = (1, 0) if sign > 0 else (0, 1)
    return {
        "new_rating": rng.choice(_RATINGS[advice[after]].split("|")),
        "old_rating": rng.choice(_RATINGS[advice[before]].split("|")),
        "new_grade": grades[after][1],
        "old_grade": grades[before][1],
        "target_new": shape.full(target_new),
        "target_old": shape.full(target_old),
    }
