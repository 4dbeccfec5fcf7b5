"""/v1/incidents: alerts on keys that move together, as one."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api import cursors
from bearometer_api.alerts import State
from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Cursor, Id, Limit, NextCursor, Query, Utc
from bearometer_shared.storage import incidents
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/incidents", tags=["alerts"])


class Member(BaseModel):
    """An alert of an incident, without its evidence. Times are event times."""

    id: Id
    dimension: str = Field(examples=["ticker"])
    key: str = Field(examples=["CRWB"])
    state: str = Field(examples=["firing"])
    severity: str = Field(examples=["severe"])
    fired_at: Utc
    resolved_at: Utc | None
    acknowledged_by: str | None
    observed: int
    expected: float
    p_value: float


class Incident(BaseModel):
    """Alerts of one stream, rule and model version whose keys share most of their negative stories.

    Times are event times. It is as severe as the worst member that is open, and over when all are.
    """

    id: Id = Field(description="that of the alert at its head")
    stream: StreamName
    rule: str = Field(examples=["spike"])
    model_version: str
    state: str = Field(description="firing, pending (it flaps) or resolved", examples=["firing"])
    severity: str = Field(examples=["severe"])
    from_: Annotated[Utc, Field(alias="from")]
    to: Utc | None = Field(description="when the last member was over; null while one is open")
    head: Member = Field(description="the most specific key of those that fired first")
    members: list[Member] = Field(description="the head first, then in order of firing")


class IncidentPage(BaseModel):
    """One page, newest first."""

    items: list[Incident]
    next_cursor: NextCursor = None


class IncidentQuery(Query):
    """Whatever is left out narrows nothing."""

    stream: StreamName | None = None
    state: Annotated[list[State], Field(description="repeatable")] = []  # noqa: RUF012 - copied by pydantic
    limit: Limit = 50
    cursor: Cursor | None = None


class _Position(BaseModel):
    id: Id


@router.get("")
def list_incidents(query: Annotated[IncidentQuery, FromQuery()], given: Given) -> IncidentPage:
    """Incidents, newest first."""
    before = cursors.unpack(_Position, query.cursor).id if query.cursor else None
    with transaction(given.engine) as connection:
        rows = incidents.listing(connection, query.stream, query.state or None, query.limit + 1, before)
    items = [Incident.model_validate(row) for row in rows[: query.limit]]
    full = len(rows) > query.limit
    return IncidentPage(items=items, next_cursor=cursors.pack(_Position(id=items[-1].id)) if full else None)


@router.get("/{id}")
def get_incident(id: Id, given: Given) -> Incident:
    """One incident with its members."""
    with transaction(given.engine) as connection:
        row = incidents.get(connection, id)
    if row is None:
        raise missing(f"no incident {id}")
    return Incident.model_validate(row)
