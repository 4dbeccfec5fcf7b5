"""What travels on the topics: versioned JSON. Unknown fields are kept; a newer major version is refused."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bearometer_shared.errors import DecodeError
from bearometer_shared.text import clean

MAJOR = 1
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # no news service is older than its telegraph
MAX_TITLE = 2_000
MAX_BODY = 100_000


def _utc(moment: datetime) -> datetime:
    """UTC, whatever zone it came in; a time without a zone is taken as UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment < EARLIEST:
        raise ValueError("before 1900")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_utc)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
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
    source: Annotated[str, Field(max_length=200)] = ""
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


class Scored(Wire):
    """Topic `news.scored`: an item's score by one model version. `id` is fixed: a repeat is recognisable.

    Probabilities and `signed` are in millionths.
    """

    id: Name
    stream: StreamName
    article_id: Name
    published_at: Moment
    source: str
    title: str
    tickers: tuple[str, ...]
    model_version: str
    sentiment: str
    negative: int
    neutral: int
    positive: int
    signed: int
    topic: str
    topic_p: int


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
    """Topic `alerts`: one step of an alert's life. `id` is the outbox row's: a repeat is recognisable."""

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
    if raw.get("kind") == "tick":
        return _validated(Tick, raw)
    return news_item(raw, received_at=_received(raw, at))


def _received(raw: dict[str, Any], at: datetime) -> datetime:
    """When our ingest received it, or when Kafka did: never later than Kafka says."""
    try:
        return min(_utc(datetime.fromisoformat(raw["received_at"])), at)
    except (KeyError, TypeError, ValueError, OverflowError):
        return at


def _validated(kind: type[Message], fields: dict[str, Any]) -> Message:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise DecodeError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _check_version(version: Any) -> None:
    major = str(version).partition(".")[0]
    if not major.isdigit() or int(major) > MAJOR:
        raise DecodeError(f"version {version!r}; this release reads up to {MAJOR}.x")


def news_item(raw: Any, *, received_at: datetime, stream: str = "live", source: str = "") -> News:
    """Builds an item from a publisher's fields, cleaned: the one door through which feeds, pushes and files enter.

    A missing id is made from source, link, title and time; a future time is clamped to arrival and flagged.
    Raises DecodeError with the reason where it is not news.
    """
    if not isinstance(raw, dict):
        raise DecodeError(f"a JSON {type(raw).__name__}, not an object")
    title = clean(_text(raw, "title") or _text(raw, "text"))[:MAX_TITLE]
    body = clean(_text(raw, "body"))[:MAX_BODY]
    if not title:
        raise DecodeError("title: missing or empty")
    published = _published(raw.get("published_at"), received_at)
    fields = dict(raw) | {
        "stream": raw.get("stream") or stream,
        "published_at": min(published, received_at),
        "received_at": received_at,
        "future": published > received_at or raw.get("future") is True,
        "source": clean(_text(raw, "source"))[:200] or source,
        "title": title,
        "body": body,
        "url": _link(_text(raw, "url")),
        "lang": clean(_text(raw, "lang"))[:16],
        "tickers": _tickers(raw),
    }
    fields["id"] = clean(str(raw.get("id") or ""))[:200] or _stable_id(fields)
    return _validated(News, fields)


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name) or ""
    if not isinstance(value, str):
        raise DecodeError(f"{name}: not text")
    return value


def _published(value: Any, received_at: datetime) -> datetime:
    if value in (None, ""):
        return received_at
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return _utc(moment)
    except (ValueError, OverflowError) as error:
        raise DecodeError(f"published_at: {str(value)[:40]!r} is not a time that we take ({error})") from error


def _tickers(raw: dict[str, Any]) -> tuple[str, ...]:
    value = raw.get("tickers") or raw.get("ticker") or ()
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(t, str) for t in found):
        raise DecodeError("tickers: not a list of text")
    return tuple(dict.fromkeys(clean(t).upper().lstrip("$")[:20] for t in found if clean(t)))


def _link(url: str) -> str:
    """A link that a browser may follow, else nothing: `javascript:` and the like never reach a page."""
    url = clean(url)
    return url if url.lower().startswith(("http://", "https://")) and len(url) <= 2_000 else ""


def _stable_id(fields: dict[str, Any]) -> str:
    parts = [fields["source"], fields["url"] or f"{fields['title']}\n{fields['published_at'].isoformat()}"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


ONE_MINUTE = timedelta(minutes=1)


def minute(moment: datetime) -> datetime:
    """The one-minute bucket that a time falls into."""
    return moment.replace(second=0, microsecond=0)
