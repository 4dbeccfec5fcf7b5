"""The defaults on the shape of real news, and on the sample day that we ship."""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from made_news import ALL, BANK, Item, by_minute

from bearometer_alerts import times
from bearometer_alerts.detector import Detector, Step
from bearometer_shared.entities import tickers

ROOT = Path(__file__).parents[2]
REUTERS = ROOT.parent / "shared" / "data" / "reuters1987" / "feb-jun.jsonl.gz"
SAMPLE = ROOT / "services" / "bearometer_cli" / "sample" / "day.jsonl"
BAD = re.compile(
    r"\b(falls|fell|drops?|plunges|cuts?|downgrades|halted|collapse|probe|slumps|warns|weak|misses|sinks)\b"
)


def fired(items: Iterator[Item]) -> list[Step]:
    minutes = by_minute(items)
    return [step for step in Detector(minutes[0].at).run(minutes, minutes[-1].at + 1) if step.phase == "firing"]


def chance(id: str, percent: int) -> bool:
    """A fixed draw."""
    return int(hashlib.sha256(id.encode()).hexdigest(), 16) % 100 < percent


@pytest.mark.skipif(not REUTERS.exists(), reason="the public newswire is not beside this checkout")
def test_a_calm_newswire_fires_less_than_once_in_two_days_on_topics_and_all() -> None:
    """Two months of the wire, its rushes, nights and gaps; one item in five is called negative, whatever it says."""
    rows = [json.loads(line) for line in gzip.decompress(REUTERS.read_bytes()).splitlines()]
    days = len({row["published_at"][:10] for row in rows})
    found = Counter(step.key[0] for step in fired(_wire(row) for row in rows))
    assert (found["all"] + found["topic"]) / days < 0.5
    assert found["ticker"] / days < 0.5


def _wire(row: dict[str, Any]) -> Item:
    topic = (row["topics"] or ["none"])[0]
    named = [("ticker", name) for name in re.findall(r"<([A-Z.]{1,8})>", row["title"])]
    return _minute(row), (ALL, ("topic", topic), *named), chance(row["id"], 20)


def test_the_sample_day_alerts_on_the_bank_and_on_no_other_company() -> None:
    """With negatives by a few words, and of the bank's items from its bad afternoon all but a fifth."""
    steps = fired(_sample(json.loads(line)) for line in SAMPLE.read_text("utf-8").splitlines())
    assert {step.key for step in steps if step.key[0] == "ticker"} == {BANK}
    at = times.start(next(step.minute for step in steps if step.key == BANK))
    assert (14, 0) <= (at.hour, at.minute) < (17, 0)


def _sample(row: dict[str, Any]) -> Item:
    text, hour = row["title"], int(row["published_at"][11:13])
    bank = re.search("Corwen|CRWB", text) is not None and 14 <= hour < 19
    negative = chance(row["id"], 80) if bank else BAD.search(text.lower()) is not None
    topic = ("topic", "Financials" if re.search("bank|Corwen|lender|deposit", text, re.IGNORECASE) else "other")
    named = [("ticker", name) for name in tickers(f"{text} {row.get('body', '')}")]
    return _minute(row), (ALL, topic, *named), negative


def _minute(row: dict[str, Any]) -> int:
    return times.number(datetime.fromisoformat(row["published_at"]))
