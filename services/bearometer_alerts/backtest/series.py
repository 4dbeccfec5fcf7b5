"""Reading a series of counts: CSV with the columns `timestamp` and `value`, in order of time."""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bearometer_shared.errors import UserError

HOUR_S, DAY_S = 3600, 86400
COLUMNS = ("timestamp", "value")
LARGEST = 1e15


@dataclass(frozen=True)
class Series:
    """n rows: `seconds` since 1970 and `values`, float64 of shape (n,). `written` is how the file writes each row."""

    name: str
    seconds: np.ndarray
    values: np.ndarray
    written: list[tuple[str, str]]

    @property
    def step_s(self) -> float:
        """The usual time between two rows; 0 where there is one row."""
        return float(np.median(np.diff(self.seconds))) if len(self.seconds) > 1 else 0.0

    def moment(self, row: int) -> datetime:
        return datetime.fromtimestamp(float(self.seconds[row]), UTC)

    def oddities(self) -> dict[str, int]:
        """How many rows repeat the time above them, how many set the clock back, and before how many rows are missing.

        Such rows are kept and scored where they stand.
        """
        steps = np.diff(self.seconds)
        gaps = int((steps > 1.5 * self.step_s).sum())
        return {"repeated": int((steps == 0).sum()), "set_back": int((steps < 0).sum()), "gaps": gaps}


def read(path: Path) -> Series:
    """Reads a file. Raises UserError naming it, and the line where one is at fault."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_rows(csv.DictReader(file), path))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV text: {error}") from error
    if not rows:
        raise UserError(f"{path}: holds no rows")
    seconds, values, written = zip(*rows, strict=True)
    return Series(path.stem, np.array(seconds), np.array(values), list(written))


def _rows(reader: "csv.DictReader[str]", path: Path) -> Iterator[tuple[float, float, tuple[str, str]]]:
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise UserError(f"{path}, line 1: no column {' and no column '.join(missing)}; a series is timestamp,value")
    before = -math.inf
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        seconds, value = _seconds(row, where), _count(row, where)
        # A local clock that is put back in autumn repeats an hour; anything more is another order.
        if seconds < before - HOUR_S:
            raise UserError(f"{where}: {row['timestamp']} comes before the row above it; sort the file by time")
        before = seconds
        yield seconds, value, (row["timestamp"], row["value"])


def _seconds(row: Mapping[str, str | None], where: str) -> float:
    try:
        moment = datetime.fromisoformat((row["timestamp"] or "").strip())
    except ValueError as error:
        raise UserError(f"{where}: {row['timestamp']!r} is not a time in ISO 8601") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _count(row: Mapping[str, str | None], where: str) -> float:
    try:
        value = float(row["value"] or "")
    except ValueError as error:
        raise UserError(f"{where}: {row['value'] or 'an empty value'!r} is not a number") from error
    if not 0 <= value < LARGEST:
        raise UserError(f"{where}: {row['value']} is no count: those are neither negative nor beyond {LARGEST:g}")
    return value
