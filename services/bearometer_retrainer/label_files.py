"""Label files: JSON Lines, as `labels export` writes them. A row may say who labelled, by which guideline, and why."""

import json
from pathlib import Path
from typing import Any

from bearometer_shared.errors import UserError
from bearometer_shared.storage.labels import NewLabel
from bearometer_training import data


def parsed(file: Path, annotator: str) -> tuple[list[NewLabel], list[str]]:
    """The labels of a file, by `annotator` where a row names none; and a line for each row that is no label."""
    good, bad = [], []
    for number, line in data.lines(file):
        where = f"{file}:{number}"
        try:
            good.append(_label(line, where, annotator))
        except UserError as error:
            reason = str(error)
            bad.append(reason if reason.startswith(where) else f"{where}: {reason}")
    return good, bad


def _label(line: bytes, where: str, annotator: str) -> NewLabel:
    row, given = data.parse(line, where), json.loads(line)
    adjudicated = given.get("adjudicated") or False
    if adjudicated is not True and adjudicated is not False:
        raise UserError(f"adjudicated: neither true nor false: {adjudicated!r}")
    return NewLabel(
        row.text,
        row.sentiment,
        row.topic,
        annotator=_word(given, "annotator") or annotator,
        note=_word(given, "note"),
        guideline=_word(given, "guideline"),
        adjudicated=adjudicated,
    )


def _word(given: dict[str, Any], name: str) -> str:
    word = given.get(name) or ""
    if not isinstance(word, str):
        raise UserError(f"{name}: not a text: {word!r}")
    return word.strip()
