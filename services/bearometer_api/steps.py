"""POST /v1/alerts/{id}/steps: what people do with an alert. Each step stays in its history."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from fastapi import Body as FromBody
from pydantic import AfterValidator, Field

from bearometer_api import alerts
from bearometer_api.alerts import AlertWithHistory
from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Body, Id, Moment
from bearometer_shared.storage import triage
from bearometer_shared.storage.session import transaction
from bearometer_shared.text import clean
from bearometer_shared.triage import Ask, Verdict, WrongMoveError

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])


def _said(text: str) -> str:
    """Text without markup and control characters, in which something is left to read."""
    if not (cleaned := clean(text)):
        raise ValueError("says nothing")
    return cleaned


Name = Annotated[str, Field(min_length=1, max_length=200, examples=["ana"]), AfterValidator(_said)]
Reason = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_said)]


class _Step(Body):
    actor: Name = Field(description="who takes the step")
    note: Annotated[str, Field(max_length=2_000), AfterValidator(clean)] = ""


class Acknowledge(_Step):
    """Somebody is on it: people are not told again while it gets no worse."""

    action: Literal["acknowledge"]


class Assign(_Step):
    """Whose it is; an empty `assignee` gives it back."""

    action: Literal["assign"]
    assignee: Annotated[str, Field(max_length=200), AfterValidator(clean)] = Field(examples=["ben"])


class Snooze(_Step):
    """People hear nothing of it until then, and are told again if it still fires."""

    action: Literal["snooze"]
    until: Moment


class Remark(_Step):
    """Words for whoever reads the history."""

    action: Literal["note"]
    note: Reason = Field(examples=["the regulator denies it"])


class Judge(_Step):
    """Whether the alert was right. The newest verdict counts; it is a label."""

    action: Literal["verdict"]
    verdict: Verdict = Field(examples=["false"])
    note: Reason = Field(description="the reason", examples=["one story, told by five sources"])


class Resolve(_Step):
    """It is over, whatever the detector sees in this window; a new spike is a new alert."""

    action: Literal["resolve"]


class Reopen(_Step):
    """It is not over. It is nobody's acknowledgement any more."""

    action: Literal["reopen"]


AskedStep = Annotated[
    Acknowledge | Assign | Snooze | Remark | Judge | Resolve | Reopen, Field(discriminator="action"), FromBody()
]


@router.post("/{id}/steps", status_code=HTTPStatus.CREATED)
def take(id: Id, asked: AskedStep, given: Given) -> AlertWithHistory:
    """Takes a step and answers with the alert as it is then. 409 where the alert does not allow it as it stands."""
    now = given.clock.now()
    try:
        with transaction(given.engine) as connection:
            if not triage.act(connection, id, Ask(**asked.model_dump()), now):
                raise missing(f"no alert {id}")
            return alerts.shown(connection, id, now)
    except WrongMoveError as error:
        raise HTTPException(HTTPStatus.CONFLICT, str(error)) from error
