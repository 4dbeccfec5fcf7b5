"""Reading a feed's document: bytes become entries, in the fields of our news files."""

import calendar
import codecs
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from bearometer_ingest.feeds import Feed
from bearometer_ingest.fetch import Page
from bearometer_shared.errors import BearometerError
from bearometer_shared.text import printable

_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,30})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,30})")
# Python has codecs that are no charsets, and some of those take quadratic time.
_CHARSETS = re.compile(
    r"utf|us-?ascii|iso-?8859|latin|windows|cp\d|koi8|mac|gb|hz|big5|shift|sjis|euc|iso-?2022|tis", re.I
)
MAX_ENTRIES = 5_000  # each takes kilobytes once it is parsed: megabytes of empty ones would take gigabytes
_FIRST_ELEMENT = re.compile(r"<\w", re.ASCII)


class FeedError(BearometerError):
    """A document that holds no entries, and why."""


@dataclass(frozen=True)
class Document:
    """Entries as the fields of a news item; `trouble` says what is broken in a document that is partly so."""

    entries: tuple[dict[str, Any], ...]
    trouble: str


def read(page: Page, feed: Feed) -> Document:
    """Reads RSS or Atom. Raises FeedError where there are no entries: an empty feed, an HTML page, rubbish."""
    parsed = _parsed(page)
    problem = printable(str(parsed.get("bozo_exception", "not well-formed")))[:200] if parsed.get("bozo") else ""
    if not parsed.entries:
        start = printable(page.content[:60].decode("utf-8", "replace"))
        raise FeedError(problem or "an empty feed" if parsed.get("version") else f"not a feed; it begins with: {start}")
    language = parsed.feed.get("language", "")
    return Document(tuple(_fields(entry, feed, language) for entry in parsed.entries), problem)


def _parsed(page: Page) -> Any:
    """What precedes the first element is cut off: without a document type there are no entities to expand.

    Markup in titles and bodies is left to our own cleaning.
    """
    text = _decoded(page)
    if text.count("<item") + text.count("<entry") > MAX_ENTRIES:
        raise FeedError(f"more than {MAX_ENTRIES} entries")
    first = _FIRST_ELEMENT.search(text)
    content = text[first.start() :].encode() if first else b"<nothing/>"
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": page.url}
    try:
        return feedparser.parse(
            io.BytesIO(content), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # what its parsers raise on hostile input is not documented
        raise FeedError(f"the parser gave up: {type(error).__name__}: {printable(str(error))[:200]}") from error


def _decoded(page: Page) -> str:
    """Text of a document. What is valid UTF-8 is UTF-8, whatever it is said to be: servers' headers are often wrong."""
    content = page.content
    try:
        return content.decode(next((codec for mark, codec in _MARKS if content.startswith(mark)), "utf-8"))
    except UnicodeDecodeError:
        return content.decode(_charset(page), "replace")


def _charset(page: Page) -> str:
    said, declared = _CHARSET.search(page.content_type), _DECLARED.match(page.content.lstrip())
    name = said[1] if said else declared[1].decode("ascii", "replace") if declared else "utf-8"
    try:
        return codecs.lookup(name).name if _CHARSETS.match(name) else "utf-8"
    except LookupError:
        return "utf-8"


def _fields(entry: Mapping[str, Any], feed: Feed, language: str) -> dict[str, Any]:
    contents = entry.get("content") or [{}]
    body = entry.get("summary") or contents[0].get("value", "")
    return {
        "id": _id(entry, feed),
        "title": entry.get("title", ""),
        "text": body,  # what microblogs have instead of a title
        "body": body,
        "url": entry.get("link", ""),
        "published_at": _moment(entry),
        "source": (entry.get("source") or {}).get("title") or feed.name,
        "lang": language,
    }


def _id(entry: Mapping[str, Any], feed: Feed) -> str:
    """The publisher's id, or the link. A plain number or word is unique only within its publisher."""
    name = str(entry.get("id") or entry.get("link") or "")
    return name if ":" in name or not name else f"{feed.host}:{name}"


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    """When it was published, in UTC; None where no such time can be read: the item counts as new when it comes."""
    parsed = next((entry[name] for name in ("published_parsed", "updated_parsed") if name in entry), None)
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
