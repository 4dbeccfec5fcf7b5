"""Labelled rows: reading, splitting and naming. A row carries a text and any of sentiment, topic and entities, and how
much its labels weigh."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bearometer_shared.errors import UserError
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_shared.text import model_text

SEED = Path(__file__).parent / "seed" / "labels.jsonl"  # what every retraining replays, so that little is forgotten
GOLDEN = Path(__file__).parent / "seed" / "golden.jsonl"  # frozen: judges every model and teaches none
HOSTILE = Path(__file__).parent / "seed" / "hostile.jsonl"  # no labels: texts that must not confuse a model


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text; a label that is None is not known and costs no loss. `entities`: (name, sentiment) each.

    `weight`, above 0 and at most 1, is what the row counts in the loss: less than 1 where no person labelled it.
    """

    text: str
    sentiment: str | None = None
    topic: str | None = None
    entities: tuple[tuple[str, str], ...] = ()
    weight: float = 1.0


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
        text = model_text(_encodable(raw.get("title") or raw["text"]))
        entities = tuple((_encodable(name), label) for name, label in (raw.get("entities") or {}).items())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{where}: not a label row (a JSON object with text and sentiment, topic or entities)"
        ) from error
    for label in (raw.get("sentiment"), *(label for _, label in entities)):
        _check("sentiment", label, SENTIMENTS, where)
    _check("topic", raw.get("topic"), TOPICS, where)
    return Row(text, raw.get("sentiment"), raw.get("topic"), entities, _weight(raw, where))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # lone surrogates


def _weight(raw: dict[str, Any], where: str) -> float:
    weight = raw.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
        raise UserError(f"{where}: weight {weight!r} is no number above 0 and up to 1")
    return float(weight)


def _check(kind: str, label: Any, known: Sequence[str], where: str) -> None:
    if label not in (None, *known):
        raise UserError(f"{where}: unknown {kind} {label!r}; known: {', '.join(known)}")


def split(rows: Sequence[Row], held_out: int = 10, salt: str = "") -> tuple[list[Row], list[Row]]:
    """Training rows, and one in `held_out` that training never sees. Equal texts fall on the same side.

    Another `salt` is another split, independent of the first.
    """
    parts: tuple[list[Row], list[Row]] = [], []
    for row in rows:
        parts[not _digest(salt + row.text) % held_out].append(row)
    return parts


def snapshot(rows: Sequence[Row]) -> str:
    """A hash that names this very set of rows, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(_line, rows))).encode()).hexdigest()


def _line(row: Row) -> str:
    """Full weight is not written: hashes of rows without weights stay what they were."""
    line = f"{row.text}\t{row.sentiment}\t{row.topic}\t{row.entities}"
    return line if row.weight == 1.0 else f"{line}\t{row.weight}"


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.lower().encode()).digest()[:8], "big")
