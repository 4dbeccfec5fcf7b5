"""/v1/labels: what people say of texts, from which the model learns."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Body as FromBody
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import Connection

from bearometer_api.label_texts import OfText, meant
from bearometer_api.parts import Given
from bearometer_shared.storage import label_figures, labels
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.session import transaction

router = APIRouter(prefix="/v1/labels", tags=["learning"])
MAX_LABELS = 1000


class GivenLabel(OfText):
    """What somebody says of a text. `adjudicated`: it counts, whatever annotators say."""

    sentiment: Literal["negative", "neutral", "positive"] | None = None
    topic: str | None = Field(None, max_length=200, examples=["Financials"])
    entity: str = Field("", max_length=200, description="the sentiment is the one towards it", examples=[""])
    guideline: str = Field("", max_length=200, description="version of the guidelines", examples=["2026-03"])
    adjudicated: bool = False


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
    """How many labels there are. `fresh` ones have not been used by a run yet; `disputed` texts wait for somebody who
    adjudicates."""

    fresh: int = Field(examples=[12])
    total: int = Field(examples=[512])
    disputed: int = Field(examples=[3])
    by_kind: dict[str, int] = Field(examples=[{"label": 500, "adjudication": 12, "skip": 9, "weak": 0}])
    verdicts: dict[str, int] = Field(description="on alerts", examples=[{"true": 31, "false": 4}])
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
        return LabelStats.model_validate(label_figures.figures(connection))


def _new(connection: Connection, label: GivenLabel) -> NewLabel:
    fields = label.model_dump(exclude={"text", "stream", "article_id"})
    return NewLabel(**fields, **meant(connection, label))
