"""/v1/labels: what people say of texts, from which the model learns."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Body as FromBody
from pydantic import BaseModel, BeforeValidator, Field, model_validator
from sqlalchemy import Connection

from bearometer_api.articles import said
from bearometer_api.parts import Given
from bearometer_api.problems import missing
from bearometer_api.shapes import Body
from bearometer_shared.storage import labels, reading
from bearometer_shared.storage.labels import NewLabel
from bearometer_shared.storage.session import transaction
from bearometer_shared.text import model_text
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/labels", tags=["learning"])
MAX_LABELS = 1000


class GivenLabel(Body):
    """A text, or an article whose text is meant, and what somebody says of it."""

    text: str | None = Field(None, min_length=1, max_length=10_000, examples=["Hartwell Bank halts withdrawals"])
    stream: StreamName = "live"
    article_id: str | None = Field(None, min_length=1, max_length=200)
    sentiment: Literal["negative", "neutral", "positive"] | None = None
    topic: str | None = Field(None, max_length=200, examples=["Financials"])
    annotator: str = Field(min_length=1, max_length=200, pattern=r"\S", examples=["ana"])
    note: str = Field("", max_length=2_000)

    @model_validator(mode="after")
    def _checked(self) -> "GivenLabel":
        if (self.text is None) == (self.article_id is None):
            raise ValueError("give either `text` or `article_id`")
        return self


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


GivenLabels = Annotated[
    list[GivenLabel],
    BeforeValidator(_listed, json_schema_input_type=GivenLabel | list[GivenLabel]),
    Field(min_length=1, max_length=MAX_LABELS),
    FromBody(),
]


class Stored(BaseModel):
    """The labels' ids, in the order given. What an annotator's newest label says already keeps its id."""

    ids: list[int] = Field(examples=[[41, 42]])


class LabelStats(BaseModel):
    """How many labels there are. `fresh` ones have not been used by a run yet."""

    fresh: int = Field(examples=[12])
    total: int = Field(examples=[512])
    by_sentiment: dict[str, int] = Field(examples=[{"negative": 230, "neutral": 180, "positive": 102}])
    by_topic: dict[str, int] = Field(examples=[{"Financials": 90}])


@router.post("", status_code=HTTPStatus.CREATED)
def add(given_labels: GivenLabels, given: Given) -> Stored:
    """Stores one label or a list, all or none."""
    with transaction(given.engine) as connection:
        new = [_new(connection, label) for label in given_labels]
        return Stored(ids=labels.add(connection, new, given.clock.now()))


@router.get("")
def stats(given: Given) -> LabelStats:
    """Counts the labels."""
    with transaction(given.engine) as connection:
        return LabelStats.model_validate(labels.stats(connection))


def _new(connection: Connection, label: GivenLabel) -> NewLabel:
    """Of an article, the text that the model read, and what it said then: it shows where the model was wrong."""
    fields: dict[str, Any] = label.model_dump(include={"sentiment", "topic", "annotator", "note"})
    if label.article_id is None:
        return NewLabel(text=label.text or "", **fields)
    row = reading.article(connection, label.stream, label.article_id)
    if row is None:
        raise missing(f"no article {label.article_id!r} in stream {label.stream!r}")
    text = model_text(row["title"], row["body"])
    return NewLabel(text=text, model_version=row["model_version"], model_said=said(row), **fields)
