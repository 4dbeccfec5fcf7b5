"""GET /v1/streams: every stream with its event-time clock."""

from datetime import timedelta

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bearometer_api.parts import Given
from bearometer_api.shapes import Utc
from bearometer_shared.storage import clocks
from bearometer_shared.storage.session import transaction

router = APIRouter(prefix="/v1/streams", tags=["news"])


class Stream(BaseModel):
    """A stream of news: `live`, or a replay or back-test with a clock, trends and alerts of its own."""

    name: str = Field(examples=["live"])
    newest_event: Utc = Field(description="the newest `published_at` that it holds")
    clock: Utc | None = Field(
        description="its watermark: items from before it are late; null until scorers have read of every partition"
    )
    evaluated_to: Utc | None = Field(description="alerts have closed the minutes before it; null before the first")


class Streams(BaseModel):
    """Every stream, by name."""

    items: list[Stream]


@router.get("")
def list_streams(given: Given) -> Streams:
    """Streams that hold items."""
    lateness = timedelta(seconds=given.settings.lateness_s)
    with transaction(given.engine) as connection:
        found = clocks.streams(connection, given.clock.now(), lateness)
    return Streams.model_validate({"items": found})
