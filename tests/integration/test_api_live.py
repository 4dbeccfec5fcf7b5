"""The API as its clients meet it: live events over real Postgres, pushes over real Kafka, and an end in good order."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine, text
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_api.producer import LazyProducer
from bearometer_shared.clock import SystemClock
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.settings import Settings
from bearometer_shared.storage import reading
from bearometer_shared.storage.session import connect, transaction, wake
from bearometer_shared.wire import News, decode

SOON_S = 2.0
BREAK_OFF = """SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
LIMIT_S = 20.0  # for what has to recover first


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    """An API over the test's Postgres, on a port of its own: TestClient cannot follow an answer without an end."""
    app = create_app(Settings(), engine, MemoryProducer(MemoryBroker()))
    with served(app) as address:
        yield address


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        SystemClock().sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    app.state.parts.broadcaster.close()
    server.should_exit = True
    thread.join(timeout=LIMIT_S)
    assert not thread.is_alive()


@contextmanager
def events(address: str, patience_s: float = SOON_S) -> Iterator[Iterator[httpx2.ServerSentEvent]]:
    """Events as they come; waiting longer than `patience_s` for one fails the test."""
    with httpx2.Client(timeout=patience_s) as client, client.sse(f"{address}/v1/events?stream=live") as source:
        yield iter(source)


def notify(engine: Engine) -> None:
    with transaction(engine) as connection:
        wake(connection)


def test_a_notification_wakes_every_client_soon(address: str, engine: Engine) -> None:
    with events(address) as first, events(address) as second:
        for _ in range(3):  # the first is told at once in any case
            for client in (first, second):
                event = next(client)
                assert event.event == "change"
                assert json.loads(event.data)["at"].endswith("Z")
            notify(engine)


def notify_often(engine: Engine, times: int) -> None:
    for _ in range(times):
        notify(engine)


def see_changes(address: str, engine: Engine) -> None:
    """Rows change and nobody notifies."""
    with events(address, patience_s=LIMIT_S) as client:
        for number in range(3):
            assert next(client).event == "change"
            with transaction(engine) as connection:
                connection.execute(text("INSERT INTO offsets VALUES ('news.raw', :n, 1, 0)"), {"n": number})


def test_a_change_that_nobody_told_of_is_seen_by_polling(address: str, engine: Engine) -> None:
    see_changes(address, engine)


def test_where_listening_is_refused_polling_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "listen", lambda connection: False)
    with served(create_app(Settings(), engine, MemoryProducer(MemoryBroker()))) as address:
        see_changes(address, engine)


def test_a_burst_reaches_clients_as_a_few_events(address: str, engine: Engine) -> None:
    bursts, heard = 300, []
    with events(address) as client:
        next(client)
        writing = threading.Thread(target=notify_often, args=(engine, bursts))
        writing.start()
        while writing.is_alive():
            heard.append(next(client))
        writing.join()
    assert 0 < len(heard) < bursts / 4


def test_events_go_on_after_postgres_was_away(address: str, engine: Engine) -> None:
    with events(address, patience_s=LIMIT_S) as client:
        next(client)
        for _ in range(2):
            with transaction(engine) as connection:
                connection.execute(text(BREAK_OFF))
            assert next(client).event == "change"  # what was missed is made up for


def test_clients_that_go_away_are_forgotten(address: str, engine: Engine) -> None:
    def listening() -> bool:
        return "bearometer_api_listeners 0.0" not in httpx2.get(f"{address}/metrics").text

    with events(address) as client:
        next(client)
        assert listening()
    clock = SystemClock()
    for _ in range(200):
        if not listening():
            return
        notify(engine)
        clock.sleep(0.05)
    pytest.fail("a client that left is still counted")


def test_a_push_stands_in_kafka_when_it_is_answered(settings_for: Callable[..., Settings]) -> None:
    settings = settings_for()
    log = RealLog(settings)
    log.ensure_topics()
    engine = connect(settings)
    with TestClient(create_app(settings, engine, LazyProducer(settings))) as client:
        items = [{"title": f"Item {n}", "id": f"api-{n}", "stream": settings.group} for n in range(100)]
        response = client.post("/v1/news", json=items)
        assert response.status_code == 202
        assert [item["id"] for item in response.json()["accepted"]] == [item["id"] for item in items]
        now = SystemClock().now()
        stored = [decode(record.value, now, settings.max_item_bytes) for record in log.read(NEWS_RAW)]
        ours = [item for item in stored if isinstance(item, News) and item.stream == settings.group]
        assert {item.id for item in ours} == {item["id"] for item in items}
        assert client.get("/readyz").status_code == 200
    engine.dispose()
    log.close()


def test_while_kafka_is_away_pushes_are_refused_and_rows_are_served(engine: Engine) -> None:
    settings = Settings(kafka="127.0.0.1:1")
    with TestClient(create_app(settings, engine, LazyProducer(settings))) as client:
        pushed = client.post("/v1/news", json={"title": "a"})
        assert pushed.status_code == 503
        assert int(pushed.headers["retry-after"]) > 0
        assert client.get("/v1/articles").status_code == 200
        readiness = client.get("/readyz")
        assert readiness.status_code == 503
        assert [error["field"] for error in readiness.json()["errors"]] == ["kafka"]


def test_the_process_ends_well_on_sigterm_though_clients_listen(postgres_url: str) -> None:
    settings = {
        "BEAROMETER_DATABASE_URL": postgres_url,
        "BEAROMETER_KAFKA": "127.0.0.1:1",
        "BEAROMETER_API_PORT": "0",
        "BEAROMETER_LOG_FORMAT": "json",
    }
    command = [str(Path(sys.executable).with_name("bearometer-api"))]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | settings)
    try:
        assert process.stderr
        lines = (json.loads(line) for line in process.stderr if line.startswith("{"))
        host, port = next(line["address"] for line in lines if line["event"] == "api listens")
        with events(f"http://{host}:{port}", patience_s=LIMIT_S) as client:
            next(client)
            process.send_signal(signal.SIGTERM)
            list(client)  # ends, and not by a broken connection
        assert process.wait(timeout=LIMIT_S) == 0
    finally:
        process.kill()
        process.communicate()
