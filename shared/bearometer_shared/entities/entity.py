"""What the linker knows: companies, the names and symbols by which texts call them, and when they did."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.text import clean

COLUMNS = ("ticker", "name", "aliases", "valid_from", "valid_to", "sector", "symbols")
LISTS = frozenset(["aliases", "symbols"])
LONGEST = 200  # characters of a field


@dataclass(frozen=True, slots=True)
class Entity:
    """A company under one ticker and name. One that changed either has a row for each, with the days it was so.

    `symbols` are its tickers elsewhere. Both days are included; None is without end. `sector` may be empty.
    """

    ticker: str
    name: str
    aliases: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    sector: str = ""

    def valid(self, day: date | None) -> bool:
        """Whether it went by this name on a day; None asks whether it still does."""
        if day is None:
            return self.valid_to is None
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


def day_of(when: datetime | None) -> date | None:
    """The day of a publication, in UTC."""
    if when is None:
        return None
    return (when.astimezone(UTC) if when.tzinfo else when).date()


def read_file(file: Path) -> list[Entity]:
    """Rows of a CSV file. Raises UserError with the file or the line at fault."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error
    return read_csv(text.splitlines(), str(file))


def read_csv(lines: Iterable[str], where: str) -> list[Entity]:
    """Rows of CSV text whose columns are those above; aliases and symbols are parted by `;`, days are ISO 8601.

    Only ticker and name must be there. Raises UserError with the line at fault.
    """
    reader = csv.DictReader(lines, strict=True)
    try:
        missing = {"ticker", "name"} - set(reader.fieldnames or ())
        if missing:
            raise UserError(f"{where}: no column {min(missing)}; the first line names them: {','.join(COLUMNS)}")
        return [_entity(row, f"{where}:{reader.line_num}") for row in reader]
    except csv.Error as error:
        raise UserError(f"{where}:{reader.line_num + 1}: {error}") from error


def _entity(row: Mapping[str, str | None], where: str) -> Entity:
    fields = {column: _text(row.get(column), f"{where}: {column}") for column in COLUMNS if column not in LISTS}
    ticker = fields["ticker"].upper()
    if not ticker or not fields["name"] or " " in ticker or len(ticker) > 20:
        raise UserError(f"{where}: a row needs a name, and a ticker of one word and at most 20 characters")
    start, end = (_day(fields[column], f"{where}: {column}") for column in ("valid_from", "valid_to"))
    if start and end and start > end:
        raise UserError(f"{where}: valid_from {start} is after valid_to {end}")
    aliases, symbols = (tuple(_parts(row.get(column) or "", f"{where}: {column}")) for column in ("aliases", "symbols"))
    return Entity(ticker, fields["name"], aliases, tuple(map(str.upper, symbols)), start, end, fields["sector"])


def _parts(written: str, where: str) -> Iterator[str]:
    return filter(None, (_text(part, where) for part in written.split(";")))


def _text(written: str | None, where: str) -> str:
    if len(found := clean(written or "")) > LONGEST:
        raise UserError(f"{where}: longer than {LONGEST} characters")
    return found


def _day(written: str, where: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise UserError(f"{where}: {written[:40]!r} is no ISO 8601 day") from error
