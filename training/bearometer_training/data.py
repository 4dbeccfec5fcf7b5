"""Labelled rows: reading, splitting and batching. A row carries a text and any of sentiment and topic."""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_shared.text import model_text

SEED = Path(__file__).parent / "seed" / "labels.jsonl"  # what every retraining replays, so that little is forgotten
GOLDEN = Path(__file__).parent / "seed" / "golden.jsonl"  # frozen: judges every model and teaches none


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text; a label that is None is not known and costs no loss."""

    text: str
    sentiment: str | None = None
    topic: str | None = None


def read(path: Path) -> list[Row]:
    """Rows of a JSON Lines file. Raises UserError naming the file and line of the first that is no label."""
    return [parse(line, f"{path}:{number}") for number, line in lines(path)]


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold something, with their numbers from 1. Raises UserError where it cannot be read."""
    try:
        found = path.read_bytes().split(b"\n")  # str.splitlines() would cut at U+2028 inside a text
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    yield from ((number, line) for number, line in enumerate(found, 1) if line.strip())


def parse(line: str | bytes, where: str) -> Row:
    """One row from its JSON text. Raises UserError that begins with `where`."""
    try:
        raw = json.loads(line)
        text = model_text((raw.get("title") or raw["text"]).encode("utf-8", "replace").decode())  # lone surrogates
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{where}: not a label row (a JSON object with text and sentiment or topic)") from error
    row = Row(text, raw.get("sentiment"), raw.get("topic"))
    if row.sentiment not in (None, *SENTIMENTS):
        raise UserError(f"{where}: unknown sentiment {row.sentiment!r}; known: {', '.join(SENTIMENTS)}")
    if row.topic not in (None, *TOPICS):
        raise UserError(f"{where}: unknown topic {row.topic!r}; known: {', '.join(TOPICS)}")
    return row


def split(rows: Sequence[Row], held_out: int = 10) -> tuple[list[Row], list[Row]]:
    """Training rows, and one in `held_out` that training never sees. Equal texts fall on the same side."""
    kept = [row for row in rows if _digest(row.text) % held_out]
    return kept, [row for row in rows if not _digest(row.text) % held_out]


def snapshot(rows: Sequence[Row]) -> str:
    """A hash that names this very set of rows, whatever their order."""
    lines = sorted(f"{row.text}\t{row.sentiment}\t{row.topic}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def batches(rows: Sequence[Row], size: int, rng: random.Random) -> Iterator[list[Row]]:
    """Shuffled batches of texts of like length: padding costs time and teaches nothing."""
    order = list(rows)
    rng.shuffle(order)
    pool = size * 50
    cut = [sorted(order[i : i + pool], key=lambda row: len(row.text)) for i in range(0, len(order), pool)]
    groups = [part[i : i + size] for part in cut for i in range(0, len(part), size)]
    rng.shuffle(groups)
    yield from groups


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.lower().encode()).digest()[:8], "big")
