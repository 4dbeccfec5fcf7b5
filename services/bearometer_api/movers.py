"""GET /v1/trends/movers: the keys whose mood, or negative coverage, changed most."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api.parts import Given
from bearometer_api.shapes import Moment, Query, Utc
from bearometer_shared import movers
from bearometer_shared.movers import By, Mover
from bearometer_shared.storage import reading, trend_reading
from bearometer_shared.storage.session import transaction
from bearometer_shared.storage.trend_rollups import HOUR, ceiling
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/trends", tags=["news"])
MAX_WINDOW = 24 * 90  # hours
MAX_MOVERS = 200


class Side(BaseModel):
    """One window's figures."""

    items: int = Field(examples=[40])
    negative: int = Field(examples=[31])
    stories: int = Field(examples=[22])
    negative_stories: int = Field(examples=[17])
    mood: float | None = Field(description="mean score from -1 to 1; null without items", examples=[-0.52])


class Moved(BaseModel):
    """A key, what it was and is."""

    key: str = Field(examples=["HWB"])
    change: float = Field(
        description="by mood: the difference; by negative: the natural logarithm of the ratio", examples=[-0.47]
    )
    z: float = Field(description="the change in its standard errors: below 0 for a worse mood", examples=[-4.1])
    now: Side
    before: Side


class Movers(BaseModel):
    """Most moved first, either way. The windows are `from` to `to`, and one as long before it."""

    dimension: str = Field(examples=["ticker"])
    by: By
    from_: Annotated[Utc, Field(alias="from")]
    to: Utc
    movers: list[Moved]


class MoversQuery(Query):
    """Without `to`, up to the newest event. Windows end on whole hours."""

    stream: StreamName = "live"
    dimension: Literal["topic", "source", "ticker"] = "ticker"
    by: Annotated[By, Field(description="mood, or the number of negative stories")] = "mood"
    to: Moment | None = None
    hours: Annotated[int, Field(ge=1, le=MAX_WINDOW, description="length of each window")] = 24
    min_items: Annotated[int, Field(ge=1, le=1_000_000, description="in both windows; by negative in either")] = 10
    limit: Annotated[int, Field(ge=1, le=MAX_MOVERS)] = 20


@router.get("/movers")
def list_movers(query: Annotated[MoversQuery, FromQuery()], given: Given) -> Movers:
    """Keys that changed most between a window and the one before it, as a difference over its standard error."""
    window = query.hours * HOUR
    with transaction(given.engine) as connection:
        newest = query.to or reading.newest_event(connection, query.stream) or given.clock.now()
        until = ceiling(newest, HOUR) if query.to else ceiling(newest + timedelta(microseconds=1), HOUR)
        rows = trend_reading.two_windows(connection, query.stream, query.dimension, until, window, query.min_items)
    found = [_moved(mover) for mover in movers.movers(rows, query.by, query.min_items, query.limit)]
    told = {"dimension": query.dimension, "by": query.by, "from": until - window, "to": until, "movers": found}
    return Movers.model_validate(told)


def _moved(mover: Mover) -> Moved:
    return Moved(key=mover.key, change=mover.change, z=mover.z, now=_side(mover, ""), before=_side(mover, "before_"))


def _side(mover: Mover, window: str) -> Side:
    counts = {name: mover.sums[window + name] for name in ("items", "negative", "stories", "negative_stories")}
    return Side(**counts, mood=movers.mood(mover.sums, window))
