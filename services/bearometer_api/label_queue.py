"""GET /v1/labels/queue: what to label next, and why."""

from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api.articles import Probabilities, Sentiment, said
from bearometer_api.parts import Given
from bearometer_api.shapes import Query, Share, Text, Utc
from bearometer_shared.storage import label_queue
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/labels/queue", tags=["learning"])


class Wanted(BaseModel):
    """An item to label, what the model said of it, and why it is wanted."""

    stream: StreamName
    id: str = Field(description="give it as `article_id` to POST /v1/labels", examples=["4f7c0a"])
    text: str = Field(description="what the model read", examples=["Hartwell Bank halts withdrawals"])
    published_at: Utc
    source: str
    url: str
    sentiment: Sentiment
    probabilities: Probabilities
    topic: str = Field(examples=["Financials"])
    topic_probability: Share
    model_version: str
    part: str = Field(
        description="verdict, audit, uncertain, disagreement, rare, second opinion or drift", examples=["audit"]
    )
    why: str = Field(examples=["drawn at random, to see how good the model is"])


class LabelQueue(BaseModel):
    """What to label next, the most wanted first."""

    items: list[Wanted]


class QueueQuery(Query):
    """Who asks, since nobody is asked twice."""

    annotator: Annotated[Text, Field(min_length=1, pattern=r"\S", examples=["ana"])]
    stream: StreamName = "live"
    limit: Annotated[int, Field(ge=1, le=100)] = 20


@router.get("")
def queue(query: Annotated[QueueQuery, FromQuery()], given: Given) -> LabelQueue:
    """What to label next: a mix of doubtful, disputed, rare and random items of the newest stories. No text twice."""
    with transaction(given.engine) as connection:
        found = label_queue.queue(connection, query.stream, query.annotator, query.limit, given.clock.now())
    return LabelQueue(
        items=[
            Wanted.model_validate({**row, **said(dict(row)), "stream": query.stream, "part": one.part, "why": one.why})
            for row, one in found
        ]
    )
