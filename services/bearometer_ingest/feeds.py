"""The file of feeds: one address a line, `#` comments, an optional `name=` before the address."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bearometer_shared.errors import UserError

_LINE = re.compile(r"(?:(?P<name>[^=:/]{1,100}?)\s*=\s*)?(?P<url>https?://\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Feed:
    """An address that is polled. Its name is the `source` of its items."""

    name: str
    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def listed(path: Path | None) -> list[Feed]:
    """The feeds in a file, none where there is no file to read. Raises UserError naming the line that is wrong."""
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"BEAROMETER_FEEDS: {path} cannot be read: {error}") from error
    stripped = ((number, line.strip()) for number, line in enumerate(lines, 1))
    return [_feed(path, number, line) for number, line in stripped if line and not line.startswith("#")]


def _feed(path: Path, number: int, line: str) -> Feed:
    found = _LINE.fullmatch(line)
    host = _host(found["url"]) if found else ""
    if not found or not host:
        raise UserError(f"{path}, line {number}: not an http or https address, or name=address")
    return Feed((found["name"] or host.removeprefix("www.")).strip(), found["url"])


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
