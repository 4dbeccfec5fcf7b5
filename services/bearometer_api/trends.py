"""GET /v1/trends: mood and volume over time, in buckets of any whole number of minutes."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from bearometer_api.parts import Given
from bearometer_api.problems import WrongFieldError
from bearometer_api.shapes import MILLION, AsTold, Moment, Query, Text, Utc
from bearometer_shared.moving_mood import LEAD, MovingMood
from bearometer_shared.storage import reading, restated, source_sketch, trend_reading
from bearometer_shared.storage.session import transaction
from bearometer_shared.storage.trend_rollups import HOUR, MINUTE, floor
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/trends", tags=["news"])
DAY = timedelta(days=1)
Row = dict[str, Any]
MAX_STEP = 366 * 86_400
MAX_HALF_LIFE = 7 * 86_400
MAX_POINTS = 10_000
MAX_KEYS = 200
MAX_TOTAL = 200_000  # points of all series together: an answer of about 35 MB


def _whole_minutes(step: int) -> int:
    if step % 60:
        raise ValueError("not a multiple of 60 seconds: trends are kept by the minute")
    return step


class Point(BaseModel):
    """A bucket that begins `at`."""

    at: Utc
    items: int = Field(examples=[12])
    negative: int = Field(examples=[7])
    neutral: int = Field(examples=[4])
    positive: int = Field(examples=[1])
    stories: int = Field(description="first told in it: later copies of one are items only", examples=[5])
    negative_stories: int = Field(description="first told as negative in it", examples=[3])
    copies: int = Field(description="items less stories: later tellings, and what came too late", examples=[7])
    sources: int | None = Field(
        description="distinct sources, estimated to some 3 %; null where the step is not whole hours", examples=[5]
    )
    mood: float | None = Field(description="mean score from -1 to 1; null without items", examples=[-0.41])
    moving_mood: float | None = Field(
        description="exponentially weighted as of the bucket's end; null before any item", examples=[-0.37]
    )


class Series(BaseModel):
    """One key's buckets, without gaps."""

    dimension: str = Field(examples=["topic"])
    key: str = Field(examples=["Financials"])
    points: list[Point]


class Trends(BaseModel):
    """Series over the same buckets. `from` and `to` are the range asked for, widened to whole buckets."""

    step: int = Field(examples=[300])
    from_: Annotated[Utc, Field(alias="from")]
    to: Utc
    series: list[Series]


class TrendQuery(Query):
    """Without `from`, a day; without `to`, up to the newest event. Without `key`, those with most items."""

    stream: StreamName = "live"
    dimension: Literal["all", "topic", "source", "ticker"] = "all"
    key: Annotated[list[Text], Field(max_length=MAX_KEYS, description="repeatable")] = []  # noqa: RUF012 - copied by pydantic
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    step: Annotated[int, Field(ge=60, le=MAX_STEP, description="seconds"), AfterValidator(_whole_minutes)] = 300
    half_life: Annotated[
        int, Field(ge=60, le=MAX_HALF_LIFE, description="of an item's weight in `moving_mood`, in seconds")
    ] = 21_600
    as_: AsTold = None


@router.get("")
def list_trends(query: Annotated[TrendQuery, FromQuery()], given: Given) -> Trends:
    """Items and mood by time, in buckets of `step` seconds counted from 1970-01-01T00:00Z."""
    step = timedelta(seconds=query.step)
    with transaction(given.engine) as connection:
        since, until = _range(connection, query, step, given.clock.now())
        keys = _keys(connection, query, since, until)
        _check_size(len(keys), (until - since) // step)
        rows = _buckets(connection, query, keys, since, until, step)
        moving = _lead(connection, query, keys, since)
    filled: dict[str, dict[datetime, Row]] = {key: {} for key in keys}
    for row in rows:
        filled[row["key"]][row["at"]] = row
    grid = [since + number * step for number in range((until - since) // step)]
    told = {key: [_point(at, filled[key].get(at), step, moving[key]) for at in grid] for key in keys}
    series = [Series(dimension=query.dimension, key=key, points=points) for key, points in told.items()]
    return Trends.model_validate({"step": query.step, "from": since, "to": until, "series": series})


def _range(connection: Connection, query: TrendQuery, step: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """The range asked for, widened to whole buckets. Raises WrongFieldError where it is empty or too long."""
    if query.from_ and query.to and query.from_ >= query.to:
        raise WrongFieldError("query.from", "not before `to`")
    newest = query.to or reading.newest_event(connection, query.stream) or now
    until = floor(newest, step)
    if until < newest or not query.to:
        until += step
    since = floor(query.from_ or until - DAY, step)
    until = max(until, since + step)
    if (points := (until - since) // step) > MAX_POINTS:
        raise WrongFieldError("query.step", f"{points} points a series; the most is {MAX_POINTS}: widen the step")
    return since, until


def _keys(connection: Connection, query: TrendQuery, since: datetime, until: datetime) -> list[str]:
    if query.key:
        return list(dict.fromkeys(query.key))
    asked = query.stream, query.dimension, since, until, MAX_KEYS
    return (
        restated.trend_keys(connection, query.as_, *asked) if query.as_ else trend_reading.top_keys(connection, *asked)
    )


def _buckets(
    connection: Connection, query: TrendQuery, keys: list[str], since: datetime, until: datetime, width: timedelta
) -> list[Row]:
    """As was, or as another version tells it: that is computed from the items, whose sources are not sketched."""
    asked = query.stream, query.dimension, keys, since, until, width
    if query.as_ is None:
        return trend_reading.buckets(connection, *asked)
    return [row | {"source_bits": None} for row in restated.trends(connection, query.as_, *asked)]


def _check_size(keys: int, points: int) -> None:
    if keys * points > MAX_TOTAL:
        raise WrongFieldError(
            "query.step",
            f"{keys} series of {points} points; the most is {MAX_TOTAL} in all: widen the step, or ask for fewer keys",
        )


def _lead(connection: Connection, query: TrendQuery, keys: list[str], since: datetime) -> dict[str, MovingMood]:
    """The weighted mood of each key as of `since`, from the hours before it and the minutes of the last one."""
    half_life = timedelta(seconds=query.half_life)
    moving = {key: MovingMood(half_life, since - LEAD * half_life) for key in keys}
    for width, begin, end in trend_reading.pieces(floor(since - LEAD * half_life, HOUR), since, (HOUR, MINUTE)):
        for row in _buckets(connection, query, keys, begin, end, width):
            moving[row["key"]].add(row["at"] + width, row["items"], row["signed_sum"])
    return moving


def _point(at: datetime, row: Row | None, step: timedelta, moving: MovingMood) -> Point:
    counts: Row = row or {"at": at, "source_bits": None if step % HOUR else 0} | dict.fromkeys(trend_reading.COUNTS, 0)
    items, bits = counts["items"], counts["source_bits"]
    moving.add(at + step, items, counts["signed_sum"])
    derived = {
        "copies": items - counts["stories"],
        "sources": None if bits is None else source_sketch.estimate(bits),
        "mood": float(counts["signed_sum"]) / items / MILLION if items else None,
        "moving_mood": moving.mood,
    }
    return Point.model_validate(counts | derived)
