"""GET /v1/events: server-sent events that tell a page to read its rows again."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bearometer_api.parts import Given
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/events", tags=["live"])
About = Annotated[
    StreamName | None,
    Query(description="the stream on show; a wake-up may still come of another's change, since it carries no rows"),
]


@router.get("", response_class=EventSourceResponse)
async def follow(given: Given, stream: About = None) -> AsyncIterator[ServerSentEvent]:
    """Sends `event: change`, `data: {"at": TIME}` at once and whenever rows changed, at most five a second.

    Events carry no rows and need no replay: a client that comes back is told to read, and reads what it missed.
    A comment every ten quiet seconds shows that the connection lives.
    """
    async with aclosing(given.broadcaster.changes()) as changes:
        async for changed in changes:
            at = given.clock.now().isoformat().replace("+00:00", "Z")
            yield ServerSentEvent(event="change", data={"at": at}) if changed else ServerSentEvent(comment="quiet")
