"""/v1/alerts: spikes of negative coverage, and the steps of their lives."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api import cursors
from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Cursor, Id, Limit, NextCursor, Query, Utc
from bearometer_shared.storage import alerts
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])
State = Literal["pending", "firing", "resolved"]


class Alert(BaseModel):
    """A spike: more negative items of a key than its baseline lets expect. Times are event times."""

    id: Id
    fingerprint: str = Field(description="of (stream, rule, dimension, key): the same for every spike of one key")
    stream: StreamName
    rule: str = Field(examples=["negative_spike"])
    dimension: str = Field(examples=["topic"])
    key: str = Field(examples=["Financials"])
    state: str = Field(description="pending, firing or resolved", examples=["firing"])
    severity: str = Field(description="watch, elevated or severe", examples=["severe"])
    pending_at: Utc
    fired_at: Utc | None
    resolved_at: Utc | None
    observed: int = Field(description="negative items in the window", examples=[14])
    expected: float = Field(description="negative items that the baseline expects", examples=[1.8])
    p_value: float = Field(description="chance of as many or more by the baseline", examples=[2e-7])
    model_version: str = Field(description="the model whose scores it rests on")
    evidence: dict[str, Any] = Field(description="why it fired, for people")


class Step(BaseModel):
    """One step of an alert's life."""

    state: str = Field(examples=["firing"])
    at: Utc = Field(description="event time")
    recorded_at: Utc = Field(description="wall time")
    actor: str = Field(examples=["detector"])
    note: str


class AlertWithHistory(Alert):
    """An alert with every step, oldest first."""

    history: list[Step]


class AlertPage(BaseModel):
    """One page, newest first."""

    items: list[Alert]
    next_cursor: NextCursor = None


class AlertQuery(Query):
    """Without `stream`, of all streams; without `state`, in every state."""

    stream: StreamName | None = None
    state: Annotated[list[State], Field(description="repeatable")] = []  # noqa: RUF012 - copied by pydantic
    limit: Limit = 50
    cursor: Cursor | None = None


class _Position(BaseModel):
    id: Id


@router.get("")
def list_alerts(query: Annotated[AlertQuery, FromQuery()], given: Given) -> AlertPage:
    """Alerts, newest first."""
    before = cursors.unpack(_Position, query.cursor).id if query.cursor else None
    with transaction(given.engine) as connection:
        rows = alerts.listing(connection, query.stream, query.state or None, query.limit + 1, before)
    items = [Alert.model_validate(row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    return AlertPage(items=items, next_cursor=cursors.pack(_Position(id=items[-1].id)) if more else None)


@router.get("/{id}")
def get_alert(id: Id, given: Given) -> AlertWithHistory:
    """One alert with its history."""
    with transaction(given.engine) as connection:
        row = alerts.get(connection, id)
    if row is None:
        raise missing(f"no alert {id}")
    return AlertWithHistory.model_validate(row)
