"""What travels on the topics: versioned JSON. Unknown fields are kept; a newer major version is refused."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bearometer_shared import fields
from bearometer_shared.errors import DecodeError

MAJOR = 1
MAX_NAME = 200
MAX_TITLE = 2_000
MAX_BODY = 100_000

Moment = Annotated[datetime, AfterValidator(fields.utc)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
StreamName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$")]


class Wire(BaseModel):
    """Base of every message. `v` is MAJOR.MINOR; minor versions only add fields."""

    model_config = ConfigDict(extra="allow", frozen=True)
    v: str = f"{MAJOR}.0"


Message = TypeVar("Message", bound=Wire)


class News(Wire):
    """Topic `news.raw`: one item as it was received, its text cleaned. Keyed by `id`."""

    kind: Literal["news"] = "news"
    stream: StreamName = "live"
    id: Name
    published_at: Moment
    received_at: Moment
    future: bool = Field(False, description="published_at lay in the future and was clamped to received_at")
    source: Annotated[str, Field(max_length=MAX_NAME)] = ""
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""
    body: Annotated[str, Field(max_length=MAX_BODY)] = ""
    url: Annotated[str, Field(max_length=2_000)] = ""
    lang: Annotated[str, Field(max_length=16)] = ""
    tickers: Annotated[tuple[str, ...], Field(max_length=50)] = ()

    def text_hash(self) -> str:
        """What tells two versions of one id apart."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()[:32]


class Tick(Wire):
    """Topic `news.raw`, one on every partition: all items of the stream before `event_time` have been sent.

    A replay sends ticks, so that its event-time clock is exact at any speed and over any number of partitions.
    """

    kind: Literal["tick"] = "tick"
    stream: StreamName
    event_time: Moment
    partitions: Annotated[int, Field(ge=1, description="how many partitions get this tick")] = 1


class Mention(Wire):
    """A company that an item names, and the sentiment towards it; `signed` in millionths."""

    ticker: str
    sentiment: str
    signed: int


class Scored(Wire):
    """Topic `news.scored`: an item's score by one model version. `id` is fixed: a repeat is recognisable.

    Probabilities and `signed` are in millionths. `story` is the `article_id` of the first of the item's copies.
    """

    id: Name
    stream: StreamName
    article_id: Name
    published_at: Moment
    source: str
    title: str
    tickers: tuple[str, ...]
    mentions: tuple[Mention, ...] = ()
    model_version: str
    sentiment: str
    negative: int
    neutral: int
    positive: int
    signed: int
    topic: str
    topic_p: int
    story: str = ""


class DeadLetter(Wire):
    """Topic `news.dlq`: a record that could not be taken, where it stood, and why. `value` is its bytes in base64."""

    id: Name
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str
    reason: str
    at: Moment


class AlertEvent(Wire):
    """Topic `alerts`: one step of an alert's life, the detector's or a person's. `id` is the outbox row's: a repeat is
    recognisable.
    """

    id: Name
    alert_id: int
    fingerprint: str
    stream: StreamName
    rule: str
    dimension: str
    key: str
    state: str
    at: Moment
    severity: str
    observed: int
    expected: float
    p_value: float
    incident: int | None = None
    actor: str = ""
    note: str = ""


def encode(message: Wire) -> bytes:
    """JSON bytes, UTF-8."""
    return message.model_dump_json().encode()


def decode(value: bytes | None, at: datetime, max_bytes: int) -> News | Tick:
    """A record of `news.raw` that arrived `at`. Raises DecodeError with a reason that a person can act on.

    Whoever produced it, it passes the same cleaning as a feed's item: the topic is open to other programs.
    """
    if value is None:
        raise DecodeError("empty record")
    if len(value) > max_bytes:
        raise DecodeError(f"{len(value)} bytes; the limit is {max_bytes}")
    try:
        raw = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise DecodeError(f"a JSON {type(raw).__name__}, not an object")
    _check_version(raw.get("v", f"{MAJOR}.0"))
    match raw.get("kind", "news"):
        case "tick":
            return _validated(Tick, raw)
        case "news":
            return news_item(raw, received_at=_received(raw, at))
    raise DecodeError("kind: neither news nor tick")


def _received(raw: dict[str, Any], at: datetime) -> datetime:
    """When our ingest received it, or when Kafka did: never later than Kafka says."""
    try:
        return min(fields.utc(datetime.fromisoformat(raw["received_at"])), at)
    except (KeyError, TypeError, ValueError):
        return at


def _validated(kind: type[Message], values: dict[str, Any]) -> Message:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise DecodeError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _check_version(version: Any) -> None:
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if not found:
        raise DecodeError("v: not MAJOR.MINOR")
    if int(found[1]) > MAJOR:
        raise DecodeError(f"version {version!r}; this release reads up to {MAJOR}.x")


def news_item(raw: Any, *, received_at: datetime, stream: str = "live", source: str = "") -> News:
    """Builds an item from a publisher's fields, cleaned: the one door through which feeds, pushes and files enter.

    A missing id is made from source and link, or title and time; a future time is clamped to arrival and flagged.
    Raises DecodeError with the reason where it is not news.
    """
    if not isinstance(raw, dict):
        raise DecodeError(f"a JSON {type(raw).__name__}, not an object")
    title = fields.text(raw, "title", MAX_TITLE) or fields.text(raw, "text", MAX_TITLE)
    if not title:
        raise DecodeError("title: missing or empty")
    link, published = fields.link(raw), fields.published(raw)
    source = fields.text(raw, "source", MAX_NAME) or source
    written = published.isoformat() if published else ""  # not the time of arrival: the same item again is the same id
    known = {
        "v": _version(raw.get("v")),
        "kind": "news",
        "stream": raw.get("stream") or stream,
        "id": fields.given_id(raw) or fields.digest(source, link or f"{title}\n{written}"),
        "published_at": min(published or received_at, received_at),
        "received_at": received_at,
        "future": bool(published and published > received_at) or raw.get("future") is True,
        "source": source,
        "title": title,
        "body": fields.text(raw, "body", MAX_BODY),
        "url": link,
        "lang": fields.text(raw, "lang", 16),
        "tickers": fields.tickers(raw),
    }
    return _validated(News, fields.unknown(raw, _KNOWN) | known)


def _version(version: Any) -> str:
    """A minor version that a newer release wrote stays; a publisher's field of that name is none of ours."""
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    return version if found and int(found[1]) == MAJOR else f"{MAJOR}.0"


_VERSION = re.compile(r"([0-9]{1,4})(?:\.[0-9]{1,4})?")
_KNOWN = frozenset(News.model_fields) | {"text", "ticker"}  # the last two are read into title and tickers


ONE_MINUTE = timedelta(minutes=1)


def minute(moment: datetime) -> datetime:
    """The one-minute bucket that a time falls into."""
    return moment.replace(second=0, microsecond=0)
