"""Symbols that a text marks as such: `$AAPL`, `NASDAQ: AAPL`, `(AAPL.O)`, `<AAPL>`."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from bearometer_shared.entities.entity import Entity
from bearometer_shared.entities.gazetteer import Gazetteer
from bearometer_shared.entities.words import listed

# Exchanges as news writes them, by the end of a symbol that is listed there; none in the United States.
_EXCHANGES = {
    "": "NYSE,NYSE American,NYSE Arca,NYSEARCA,NYSEAMERICAN,NASDAQ,Nasdaq,NasdaqGS,NasdaqGM,NasdaqCM,NASDAQGS,AMEX,"
    "CBOE,OTC,OTCQB,OTCQX,OTCMKTS,OTCPK,OTCBB",
    ".AS": "AMS",
    ".AX": "ASX",
    ".BO": "BSE",
    ".DE": "Xetra,XETRA,ETR",
    ".HK": "HKEX,SEHK",
    ".L": "LSE,LON",
    ".MC": "BME",
    ".MI": "BIT",
    ".NS": "NSE",
    ".PA": "EPA",
    ".SI": "SGX",
    ".ST": "STO",
    ".SW": "SIX",
    ".T": "TYO,JPX",
    ".TO": "TSX",
    ".V": "TSXV",
}
EXCHANGES = {name: end for end, names in _EXCHANGES.items() for name in names.split(",")}
# Ends of Reuters codes: of the United States, of Zurich (which others end in .SW), and of elsewhere.
AMERICAN = frozenset(("N", "O", "OQ", "A", "P", "PK", "K", "OB"))
SWISS = frozenset(("S", "VX"))
OTHERS = frozenset(("F", "BR", "HE", "CO", "OL", "SS", "SZ", "KS", "VI", "WA", "LS", "IR"))
ENDS = AMERICAN | SWISS | OTHERS | {end[1:] for end in _EXCHANGES}
_EXCHANGE = "|".join(sorted(map(re.escape, EXCHANGES), key=len, reverse=True))
_SHARE = r"[A-Z]{1,5}(?:[.\-/][A-Z]{1,2})?"
_MARKED = re.compile(
    rf"""(?<![\w$])\$(?P<cash>{_SHARE}|[a-z]{{1,5}})(?![\w$])
    |(?<!\w)(?P<exchange>{_EXCHANGE})\s*:\s*(?P<listed>[A-Z0-9]{{1,10}}(?:[.\-][A-Z]{{1,2}})?)(?!\w)
    |<(?P<angle>[A-Z0-9]{{1,6}}(?:\.[A-Z]{{1,2}})?)>
    |(?<![\w.$@/])(?P<code>[A-Z0-9]{{1,6}}\.[A-Z]{{1,2}})(?![\w.]|://)""",
    re.VERBOSE,
)
KNOWN, UNKNOWN, WORDLIKE = 0.98, 0.85, 0.3


class Marked(NamedTuple):
    """A symbol in a text, from `start` to `end`; `mark` is where what marks it begins.

    `entity` is None where nobody is known by it; the ticker is then as written.
    """

    ticker: str
    entity: Entity | None
    mark: int
    start: int
    end: int
    confidence: float


def find(text: str, gazetteer: Gazetteer, day: date | None) -> Iterator[Marked]:
    """Marked symbols of a text, in order."""
    for match in _MARKED.finditer(text):
        found = _READ[match.lastgroup or ""](match, gazetteer, day)
        if found is not None:
            yield found


def _cash(match: re.Match[str], gazetteer: Gazetteer, day: date | None) -> Marked | None:
    """Lower case counts only where the company is known: `$aapl`, but not `$usd`."""
    written = match["cash"]
    entity = gazetteer.by_symbol(written.upper(), day)
    return None if entity is None and written.islower() else _marked(match, written, entity)


def _listed(match: re.Match[str], gazetteer: Gazetteer, day: date | None) -> Marked | None:
    """After an exchange. In brackets it is certain; else `NYSE: A look back` must not be Agilent."""
    written, end = match["listed"], EXCHANGES[match["exchange"]]
    if written in EXCHANGES:
        return None
    found = _marked(match, written, gazetteer.by_symbol(written + end, day) or gazetteer.by_symbol(written, day))
    doubtful = not _bracketed(match) and written.lower() in listed("words") and match.string[found.start - 1] == " "
    return found._replace(confidence=WORDLIKE) if doubtful else found


def _angle(match: re.Match[str], gazetteer: Gazetteer, day: date | None) -> Marked | None:
    return _coded(match, match["angle"], gazetteer, day)


def _code(match: re.Match[str], gazetteer: Gazetteer, day: date | None) -> Marked | None:
    """Alone, `U.S` and `J.P` are no codes: one must be known, of two letters at least, or stand in brackets."""
    found = _coded(match, match["code"], gazetteer, day)
    root, _, end = match["code"].partition(".")
    return found if (_bracketed(match) and end in ENDS) or (found.entity and len(root) > 1) else None


_READ = {"cash": _cash, "listed": _listed, "angle": _angle, "code": _code}


def _bracketed(match: re.Match[str]) -> bool:
    return match.start() > 0 and match.string[match.start() - 1] in "(["


def _coded(match: re.Match[str], written: str, gazetteer: Gazetteer, day: date | None) -> Marked:
    """A Reuters code, or a bare symbol: `AAPL.O` is AAPL, a code that nobody has stays as written."""
    if entity := gazetteer.by_symbol(written, day):
        return _marked(match, written, entity)
    root, _, end = written.partition(".")
    if end in AMERICAN:
        return _marked(match, root, gazetteer.by_symbol(root, day))
    return _marked(match, written, gazetteer.by_symbol(f"{root}.SW", day) if end in SWISS else None)


def _marked(match: re.Match[str], written: str, entity: Entity | None) -> Marked:
    form = match.lastgroup or ""
    start = match.start(form) - (form == "cash")  # the dollar sign belongs to it
    ticker, confidence = (entity.ticker, KNOWN) if entity else (written, UNKNOWN)
    return Marked(ticker, entity, match.start(), start, match.end(form), confidence)
