"""/v1/labels/…: where annotators disagree, how far they agree, and what they would rather not label."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api.label_texts import OfText, meant
from bearometer_api.parts import Given
from bearometer_api.shapes import Id, Limit, Query, Utc
from bearometer_shared.storage import label_figures, label_skips, label_words
from bearometer_shared.storage.label_skips import NewSkip
from bearometer_shared.storage.session import transaction

router = APIRouter(prefix="/v1/labels", tags=["learning"])


class Word(BaseModel):
    """An annotator's newest word on each head."""

    annotator: str = Field(examples=["ana"])
    sentiment: str | None = Field(examples=["negative"])
    topic: str | None = Field(examples=["Financials"])
    guideline: str = Field(examples=["2026-03"])
    note: str = Field(examples=["a fine is a loss"])
    at: Utc


class Disagreement(BaseModel):
    """A text that waits for adjudication: a label with `adjudicated` settles it."""

    text: str = Field(examples=["Hartwell Bank fined"])
    entity: str = Field(description="whose sentiment it is about; empty: the text's own", examples=[""])
    heads: list[Literal["sentiment", "topic"]] = Field(description="on what they disagree", examples=[["sentiment"]])
    words: list[Word]


class Disagreements(BaseModel):
    """Oldest first; `total` counts all."""

    total: int = Field(examples=[3])
    items: list[Disagreement]


class DisagreementQuery(Query):
    """How many to list."""

    limit: Limit = 50


class Pair(BaseModel):
    """Two annotators, and Cohen's kappa over the texts that both labelled; null where it is not defined."""

    annotators: tuple[str, str] = Field(examples=[["ana", "ben"]])
    texts: int = Field(examples=[120])
    kappa: float | None = Field(examples=[0.62])


class Agreement(BaseModel):
    """Krippendorff's alpha (nominal) over the texts with several annotators; null where nothing varies."""

    texts: int = Field(examples=[150])
    alpha: float | None = Field(examples=[0.66])
    pairs: list[Pair]


class AgreementOfHeads(BaseModel):
    """Agreement on each head. Adjudications do not count: who makes one has seen what the others said."""

    sentiment: Agreement
    topic: Agreement


class Skipped(BaseModel):
    """The skip's id."""

    id: Id


@router.get("/disagreements")
def list_disagreements(query: Annotated[DisagreementQuery, FromQuery()], given: Given) -> Disagreements:
    """Texts on which annotators disagree and nobody has adjudicated. No run learns the contested head of one."""
    with transaction(given.engine) as connection:
        items = label_words.disagreements(connection, query.limit)
        total = label_words.disputed(connection)
    return Disagreements.model_validate({"total": total, "items": items})


@router.get("/agreement")
def measure(given: Given) -> AgreementOfHeads:
    """How far annotators agree beyond chance, by their newest words."""
    with transaction(given.engine) as connection:
        found = label_figures.agreements(connection)
    return AgreementOfHeads.model_validate(found, from_attributes=True)


@router.post("/skips", status_code=HTTPStatus.CREATED)
def skip(asked: OfText, given: Given) -> Skipped:
    """Notes that somebody would rather not label a text; the note may say why."""
    with transaction(given.engine) as connection:
        new = NewSkip(meant(connection, asked)["text"], asked.annotator, asked.note)
        return Skipped(id=label_skips.add(connection, new, given.clock.now()))
