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
from bearometer_shared.storage import reading, restated
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/trends", tags=["news"])
DAY = timedelta(days=1)
MAX_STEP = 366 * 86_400
MAX_POINTS = 10_000
MAX_KEYS = 200
MAX_TOTAL = 200_000  # points of all series together: an answer of about 20 MB


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
    mood: float | None = Field(description="mean score from -1 to 1; null without items", examples=[-0.41])


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
    as_: AsTold = None


@router.get("")
def list_trends(query: Annotated[TrendQuery, FromQuery()], given: Given) -> Trends:
    """Items and mood by time, in buckets of `step` seconds counted from 1970-01-01T00:00Z."""
    step = timedelta(seconds=query.step)
    with transaction(given.engine) as connection:
        since, until = _range(connection, query, step, given.clock.now())
        keys = _keys(connection, query, since, until)
        _check_size(len(keys), (until - since) // step)
        asked = query.stream, query.dimension, keys, since, until, step
        rows = restated.trends(connection, query.as_, *asked) if query.as_ else reading.trends(connection, *asked)
    filled = {(row["key"], row["at"]): row for row in rows}
    grid = [since + number * step for number in range((until - since) // step)]
    series = [Series(dimension=query.dimension, key=key, points=_points(key, grid, filled)) for key in keys]
    return Trends.model_validate({"step": query.step, "from": since, "to": until, "series": series})


def _range(connection: Connection, query: TrendQuery, step: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """The range asked for, widened to whole buckets. Raises WrongFieldError where it is empty or too long."""
    if query.from_ and query.to and query.from_ >= query.to:
        raise WrongFieldError("query.from", "not before `to`")
    newest = query.to or reading.newest_event(connection, query.stream) or now
    until = _floor(newest, step)
    if until < newest or not query.to:
        until += step
    since = _floor(query.from_ or until - DAY, step)
    until = max(until, since + step)
    if (points := (until - since) // step) > MAX_POINTS:
        raise WrongFieldError("query.step", f"{points} points a series; the most is {MAX_POINTS}: widen the step")
    return since, until


def _floor(moment: datetime, step: timedelta) -> datetime:
    """The beginning of the bucket that a time lies in, as Postgres counts it with date_bin."""
    return reading.EPOCH + (moment - reading.EPOCH) // step * step


def _keys(connection: Connection, query: TrendQuery, since: datetime, until: datetime) -> list[str]:
    if query.key:
        return list(dict.fromkeys(query.key))
    asked = query.stream, query.dimension, since, until, MAX_KEYS
    return restated.trend_keys(connection, query.as_, *asked) if query.as_ else reading.trend_keys(connection, *asked)


def _check_size(keys: int, points: int) -> None:
    if keys * points > MAX_TOTAL:
        raise WrongFieldError(
            "query.step",
            f"{keys} series of {points} points; the most is {MAX_TOTAL} in all: widen the step, or ask for fewer keys",
        )


def _points(key: str, grid: list[datetime], filled: dict[tuple[str, datetime], dict[str, Any]]) -> list[Point]:
    return [_point(at, filled.get((key, at))) for at in grid]


def _point(at: datetime, row: dict[str, Any] | None) -> Point:
    if row is None:
        return Point(at=at, items=0, negative=0, neutral=0, positive=0, stories=0, negative_stories=0, mood=None)
    mood = float(row["signed_sum"]) / row["items"] / MILLION if row["items"] else None
    return Point.model_validate(row | {"mood": mood})
