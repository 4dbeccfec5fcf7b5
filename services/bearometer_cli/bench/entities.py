"""`bench entities`: precision, recall and speed of the linker on labelled real text.

- `stocknet` holds tweets about 87 tickers. The truth of a tweet is its labels and every cashtag in it; recall asks for
  the labels alone. Three readings: as written; with the dollar signs taken away, so that symbols are bare; and with the
  symbols taken away, so that names alone are left. A company that a tweet names without its cashtag counts as an error,
  so that precision is a lower bound: 9 of 150 such "errors" of the last reading, drawn by chance, were errors.
- `sentfin` holds headlines on Indian companies with the names in them marked. Half of the headlines give the names, the
  others are linked: a link counts if it is a marked span. Markets and goods are marked in it too, companies not always.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from bearometer_cli.bench import data_sets
from bearometer_cli.bench.data_sets import some
from bearometer_cli.bench.latency import percentile
from bearometer_shared.entities import Entity, Gazetteer, Linker, default_linker
from bearometer_shared.entities.entity import day_of
from bearometer_shared.text import clean

STOCKNET, SENTFIN, HEADLINES = "stocknet/2014.jsonl.gz", "sentfin/train.jsonl", "sp500_headlines/2008-2019.jsonl"
CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,5}(?:[.\-][A-Za-z]{1,2})?)(?![\w$])")
READINGS: dict[str, Callable[[str], str]] = {
    "as written": lambda text: text,
    "without dollar signs": lambda text: CASHTAG.sub(r"\1", text),
    "names alone": lambda text: CASHTAG.sub(" ", text),
}


class Tweet(NamedTuple):
    """A text with its time, the tickers that it is filed under, and those that it means."""

    text: str
    at: datetime
    labels: frozenset[str]
    meant: frozenset[str]


def entities(folder: Path, rows: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Shares from 0 to 1, seconds a headline; of at most `rows` texts of each set.

    Raises UserError where a set is missing.
    """
    started = time.perf_counter()
    linker = default_linker()
    built = time.perf_counter() - started
    say("tweets")
    tweets = some(list(_tweets(data_sets.rows(folder / STOCKNET), linker)), rows)
    found = {name: _tickers(linker, tweets, reading) for name, reading in READINGS.items()}
    say("headlines with marked names")
    return {
        "listed": len(linker.gazetteer.entities),
        "build_seconds": round(built, 3),
        "stocknet": {"tweets": len(tweets), **found},
        "sentfin": _sentfin(some(list(data_sets.rows(folder / SENTFIN)), rows), linker),
        "seconds": _seconds(linker, [row["title"] for row in some(list(data_sets.rows(folder / HEADLINES)), rows)]),
    }


def _tweets(rows: Iterable[dict[str, Any]], linker: Linker) -> Iterator[Tweet]:
    """One a tweet: it stands in the set once for each ticker that it is filed under."""
    filed: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        filed.setdefault((row["id"], row["published_at"], clean(row["title"])), set()).add(row["ticker"])
    for (_, published, text), labels in filed.items():
        at = datetime.fromisoformat(published)
        written = (symbol.upper() for symbol in CASHTAG.findall(text))
        named = frozenset(_company(linker, label, at) for label in labels)
        yield Tweet(text, at, named, named | {_company(linker, symbol, at) for symbol in written})


def _company(linker: Linker, symbol: str, at: datetime) -> str:
    entity = linker.gazetteer.by_symbol(symbol, day_of(at))
    return entity.ticker if entity else symbol


def _tickers(linker: Linker, tweets: Sequence[Tweet], reading: Callable[[str], str]) -> dict[str, float]:
    linked = [(tweet, set(linker.tickers(reading(tweet.text), tweet.at))) for tweet in tweets]
    return {
        **_share("precision", sum(len(found & tweet.meant) for tweet, found in linked), sum(len(f) for _, f in linked)),
        **_share("recall", sum(len(found & t.labels) for t, found in linked), sum(len(t.labels) for t in tweets)),
    }


def _sentfin(rows: Sequence[dict[str, Any]], default: Linker) -> dict[str, Any]:
    """By the names of one half on the other half, and by the default list on the same."""
    half = len(rows) // 2
    names = sorted({name for row in rows[:half] for name in row["entities"]})
    learned = Linker(Gazetteer([Entity(str(n), name) for n, name in enumerate(names)]))
    known = frozenset(map(str.lower, names))
    return {
        "names": len(names),
        "headlines": len(rows) - half,
        "names of the other half": _spans(learned, rows[half:], known),
        "default list": _spans(default, rows[half:], None),
    }


def _spans(linker: Linker, rows: Sequence[dict[str, Any]], known: frozenset[str] | None) -> dict[str, float]:
    """A link is right if its span is marked, but for a legal form. Recall asks for `known` names; None: for all."""
    right = found = asked = hit = 0
    for row in rows:
        marked = {name.lower() for name in row["entities"]}
        linked = {link.surface.lower(): link.name.lower() for link in linker.link(row["text"])}
        good = {surface for surface, name in linked.items() if surface in marked or name in marked}
        named = set(linked) | set(linked.values())
        wanted = marked if known is None else marked & known
        right, found = right + len(good), found + len(linked)
        hit, asked = hit + len(named & wanted), asked + len(wanted)
    return {**_share("precision", right, found), **_share("recall", hit, asked)}


def _share(name: str, part: int, whole: int) -> dict[str, float]:
    return {name: round(part / whole, 4) if whole else 0.0, f"{name}_of": whole}


def _seconds(linker: Linker, headlines: Sequence[str]) -> dict[str, float | None]:
    times = []
    for text in headlines:
        started = time.perf_counter()
        linker.link(text)
        times.append(time.perf_counter() - started)
    return {"headlines": len(times), "p50": percentile(times, 0.5), "p99": percentile(times, 0.99)}
