"""Label files: JSON Lines, as `labels export` writes them. A row may say who labelled, when, by which guideline and
why, and what the model had said."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bearometer_shared import fields
from bearometer_shared.errors import UserError
from bearometer_shared.storage.new_label import NewLabel
from bearometer_training import data


def parsed(file: Path, annotator: str, now: datetime) -> tuple[list[NewLabel], list[str]]:
    """The labels of a file, by `annotator` where a row names none, and said `now` where it names no time; and a line
    for each row that is no label."""
    good, bad = [], []
    for number, line in data.lines(file):
        where = f"{file}:{number}"
        try:
            good += _labels(line, where, annotator, now)
        except UserError as error:
            reason = str(error)
            bad.append(reason if reason.startswith(where) else f"{where}: {reason}")
    return good, bad


def _labels(line: bytes, where: str, annotator: str, now: datetime) -> list[NewLabel]:
    """What a row says of its text, and of each entity in it."""
    row, given = data.parse(line, where), json.loads(line)
    adjudicated = given.get("adjudicated") or False
    if adjudicated is not True and adjudicated is not False:
        raise UserError(f"adjudicated: neither true nor false: {adjudicated!r}")
    spoken = NewLabel(
        row.text,
        row.sentiment or next((label for _, label in row.entities), None),
        row.topic,
        annotator=_word(given, "annotator") or annotator,
        note=_word(given, "note"),
        guideline=_word(given, "guideline"),
        adjudicated=adjudicated,
        model_version=_word(given, "model_version") or None,
        model_said=_model_said(given),
        said_at=_moment(given, now),
    )
    own = [replace(spoken, sentiment=row.sentiment)] if row.sentiment or row.topic else []
    return own + [replace(spoken, sentiment=label, topic=None, entity=name) for name, label in row.entities]


def _word(given: dict[str, Any], name: str) -> str:
    word = given.get(name) or ""
    if not isinstance(word, str):
        raise UserError(f"{name}: not a text: {word!r}")
    return word.strip()


def _moment(given: dict[str, Any], now: datetime) -> datetime:
    """When it was said; one that is still to come would count above all that is said until then."""
    if not (word := _word(given, "created_at")):
        return now
    try:
        moment = fields.utc(datetime.fromisoformat(word))
    except ValueError as error:
        raise UserError(f"created_at: not a time in ISO 8601: {word!r}") from error
    if moment > now:
        raise UserError(f"created_at: lies in the future: {word!r}")
    return moment


def _model_said(given: dict[str, Any]) -> dict[str, Any] | None:
    """What the model had said, as it stands in the file; Postgres takes neither NaN nor broken text."""
    said = given.get("model_said")
    try:
        stored = json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise UserError(f"model_said: {error}") from error
    if not isinstance(said, dict | None) or b"\\u0000" in stored:
        raise UserError(f"model_said: not an object, or one with a NUL: {str(said)[:80]!r}")
    return said
