"""Figures that can be compared are marked by how they compare: "profit 12 mn ↑ vs 9 mn ↓", "margin 4.1% =".

A small encoder reads figures as pieces of digits, and hardly learns which of two is larger; measurements are in
`deploy/decisions/figures.md`. What a model was taught by these rules it must be asked by them: its manifest says so.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter

READ = 2_000  # characters; a model reads 128 tokens, which end long before
BEFORE, AT_ONCE = 40, 6  # characters between two figures of which one shows the other's kind
_SCALES = {
    **dict.fromkeys(("thousand", "k"), 1e3),
    **dict.fromkeys(("lakh", "lakhs"), 1e5),
    **dict.fromkeys(("million", "mln", "mn", "mio", "m"), 1e6),
    **dict.fromkeys(("crore", "crores", "cr"), 1e7),
    **dict.fromkeys(("billion", "bln", "bn", "b"), 1e9),
    **dict.fromkeys(("trillion", "trn", "tn", "lakh crore"), 1e12),
}
_RATES = {
    **dict.fromkeys(("pc", "pct", "percent", "per cent"), "%"),
    **dict.fromkeys(("bp", "bps", "basis points"), "bp"),
    **dict.fromkeys(("cent", "cents", "cts", "pence", "c", "p"), "cents"),
}
_CODES = "EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|TRY|ZAR|INR|JPY|CNY|KRW|SGD|HKD|AUD|CAD|BRL|MXN|RUB|Rs"
_DASH = "-\N{EN DASH}\N{MINUS SIGN}"


def _any_of(words: Iterable[str]) -> str:
    """The longest first. "12c" and "41p" are coins, "Dec 41 P" is none."""
    return "|".join(f"(?-i:{word})" if word in ("c", "p") else word for word in sorted(words, key=len, reverse=True))


_FIGURE = re.compile(
    rf"(?<![\w.,:/%])(?<![\w%][{_DASH}])(?P<minus>[{_DASH}]|minus )?"
    rf"(?P<currency>(?:[A-Z]{{1,2}})?[$€£₹¥]\s?|(?:{_CODES})\.?\s?)?(?P<sign>[{_DASH}])?"
    r"(?P<digits>\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?|\d{1,3}(?: \d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?:\s?(?P<scale>{_any_of(_SCALES)})\b)?(?:\s?(?P<rate>%|(?:{_any_of(_RATES)})\b))?"
    rf"(?!\w|%|[.,:/]\d|[{_DASH}][\w$€£₹¥])",
    re.IGNORECASE,
)
_TWO = re.compile(r"\d\D+\d")  # what has one figure at most is left alone, and quickly
_MONTH = "(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(rf"\b{_MONTH}\.? $", re.IGNORECASE)
_NAME = re.compile(r"\b(?!(?i:from|to|of|at|by|was|is|or|and|vs|versus|than|after|against)\b)[A-Z][\w&]* $")  # FTSE 100
_TIME = re.compile(rf" ?(?:{_MONTH}|[ap]\.?m|CET|GMT|EST|years?|months?|weeks?|days?)\b", re.IGNORECASE)
_COUNTED = re.compile(
    r" (?!(?:after|against|ago|analysts|and|because|before|but|compared|consensus|down|earlier|est|estimates?|expected"
    r"|for|forecast|from|had|has|its|last|less|more|net|next|now|over|per|previous|previously|prior|quarter|same|seen"
    r"|share|since|than|that|the|then|this|though|under|until|versus|was|were|when|where|which|while|with|year)\b)"
    r"([a-z]{3,})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Figure:
    """An amount and where it stands. Those of one kind compare: a currency, a rate, or the same thing counted."""

    start: int
    end: int
    value: float
    scale: float
    kind: str


def marked(text: str) -> str:
    """The text with an arrow or an equals sign after each figure that has another of its kind beside it: it compares
    to the nearer one. Years, days, times, and figures that are part of a name or of a range are none."""
    if not _TWO.search(text, 0, READ):
        return text
    parts, done = [], 0
    for end, mark in sorted(_marks(_figures(text[:READ]))):
        parts += [text[done:end], " ", mark]
        done = end
    return "".join([*parts, text[done:]])


def _marks(figures: list[_Figure]) -> Iterator[tuple[int, str]]:
    for _, group in groupby(sorted(figures, key=attrgetter("kind")), attrgetter("kind")):
        alike = list(group)
        for n, figure in enumerate(alike):
            beside = alike[max(n - 1, 0) : n] + alike[n + 1 : n + 2]
            if beside:
                yield figure.end, _mark(figure, min(beside, key=lambda other: abs(other.start - figure.start)))


def _mark(one: _Figure, other: _Figure) -> str:
    """Where only one has a scale ("to 12 million from 9"), it is the other's too."""
    is_scaled = one.scale and other.scale
    a, b = ((each.value * each.scale if is_scaled else each.value) for each in (one, other))
    return "↑" if a > b else "↓" if a < b else "="


def _figures(text: str) -> list[_Figure]:
    """In order. One without a kind of its own has that of a figure shortly before ("12%, after 9"), or else of one that
    follows at once ("from 9 to 12%")."""
    found = [figure for match in _FIGURE.finditer(text) if (figure := _figure(match, text))]
    for n, (before, figure) in enumerate(pairwise(found), start=1):
        if not figure.kind and figure.start - before.end <= BEFORE:
            found[n] = replace(figure, kind=found[n - 1].kind)
    for n, (figure, following) in enumerate(pairwise(found)):
        if not figure.kind and following.start - figure.end <= AT_ONCE:
            found[n] = replace(figure, kind=following.kind)
    return found


def _figure(match: re.Match[str], text: str) -> _Figure | None:
    currency, scale, rate = (match[name] or "" for name in ("currency", "scale", "rate"))
    if not (currency or scale or rate) and _is_no_amount(match, text):
        return None
    value = float(re.sub("[, ]", "", match["digits"])) * (-1 if match["minus"] or match["sign"] else 1)
    counted = _COUNTED.match(text, match.end())
    kind = (
        _RATES.get(rate.lower(), rate.lower())
        or currency.lower().strip(" .")
        or (counted[1].lower() if counted else "")
    )
    return _Figure(match.start(), match.end(), value, _SCALES.get(scale.lower(), 0.0), kind)


def _is_no_amount(match: re.Match[str], text: str) -> bool:
    """A bare number may be a year, a day, a time or part of a name."""
    before = text[max(match.start() - 16, 0) : match.start()]
    is_whole, is_time = match["digits"].isdigit(), _TIME.match(text, match.end())
    return bool(
        is_time or (is_whole and (_YEAR.fullmatch(match["digits"]) or _DAY.search(before) or _NAME.search(before)))
    )
