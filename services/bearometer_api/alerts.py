"""/v1/alerts: spikes of negative coverage, and the steps of their lives."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from bearometer_api import cursors
from bearometer_api.evidence import StoredEvidence
from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Cursor, Id, Limit, NextCursor, Query, Text, Utc
from bearometer_shared.storage import alerts, silences
from bearometer_shared.storage.session import transaction
from bearometer_shared.triage import Verdict
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])
State = Literal["pending", "firing", "resolved"]


class Alert(BaseModel):
    """A spike: more negative stories of a key than its baseline lets expect.

    `pending_at`, `fired_at` and `resolved_at` are event times; what people do is dated on the wall.
    """

    id: Id
    fingerprint: str = Field(description="of (stream, rule, dimension, key): the same for every spike of one key")
    stream: StreamName
    rule: str = Field(examples=["spike"])
    dimension: str = Field(examples=["topic"])
    key: str = Field(examples=["Financials"])
    state: str = Field(description="pending, firing or resolved, whatever people do beside", examples=["firing"])
    severity: str = Field(description="watch, elevated or severe", examples=["severe"])
    pending_at: Utc
    fired_at: Utc | None
    resolved_at: Utc | None
    resolved_by: str | None = Field(description="who, or `detector`", examples=["detector"])
    acknowledged_at: Utc | None
    acknowledged_by: str | None = Field(description="who is on it: it is not told again", examples=["ana"])
    assignee: str | None = Field(examples=["ben"])
    snoozed_until: Utc | None = Field(description="until when people hear nothing of it")
    silenced: bool = Field(description="whether a silence keeps it from people now", examples=[False])
    verdict: str | None = Field(description="true, false or not_useful: the newest", examples=["false"])
    verdict_reason: str | None
    verdict_by: str | None
    verdict_at: Utc | None
    incident: Id | None = Field(
        description="its incident: the id of the alert at its head, null before it fires", examples=[11]
    )
    observed: int = Field(description="negative stories in the window", examples=[14])
    expected: float = Field(description="negative stories that the baseline expects", examples=[1.8])
    p_value: float = Field(description="chance of as many or more by the baseline", examples=[2e-7])
    model_version: str = Field(description="the model whose scores it rests on")
    evidence: StoredEvidence = Field(description="why it fired, for people")


class Step(BaseModel):
    """One step of an alert's life."""

    state: str = Field(
        description="pending, firing, resolved, reopened, escalated, woken, or what people did: "
        "acknowledged, assigned, snoozed, noted, judged, resolved, reopened",
        examples=["firing"],
    )
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
    """Whatever is left out narrows nothing."""

    stream: StreamName | None = None
    state: Annotated[list[State], Field(description="repeatable")] = []  # noqa: RUF012 - copied by pydantic
    assignee: Text | None = Field(None, description="whose they are", examples=["ben"])
    verdict: Annotated[list[Verdict], Field(description="repeatable")] = []  # noqa: RUF012 - copied by pydantic
    limit: Limit = 50
    cursor: Cursor | None = None


class _Position(BaseModel):
    id: Id


@router.get("")
def list_alerts(query: Annotated[AlertQuery, FromQuery()], given: Given) -> AlertPage:
    """Alerts, newest first."""
    before = cursors.unpack(_Position, query.cursor).id if query.cursor else None
    with transaction(given.engine) as connection:
        rows = alerts.listing(
            connection,
            query.stream,
            query.state or None,
            query.limit + 1,
            before,
            assignee=query.assignee,
            verdicts=query.verdict or None,
        )
        quiet = silences.active(connection, given.clock.now())
    items = [Alert.model_validate(row | {"silenced": silences.silenced(row, quiet)}) for row in rows[: query.limit]]
    full = len(rows) > query.limit
    return AlertPage(items=items, next_cursor=cursors.pack(_Position(id=items[-1].id)) if full else None)


@router.get("/{id}")
def get_alert(id: Id, given: Given) -> AlertWithHistory:
    """One alert with its history."""
    with transaction(given.engine) as connection:
        return shown(connection, id, given.clock.now())


def shown(connection: Connection, id: int, now: datetime) -> AlertWithHistory:
    """An alert as it stands; a 404 where there is none."""
    row = alerts.get(connection, id)
    if row is None:
        raise missing(f"no alert {id}")
    silenced = silences.silenced(row, silences.active(connection, now))
    return AlertWithHistory.model_validate(row | {"silenced": silenced})
