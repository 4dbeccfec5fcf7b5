"""What the dashboard asks of the API, and what it makes of its failures."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from bearometer_dashboard.client import Api, ApiAwayError, ApiRefusedError, connect
from bearometer_dashboard.live import Live
from bearometer_dashboard.snapshot import RANGES, Ask, Snapshot, choose, read, window
from bearometer_shared.settings import Settings

Answer = Callable[[httpx2.Request], httpx2.Response]


@asynccontextmanager
async def api(answer: Answer) -> AsyncIterator[Api]:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://api") as http:
        yield Api(http)


def ask(answer: Answer, path: str = "streams", **query: Any) -> Any:
    async def once() -> Any:
        async with api(answer) as client:
            return await client.get(path, **query)

    return asyncio.run(once())


def problem(status: int, detail: str) -> httpx2.Response:
    headers = {"Content-Type": "application/problem+json"}
    return httpx2.Response(status, content=json.dumps({"title": "no", "detail": detail}), headers=headers)


def test_the_token_of_the_settings_goes_with_every_call() -> None:
    http = connect(Settings(api_token=SecretStr("t0ken"), api_url="http://api"))
    assert http.headers["Authorization"] == "Bearer t0ken"
    assert "Authorization" not in connect(Settings(api_url="http://api")).headers


def test_a_list_repeats_its_key_and_none_is_left_out() -> None:
    assert ask(lambda r: httpx2.Response(200, json={"asked": str(r.url)}), "alerts", state=["a", "b"], limit=None) == {
        "asked": "http://api/v1/alerts?state=a&state=b"
    }


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (lambda _: problem(503, "Postgres is away"), ApiAwayError, "Postgres is away"),
        (lambda _: httpx2.Response(502, text="<html>"), ApiAwayError, "502 Bad Gateway"),
        (lambda _: httpx2.Response(200, text="<html>"), ApiAwayError, "something else"),
        (lambda _: problem(422, "unknown topic"), ApiRefusedError, "unknown topic"),
        (lambda _: problem(401, "no"), ApiRefusedError, "BEAROMETER_API_TOKEN"),
    ],
)
def test_failures_come_in_two_kinds_with_a_reason_for_people(answer: Answer, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        ask(answer)


def test_an_api_that_cannot_be_reached_is_away() -> None:
    def refuse(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("connection refused")

    with pytest.raises(ApiAwayError, match="connection refused"):
        ask(refuse)


def test_pages_are_woken_at_once_at_each_change_and_when_the_subscription_ends() -> None:
    woken: list[bool] = []

    def events(_: httpx2.Request) -> httpx2.Response:
        body = ": quiet\n\nevent: other\ndata: 1\n\nevent: change\ndata: {}\n\n"
        return httpx2.Response(200, text=body, headers={"Content-Type": "text/event-stream"})

    async def follow() -> None:
        async with api(events) as client:
            live = Live(client)
            with live.subscribed() as wake:
                task = asyncio.create_task(live.run())
                while len(woken) < 2:  # the subscription stands and a change comes; then it ends
                    await wake.wait()
                    wake.clear()
                    woken.append(live.streaming)
                task.cancel()

    asyncio.run(asyncio.wait_for(follow(), 10))
    assert woken[-1] is False


def test_the_subscription_is_tried_again_after_a_failure() -> None:
    answers = iter([problem(503, "away"), problem(401, "no")])
    third = asyncio.Event()

    def fail(_: httpx2.Request) -> httpx2.Response:
        answer = next(answers, None)
        if answer is None:
            third.set()
        return answer or problem(503, "away")

    async def follow() -> None:
        async with api(fail) as client:
            task = asyncio.create_task(Live(client).run())
            await third.wait()
            task.cancel()

    asyncio.run(asyncio.wait_for(follow(), 10))
    assert third.is_set()


STREAMS = [
    {"name": "old", "newest_event": "2026-01-01T00:00:00Z", "clock": "2026-01-01T00:00:00Z"},
    {"name": "new", "newest_event": "2026-03-05T14:42:20Z", "clock": "2026-03-05T14:32:20Z"},
    {"name": "live", "newest_event": None, "clock": None},
]


def test_live_is_shown_if_it_has_data_else_the_newest_stream() -> None:
    filled = [s | {"newest_event": s["newest_event"] or "2025-01-01T00:00:00Z"} for s in STREAMS]
    assert (choose(filled, None) or {})["name"] == "live"
    assert (choose(STREAMS, None) or {})["name"] == "new"
    assert (choose(STREAMS, "old") or {})["name"] == "old"
    assert (choose(STREAMS, "gone") or {})["name"] == "new"
    assert choose([], None) is None


def test_a_chart_spans_whole_buckets_up_to_the_newest_item() -> None:
    span = window(STREAMS[1], RANGES["24 h"])
    assert (span.start.isoformat(), span.end.isoformat()) == ("2026-03-04T15:00:00+00:00", "2026-03-05T15:00:00+00:00")


def test_a_snapshot_holds_open_alerts_however_old_once_and_the_history_of_opened_ones() -> None:
    firing, resolved = {"id": 1, "state": "firing"}, {"id": 2, "state": "resolved"}

    def answer(request: httpx2.Request) -> httpx2.Response:
        match request.url.path.removeprefix("/v1/"):
            case "streams":
                return httpx2.Response(200, json={"items": STREAMS})
            case "trends":
                return httpx2.Response(200, json={"series": []})
            case "trends/movers":
                dimension = request.url.params["dimension"]
                return httpx2.Response(200, json={"dimension": dimension, "movers": [{"key": "x"}]})
            case "alerts":
                opened = "state" in request.url.params
                return httpx2.Response(200, json={"items": [firing] if opened else [resolved, firing]})
            case "alerts/1":
                return httpx2.Response(200, json=firing | {"history": [{"state": "firing"}]})
            case _:
                return httpx2.Response(200, json={"items": []})

    async def look() -> Snapshot:
        async with api(answer) as client:
            return await read(client, Ask(opened=frozenset({1, 99})))

    found = asyncio.run(look())
    assert found.view is not None
    assert found.view.alerts == [resolved, firing]
    assert found.view.cards == {1: firing | {"history": [{"state": "firing"}]}}
    assert found.view.moves.movers == [{"key": "x", "dimension": "ticker"}, {"key": "x", "dimension": "topic"}]
    assert found.learning.run is None
