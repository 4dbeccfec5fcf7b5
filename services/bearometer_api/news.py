"""POST /v1/news: items pushed by other programs, into the same topic as every feed's."""

import json
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from bearometer_api.metrics import PUSHED
from bearometer_api.parts import Given
from bearometer_api.problems import Rejected, problem, short
from bearometer_api.publisher import Record
from bearometer_shared import wire
from bearometer_shared.errors import DecodeError

router = APIRouter(prefix="/v1/news", tags=["news"])
MAX_ITEMS = 1000
log = structlog.get_logger()


class PushedItem(BaseModel):
    """What a publisher sends. Markup is removed; fields that are not listed are kept on the topic."""

    model_config = ConfigDict(extra="allow")
    title: str = Field(description="or `text`; cut at 2,000 characters", examples=["Hartwell Bank halts withdrawals"])
    body: str = Field("", description="cut at 100,000 characters")
    id: str = Field("", description="unique within the stream; made from source and url, or title and time, if missing")
    published_at: datetime | None = Field(None, description="now if missing; a time in the future is clamped to now")
    stream: wire.StreamName = "live"
    source: str = ""
    url: str = Field("", examples=["https://news.example/1"])
    lang: str = ""
    tickers: list[str] = Field([], examples=[["HWB"]])


class Accepted(BaseModel):
    """An item that Kafka has acknowledged."""

    index: int = Field(description="its place in the list, from 0", examples=[0])
    id: str = Field(examples=["4f7c0a"])


class Receipt(BaseModel):
    """What became of each item."""

    accepted: list[Accepted]
    rejected: list[Rejected]


BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "oneOf": [
                    {"$ref": "#/components/schemas/PushedItem"},
                    {"type": "array", "maxItems": MAX_ITEMS, "items": {"$ref": "#/components/schemas/PushedItem"}},
                ]
            }
        }
    },
}


@router.post("", status_code=HTTPStatus.ACCEPTED, response_model=Receipt, openapi_extra={"requestBody": BODY})
async def push(request: Request, given: Given) -> Receipt | Response:
    """Takes one item or a list of at most 1,000, and answers when Kafka has acknowledged what was good of it.

    The same id twice is stored once, so that a push whose answer got lost may simply be sent again.
    """
    items = _items(await request.body())
    receipt, records = await run_in_threadpool(_judge, items, given.clock.now(), given.settings.max_item_bytes)
    PUSHED.labels("rejected").inc(len(receipt.rejected))
    if not records:
        said = f"no item was taken: {receipt.rejected[0].reason}"
        return problem(422, said, request.url.path, rejected=receipt.rejected)
    await given.publisher.publish(records)
    PUSHED.labels("accepted").inc(len(records))
    return receipt


def _items(body: bytes) -> list[Any]:
    """The items of a body. Raises HTTPException where it has none, or too many."""
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise HTTPException(400, "body: nested too deeply") from error
    except ValueError as error:
        raise HTTPException(400, f"body: not JSON: {error}") from error
    items = value if isinstance(value, list) else [value]
    if not 1 <= len(items) <= MAX_ITEMS:
        raise HTTPException(422, f"body: {len(items)} items; from 1 to {MAX_ITEMS} may come at once")
    return items


def _judge(items: list[Any], at: datetime, max_bytes: int) -> tuple[Receipt, list[Record]]:
    receipt, records = Receipt(accepted=[], rejected=[]), []
    for index, raw in enumerate(items):
        try:
            record = _record(raw, at, max_bytes)
        except (DecodeError, ValueError) as error:
            receipt.rejected.append(Rejected(index=index, reason=short(str(error))))
        else:
            receipt.accepted.append(Accepted(index=index, id=record[0]))
            records.append(record)
    return receipt, records


def _record(raw: Any, at: datetime, max_bytes: int) -> Record:
    """The record of an item. Raises DecodeError or, where a field cannot be written as UTF-8, ValueError."""
    item = wire.news_item(raw, received_at=at, source="push")
    value = wire.encode(item)
    wire.decode(value, at, max_bytes)  # as the scorer will: nothing that we accept may end in the dead letters
    return item.id, value
