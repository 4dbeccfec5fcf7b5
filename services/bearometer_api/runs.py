"""/v1/runs: retraining runs, from the queue to the decision."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Body, Id, Limit, Query, Utc
from bearometer_shared.storage import runs
from bearometer_shared.storage.runs import Overruling
from bearometer_shared.storage.session import transaction

router = APIRouter(prefix="/v1/runs", tags=["learning"])


class Ask(Body):
    """Asks for a run now."""

    reason: str = Field("", max_length=500, pattern="^[^\\u0000]*$", examples=["labels of the March incident"])


class Word(Body):
    """What shall become of the candidate whatever the gate says, and why; it is kept."""

    promote: bool = Field(description="true: promote the candidate; false: keep the champion")
    reason: str = Field(min_length=1, max_length=500, pattern="^[^\\u0000]*$", examples=["an audit runs"])


class Queued(BaseModel):
    """The run that was queued."""

    id: Id


class Run(BaseModel):
    """A retraining run."""

    id: Id
    trigger: str = Field(description="what began it: api, cli, labels, drift, schedule", examples=["api"])
    reason: str
    state: str = Field(description="queued, running, done, failed or cancelled", examples=["done"])
    created_at: Utc
    started_at: Utc | None
    finished_at: Utc | None
    progress: dict[str, Any] = Field(
        description="how far it is", examples=[{"stage": "training", "step": 12, "steps": 40}]
    )
    data_snapshot: str | None = Field(description="the hash of what it is taught")
    decision: str | None = Field(description="what the gate decided, and why", examples=["kept: no better"])
    figures: dict[str, Any] | None = Field(
        description="what the decision rests on: `checks`, each rule of the gate with `name`, `figure`, `limit`,"
        " `passed` and `detail`; `champion` and `candidate`, accuracies by set and head; what was taught and held out"
    )
    force: str | None = Field(description="why someone wants the candidate promoted whatever the gate says")
    keep: str | None = Field(description="why someone wants the champion kept whatever the gate says")
    model_version: str | None = Field(description="the candidate that it made")
    error: str | None


class Runs(BaseModel):
    """The newest runs, newest first."""

    items: list[Run]


class RunQuery(Query):
    """How many to list."""

    limit: Limit = 20


@router.post("", status_code=HTTPStatus.ACCEPTED)
def queue(given: Given, ask: Ask | None = None) -> Queued:
    """Queues a run of the training on fresh labels. 409 while one is queued or running."""
    reason = ask.reason if ask else ""
    with transaction(given.engine) as connection:
        run_id = runs.queue(connection, trigger="api", reason=reason, at=given.clock.now())
    if run_id is None:
        raise HTTPException(HTTPStatus.CONFLICT, "a run is queued or running already")
    return Queued(id=run_id)


@router.get("")
def list_runs(query: Annotated[RunQuery, FromQuery()], given: Given) -> Runs:
    """The newest runs."""
    with transaction(given.engine) as connection:
        return Runs(items=[Run.model_validate(row) for row in runs.newest(connection, query.limit)])


@router.get("/{id}")
def get_run(id: Id, given: Given) -> Run:
    """One run."""
    with transaction(given.engine) as connection:
        row = runs.get(connection, id)
    if row is None:
        raise missing(f"no run {id}")
    return Run.model_validate(row)


@router.post("/{id}/overrule")
def overrule(id: Id, word: Word, given: Given) -> Run:
    """Decides a run before the gate does; the last word counts. 409 where it is decided: then promote or roll back."""
    with transaction(given.engine) as connection:
        if runs.get(connection, id) is None:
            raise missing(f"no run {id}")
        if not runs.overrule(connection, id, Overruling(word.promote, word.reason)):
            raise HTTPException(HTTPStatus.CONFLICT, f"run {id} is decided; promote or roll back a model instead")
        return Run.model_validate(runs.get(connection, id))


@router.post("/{id}/cancel")
def cancel_run(id: Id, given: Given) -> Run:
    """Ends a run that is queued or in training, within seconds; its labels stay fresh. 409 where it has ended."""
    with transaction(given.engine) as connection:
        cancelled = runs.cancel(connection, id, given.clock.now())
        row = runs.get(connection, id)
    if row is None:
        raise missing(f"no run {id}")
    if not cancelled:
        raise HTTPException(HTTPStatus.CONFLICT, f"run {id} has ended already: {row['state']}")
    return Run.model_validate(row)
