"""The broadcaster: wake-ups reach every client, coalesced, and nothing piles up behind a slow one."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

from fastapi.sse import ServerSentEvent
from pydantic import SecretStr

from bearometer_api.broadcast import Broadcaster
from bearometer_api.events import follow
from bearometer_api.parts import Parts
from bearometer_api.publisher import Publisher
from bearometer_shared.clock import ManualClock
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect

SETTINGS = Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
CLOCK = ManualClock(datetime(2026, 3, 5, 12, tzinfo=UTC))
SOON_S = 5  # a limit for a stuck test, not a measurement


def test_a_client_is_told_at_once_and_after_every_change() -> None:
    async def story() -> list[bool]:
        broadcaster = Broadcaster(heartbeat_s=SOON_S, spacing_s=0)
        broadcaster.start()
        heard = []
        async with aclosing(broadcaster.changes()) as changes:
            heard.append(await anext(changes))
            broadcaster.wake()
            heard.append(await anext(changes))
        return heard

    assert asyncio.run(asyncio.wait_for(story(), SOON_S)) == [True, True]


def test_silence_is_broken_by_heartbeats() -> None:
    async def story() -> list[bool]:
        broadcaster = Broadcaster(heartbeat_s=0.01, spacing_s=0)
        broadcaster.start()
        async with aclosing(broadcaster.changes()) as changes:
            return [await anext(changes) for _ in range(3)]

    assert asyncio.run(asyncio.wait_for(story(), SOON_S)) == [True, False, False]


def test_a_burst_is_one_wake_up_for_a_client_that_was_busy() -> None:
    async def story() -> list[bool]:
        broadcaster = Broadcaster(heartbeat_s=0.01, spacing_s=0)
        broadcaster.start()
        async with aclosing(broadcaster.changes()) as changes:
            heard = [await anext(changes)]
            for _ in range(10_000):
                broadcaster.wake()
            await asyncio.sleep(0)
            return heard + [await anext(changes) for _ in range(2)]

    assert asyncio.run(asyncio.wait_for(story(), SOON_S)) == [True, True, False]


def test_closing_ends_every_stream_and_later_wake_ups_do_no_harm() -> None:
    async def follow(broadcaster: Broadcaster) -> int:
        return len([changed async for changed in broadcaster.changes()])

    async def story(broadcaster: Broadcaster) -> list[int]:
        broadcaster.start()
        clients = [asyncio.create_task(follow(broadcaster)) for _ in range(3)]
        await asyncio.sleep(0)
        broadcaster.close()
        return await asyncio.gather(*clients)

    broadcaster = Broadcaster(heartbeat_s=SOON_S, spacing_s=0)
    broadcaster.wake()
    assert all(asyncio.run(asyncio.wait_for(story(broadcaster), SOON_S)))
    broadcaster.wake()


def test_on_the_wire_a_change_is_an_event_and_silence_a_comment() -> None:
    async def story() -> list[ServerSentEvent]:
        broadcaster = Broadcaster(heartbeat_s=0.01, spacing_s=0)
        broadcaster.start()
        parts = Parts(SETTINGS, connect(SETTINGS), Publisher(MemoryProducer(MemoryBroker())), broadcaster, CLOCK)
        stream = follow(parts)
        return [await anext(stream) for _ in range(2)]

    change, quiet = asyncio.run(asyncio.wait_for(story(), SOON_S))
    assert (change.event, change.data, change.comment) == ("change", {"at": "2026-03-05T12:00:00Z"}, None)
    assert (quiet.event, quiet.data) == (None, None)
    assert quiet.comment
