"""Field types that several requests and answers share."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MILLION = 1_000_000
YEARS = range(1900, 2200)  # far enough from both ends of the calendar that no sum of times overflows
MAX_ID = 2**63 - 1


def _utc(moment: datetime) -> datetime:
    """A time without a zone is taken as UTC."""
    if moment.year not in YEARS:
        raise ValueError(f"not between {YEARS.start} and {YEARS.stop}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


# A time that a caller gives, and one that we answer: ISO 8601, UTC.
Moment = Annotated[datetime, AfterValidator(_utc), Field(examples=["2026-03-05T09:30:00Z"])]
Utc = Annotated[
    datetime, AfterValidator(lambda moment: moment.astimezone(UTC)), Field(examples=["2026-03-05T09:30:00Z"])
]
Share = Annotated[float, Field(ge=0, le=1, description="a probability", examples=[0.91])]
Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[17])]
# No control characters: Postgres takes no NUL, and no key of ours holds any of the others.
Text = Annotated[str, Field(max_length=200, pattern="^[^\\u0000-\\u001f]*$")]
AsTold = Annotated[
    Text | None, Field(alias="as", description="a model version: what it says, where it was asked; else as it was told")
]
Limit = Annotated[int, Field(ge=1, le=500, description="the most items that one page holds")]
Cursor = Annotated[str, Field(max_length=1000, description="`next_cursor` of the page before")]
NextCursor = Annotated[str | None, Field(description="`cursor` of the next page; null on the last")]


class Query(BaseModel):
    """Base of query parameters: a blank one counts as absent, an unknown one is a mistake."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = {
            name: [v for v in value if v != ""] if isinstance(value, list) else value for name, value in given.items()
        }
        return {name: value for name, value in filled.items() if value not in ("", [])}


class Body(BaseModel):
    """Base of request bodies: a field that we don't know is a mistake, not a wish that we ignore."""

    model_config = ConfigDict(extra="forbid")
