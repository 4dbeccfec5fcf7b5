"""/v1/models/{version}/rescores: history as a version tells it, day by day. Articles and trends `as` it give it."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from bearometer_api.parts import Given
from bearometer_api.problems import WrongFieldError, missing
from bearometer_api.shapes import Body, Text
from bearometer_shared.errors import UserError
from bearometer_shared.storage import models, rescores
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/models/{version}/rescores", tags=["learning"])
Version = Annotated[Text, Path(description="a registered version")]
MOST = 366  # days in one answer, the newest


class AskedDays(Body):
    """Days of a stream, UTC, the last one included."""

    stream: StreamName = "live"
    from_: date = Field(alias="from", examples=["2026-03-01"])
    to: date = Field(examples=["2026-03-05"])


class DayToScore(BaseModel):
    """A day of a stream, and how far it is."""

    stream: StreamName
    day: date
    state: Literal["queued", "done", "failed"]
    error: str = Field(description="why it failed, or empty")
    said: int = Field(description="items of which the version has told")
    items: int


class Days(BaseModel):
    """The newest days first."""

    days: list[DayToScore]


@router.get("")
def list_days(version: Version, given: Given) -> Days:
    """The days that the version was asked to score, with their progress."""
    with transaction(given.engine) as connection:
        return Days.model_validate({"days": rescores.listing(connection, version, MOST)})


@router.post("", status_code=HTTPStatus.ACCEPTED)
def ask(version: Version, asked: AskedDays, given: Given) -> Days:
    """Queues days for the workers; what the version has told already costs nothing."""
    with transaction(given.engine) as connection:
        if models.get(connection, version) is None:
            raise missing(f"no model version {version!r}")
        try:
            rescores.ask(connection, version, asked.stream, asked.from_, asked.to, given.clock.now())
        except UserError as error:
            raise WrongFieldError("body.from", str(error)) from error
        return Days.model_validate({"days": rescores.listing(connection, version, MOST)})
