"""A publisher's fields, each read so that nothing hostile in it travels on. All raise DecodeError with the reason."""

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bearometer_shared.errors import DecodeError
from bearometer_shared.text import clean, printable

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # no news service is older than its telegraph
MAX_ID = 200
MAX_LINK = 2_000
MAX_TICKERS = 50
MAX_DEPTH = 20
_NOT_OF_A_TICKER = re.compile(r"[^A-Z0-9.^=&/:_-]")


def utc(moment: datetime) -> datetime:
    """UTC, whatever zone it came in; a time without a zone is taken as UTC. Raises ValueError outside of 1900-9999."""
    try:
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error
    if moment < EARLIEST:
        raise ValueError("before 1900")
    return moment


def text(raw: Mapping[str, Any], name: str, limit: int) -> str:
    """Cleaned text of at most `limit` characters; empty where the field is missing."""
    value = raw.get(name) or ""
    if not isinstance(value, str):
        raise DecodeError(f"{name}: not text")
    cleaned = clean(value)
    return cleaned if len(cleaned) <= limit else clean(cleaned[:limit])


def published(raw: Mapping[str, Any]) -> datetime | None:
    """The publisher's time in UTC, or None where there is none."""
    value = raw.get("published_at")
    if value is None or value == "":
        return None
    if not isinstance(value, str | datetime):
        raise DecodeError("published_at: not an ISO 8601 text")
    shown = repr(str(value)[:40])
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except ValueError as error:
        raise DecodeError(f"published_at: {shown} is not ISO 8601") from error
    try:
        return utc(moment)
    except ValueError as error:
        raise DecodeError(f"published_at: {shown} is {error}") from error


def tickers(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Ticker symbols, upper case, each once."""
    value = raw.get("tickers") or raw.get("ticker") or ()
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(symbol, str) for symbol in found):
        raise DecodeError("tickers: not a list of text")
    symbols = (_NOT_OF_A_TICKER.sub("", symbol[:100].upper())[:20] for symbol in found)
    return tuple(dict.fromkeys(filter(None, symbols)))[:MAX_TICKERS]


def link(raw: Mapping[str, Any]) -> str:
    """A link that a browser may follow, else nothing: `javascript:` and the like never reach a page."""
    value = raw.get("url") or ""
    if not isinstance(value, str):
        raise DecodeError("url: not text")
    url = "%20".join(value.split())
    return url if len(url) <= MAX_LINK and url.isprintable() and _is_web(url) else ""


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def given_id(raw: Mapping[str, Any]) -> str:
    """The publisher's id; a long one keeps its head and gets a hash, so that two of them stay apart."""
    value = raw.get("id")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DecodeError("id: not text")
    name = printable(str(value))
    return name if len(name) <= MAX_ID else f"{name[:160]}-{digest(name)}"


def digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def unknown(raw: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The fields that we don't know, as JSON that can be written again."""
    kept = {_key(name): value for name, value in raw.items() if name not in known}
    # Asked again: cleaning may have made a stranger's name into one that we know.
    return {name: _plain(value, 1) for name, value in kept.items() if name not in known}


def _key(name: Any) -> str:
    if not isinstance(name, str):
        raise DecodeError(f"a field named by a {type(name).__name__}")
    return str(_plain(name, 0))


def _plain(value: Any, depth: int) -> Any:
    """Without lone surrogates, NUL, infinities and endless nesting: what JSON parsers let in and encoders refuse."""
    if depth > MAX_DEPTH:
        raise DecodeError(f"nested more than {MAX_DEPTH} deep")
    match value:
        case str():
            return value.encode("utf-8", "replace").decode().replace("\0", "")
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int():
            return value
        case list() | tuple():
            return [_plain(item, depth + 1) for item in value]
        case dict():
            return {_key(name): _plain(item, depth + 1) for name, item in value.items()}
    raise DecodeError(f"a {type(value).__name__} is not JSON")
