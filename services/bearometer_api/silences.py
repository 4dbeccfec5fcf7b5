"""/v1/silences: alerts that people shall not hear of for a while. They are recorded and shown all the same."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api import cursors
from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Body, Cursor, Id, Limit, Moment, NextCursor, Query, Text, Utc
from bearometer_api.steps import Name, Reason
from bearometer_shared.storage import silences
from bearometer_shared.storage.session import transaction
from bearometer_shared.storage.silences import NewSilence, Row, State

router = APIRouter(prefix="/v1/silences", tags=["alerts"])
Pattern = Annotated[Text, Field(min_length=1, description="exact, or a glob with * ? []")]


class Matchers(Body):
    """What an alert must be to be silenced, in every field. A field that is left out matches all."""

    stream: Pattern = Field("*", examples=["live"])
    rule: Pattern = Field("*", examples=["spike"])
    dimension: Pattern = Field("*", examples=["ticker"])
    key: Pattern = Field("*", examples=["HRTB", "$*"])
    severity: Pattern = Field("*", examples=["watch"])


class AskedSilence(Matchers):
    """A silence to begin, now where `starts_at` is left out. It must name at least one matcher."""

    starts_at: Moment | None = None
    expires_at: Moment
    author: Name
    reason: Reason = Field(examples=["results day"])


class Silence(Matchers):
    """A silence, its times on the wall. None is ever removed."""

    id: Id
    state: State = Field(description="pending: it has not begun", examples=["active"])
    starts_at: Utc
    expires_at: Utc = Field(description="the time of its early end, where it was ended early")
    author: str
    reason: str
    created_at: Utc


class SilencePage(BaseModel):
    """One page, newest first."""

    items: list[Silence]
    next_cursor: NextCursor = None


class SilenceQuery(Query):
    """Without `state`, those that hold or are still to come."""

    state: Annotated[list[State], Field(description="repeatable")] = ["pending", "active"]  # noqa: RUF012 - copied by pydantic
    limit: Limit = 50
    cursor: Cursor | None = None


class _Position(BaseModel):
    id: Id


@router.get("")
def list_silences(query: Annotated[SilenceQuery, FromQuery()], given: Given) -> SilencePage:
    """Silences, newest first."""
    before = cursors.unpack(_Position, query.cursor).id if query.cursor else None
    now = given.clock.now()
    with transaction(given.engine) as connection:
        rows = silences.listing(connection, now, query.state, query.limit + 1, before)
    items = [_shown(row, now) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    return SilencePage(items=items, next_cursor=cursors.pack(_Position(id=items[-1].id)) if more else None)


@router.post("", status_code=HTTPStatus.CREATED)
def begin(asked: AskedSilence, given: Given) -> Silence:
    """Silences the alerts that match, until it expires."""
    now = given.clock.now()
    new = NewSilence(**asked.model_dump(exclude={"starts_at"}), starts_at=asked.starts_at or now)
    with transaction(given.engine) as connection:
        return _shown(silences.add(connection, new, now), now)


@router.delete("/{id}")
def expire(id: Id, given: Given) -> Silence:
    """Ends a silence now; people hear of what fires under it. 409 where it is over already."""
    now = given.clock.now()
    with transaction(given.engine) as connection:
        if silences.get(connection, id) is None:
            raise missing(f"no silence {id}")
        row = silences.expire(connection, id, now)
    if row is None:
        raise HTTPException(HTTPStatus.CONFLICT, f"silence {id} is over already")
    return _shown(row, now)


def _shown(row: Row, now: datetime) -> Silence:
    return Silence.model_validate(row | {"state": silences.state(row, now)})
