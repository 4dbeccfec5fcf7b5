"""Problem details (RFC 9457): the one shape of every failure that a caller sees."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from bearometer_shared.errors import UserError

MEDIA_TYPE = "application/problem+json"
LONGEST = 500  # a reason may quote what a stranger sent


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str = Field(examples=["query.limit"])
    detail: str = Field(examples=["Input should be less than or equal to 500"])


class Rejected(BaseModel):
    """An item of a list that was not taken, and why."""

    index: int = Field(description="its place in the list, from 0", examples=[3])
    reason: str = Field(examples=["title: missing or empty"])


class Problem(BaseModel):
    """A failure as RFC 9457 describes it."""

    type: str = Field("about:blank", description="about:blank: the status says what kind of problem it is")
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["query.limit: Input should be less than or equal to 500"])
    instance: str = Field("", description="the path that was asked for", examples=["/v1/articles"])
    errors: list[FieldError] | None = Field(None, description="each field that is wrong")
    rejected: list[Rejected] | None = Field(None, description="each item that was not taken")


def problem(
    status: int, detail: str, instance: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A response that says what went wrong; `more` are further fields of Problem."""
    title = HTTPStatus(status).phrase
    said = Problem(title=title, status=status, detail=short(detail), instance=short(instance), **more)
    return JSONResponse(said.model_dump(exclude_none=True), status, headers and dict(headers), MEDIA_TYPE)


class WrongFieldError(UserError):
    """A field that cannot be what it is; `errors` names it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.errors = [FieldError(field=field, detail=detail)]


def missing(detail: str) -> HTTPException:
    """What to raise where something that the caller named does not exist."""
    return HTTPException(HTTPStatus.NOT_FOUND, short(detail))


def short(text: str) -> str:
    """Text that fits an answer: not endless, and without lone surrogates, which UTF-8 cannot carry."""
    return text[:LONGEST].encode("utf-8", "replace").decode()
