"""The outbox to a local receiver and to real Kafka: at least once, signed, recognisable, no channel behind another."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from made_news import BANK, DAY, START, burst, news
from pydantic import SecretStr
from sqlalchemy import Engine, text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from stored_news import store, tick

from bearometer_alerts import times, topic
from bearometer_alerts.channel import Channel
from bearometer_alerts.channels import configured
from bearometer_alerts.evaluate import Evaluator
from bearometer_alerts.notify import GIVE_UP_AFTER, Notifier
from bearometer_alerts.recording import KAFKA, WEBHOOK
from bearometer_alerts.topic import TopicChannel
from bearometer_shared.clock import Clock, ManualClock, SystemClock
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.kafka.port import ALERTS, KafkaUnavailableError
from bearometer_shared.service import Stopping
from bearometer_shared.settings import Settings
from bearometer_shared.storage import disabled_channels, outbox
from bearometer_shared.storage.outbox import Notification
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.wire import AlertEvent

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0IHJlY2VpdmVy"


@dataclass
class Receiver:
    """Takes webhooks; answers with `statuses` in turn, the last one for ever, none before `answering` is set."""

    statuses: list[int] = field(default_factory=lambda: [204])
    answering: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        self.got.append((headers, body))
        self.answering.wait(20)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    def payloads(self) -> list[dict[str, Any]]:
        """Verified by the specification's own library."""
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.answering.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.answer(dict(self.headers), body))
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(postgres_url: str, receiver: Receiver) -> Settings:
    return Settings(
        database_url=SecretStr(postgres_url),
        webhook_url=f"http://localhost:{receiver.port}/hook?of=ours",
        webhook_secret=SecretStr(SECRET),
        allow_private_addresses=True,
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = connect(settings)
    yield engine
    engine.dispose()


def queue(engine: Engine, channel: str = WEBHOOK, at: datetime | None = None) -> UUID:
    """A notification that is due."""
    id, now = uuid4(), at or SystemClock().now()
    with transaction(engine) as connection:
        outbox.add(connection, id, 1, channel, {"type": "alert.firing", "data": {"key": "CRWB é"}}, now)
    return id


def row(engine: Engine, id: UUID) -> Any:
    with transaction(engine) as connection:
        return connection.execute(text("SELECT * FROM outbox WHERE id = :id"), {"id": id}).one()


def notifier(engine: Engine, settings: Settings, clock: Clock | None = None) -> Notifier:
    return Notifier(engine, webhook(settings), clock or SystemClock())


def webhook(settings: Settings) -> Channel:
    """As the service makes it of the settings."""
    return next(one.channel for one in configured(settings) if one.channel.name == WEBHOOK)


def test_a_webhook_carries_a_signature_that_the_library_accepts(
    engine: Engine, settings: Settings, receiver: Receiver
) -> None:
    id = queue(engine)
    assert notifier(engine, settings).deliver_due() == 1
    assert receiver.payloads() == [{"type": "alert.firing", "data": {"key": "CRWB é"}}]
    assert receiver.ids() == [str(id)]
    assert row(engine, id).delivered_at
    assert notifier(engine, settings).deliver_due() == 0
    headers, body = receiver.got[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"CRWB", b"XXXX"), headers)


def test_a_server_error_is_tried_again_later_with_the_same_id(
    engine: Engine, settings: Settings, receiver: Receiver
) -> None:
    receiver.statuses = [500, 200]
    clock = ManualClock(SystemClock().now())
    id, sender = queue(engine, at=clock.now()), notifier(engine, settings, clock)
    assert sender.deliver_due() == 1
    waiting = row(engine, id)
    assert (waiting.attempts, waiting.last_error, waiting.delivered_at) == (1, "HTTP status 500", None)
    assert sender.deliver_due() == 0
    clock.sleep((waiting.next_at - clock.now()).total_seconds())
    assert sender.deliver_due() == 1
    assert row(engine, id).delivered_at == clock.now()
    assert receiver.ids() == [str(id)] * 2


def test_a_receiver_that_cannot_be_reached_is_given_up_after_three_days_with_the_reason_kept(
    engine: Engine, settings: Settings
) -> None:
    clock = ManualClock(SystemClock().now())
    nobody = settings.model_copy(update={"webhook_url": "http://localhost:9/"})
    id, sender, attempts = queue(engine, at=clock.now()), notifier(engine, nobody, clock), 0
    while next_at := row(engine, id).next_at:
        clock.at = next_at
        attempts += sender.deliver_due()
    given_up = row(engine, id)
    assert attempts == given_up.attempts > 70
    assert given_up.delivered_at is None
    assert "ConnectError" in given_up.last_error
    assert GIVE_UP_AFTER <= clock.now() - given_up.created_at < GIVE_UP_AFTER + timedelta(hours=2)


def test_410_disables_the_channel_for_good_until_it_is_enabled(
    engine: Engine, settings: Settings, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.statuses = [410, 204]
    first, second = queue(engine), queue(engine)
    assert [notifier(engine, settings).deliver_due() for _ in range(2)] == [1, 1]
    assert receiver.ids() == [str(first)]
    for id in (first, second):
        assert (row(engine, id).next_at, row(engine, id).delivered_at) == (None, None)
        assert "410" in row(engine, id).last_error
    assert capsys.readouterr().out.count("channel disabled") == 1
    with transaction(engine) as connection:
        assert [disabled_channels.enable(connection, WEBHOOK) for _ in range(2)] == [True, False]
    third = queue(engine)
    notifier(engine, settings).deliver_due()
    assert receiver.ids() == [str(first), str(third)]


def test_a_crash_between_sending_and_marking_repeats_it_with_the_same_id(
    engine: Engine, settings: Settings, receiver: Receiver
) -> None:
    id, channel = queue(engine), webhook(settings)

    class Crashing:
        name, batch = channel.name, channel.batch

        def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
            channel.deliver(notifications, now)
            raise SystemExit

    with pytest.raises(SystemExit):
        Notifier(engine, Crashing(), SystemClock()).deliver_due()
    assert row(engine, id).attempts == 0
    notifier(engine, settings).deliver_due()
    assert receiver.ids() == [str(id)] * 2
    assert row(engine, id).delivered_at


def test_private_addresses_are_refused_unless_allowed(engine: Engine, settings: Settings, receiver: Receiver) -> None:
    id = queue(engine)
    notifier(engine, settings.model_copy(update={"allow_private_addresses": False})).deliver_due()
    assert receiver.got == []
    assert "not a public address" in row(engine, id).last_error


def test_a_redirect_is_not_followed(engine: Engine, settings: Settings, receiver: Receiver) -> None:
    receiver.statuses = [302]
    id = queue(engine)
    notifier(engine, settings).deliver_due()
    assert row(engine, id).last_error == "HTTP status 302"


def test_two_notifiers_never_take_the_same_notification(engine: Engine, settings: Settings, receiver: Receiver) -> None:
    receiver.answering.clear()
    ids = {str(queue(engine)) for _ in range(10)}
    threads = [threading.Thread(target=drain, args=(notifier(engine, settings),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(receiver.got) == len(threads))  # each has one in its hands
    receiver.answering.set()
    for thread in threads:
        thread.join()
    assert sorted(receiver.ids()) == sorted(ids)


def drain(sender: Notifier) -> None:
    while sender.deliver_due():
        pass


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def test_a_webhook_that_hangs_delays_neither_the_topic_nor_evaluation(
    engine: Engine, settings: Settings, receiver: Receiver
) -> None:
    receiver.answering.clear()
    broker, stopping = MemoryBroker(), Stopping()
    queue(engine)
    thread = threading.Thread(target=notifier(engine, settings).follow, args=(stopping,))
    thread.start()
    until(lambda: bool(receiver.got))
    replayed(settings, engine).close()
    drain(topic_notifier(engine, broker))
    assert [event.state for event in events(broker) if event.key == BANK[1]][:2] == ["pending", "firing"]
    assert len(receiver.got) == 1
    stopping.set()
    receiver.answering.set()
    thread.join()


def topic_notifier(engine: Engine, broker: MemoryBroker) -> Notifier:
    return Notifier(engine, TopicChannel(lambda: MemoryProducer(broker)), SystemClock())


def replayed(settings: Settings, engine: Engine) -> Evaluator:
    """A replay with a spike at the bank, evaluated to its end."""
    tick(engine, "replay", times.start(START))
    items = [*news(41, 1, per_hour=60), *burst(START + DAY, 20, 8)]
    store(engine, "replay", items, times.start(START + DAY))
    tick(engine, "replay", times.start(START + DAY + 200))
    evaluator = Evaluator(settings, engine, SystemClock(), [KAFKA, WEBHOOK])
    while evaluator.look():
        pass
    return evaluator


def events(broker: MemoryBroker) -> list[AlertEvent]:
    records = [record for partition in broker.of(ALERTS) for record in broker.logs.get(partition, [])]
    return [AlertEvent.model_validate_json(record.value or b"") for record in records]


def test_people_hear_of_what_fires_and_is_over_with_its_evidence(
    engine: Engine, settings: Settings, receiver: Receiver
) -> None:
    replayed(settings, engine).close()
    drain(notifier(engine, settings))
    told = [payload for payload in receiver.payloads() if payload["data"]["key"] == BANK[1]]
    kinds = [payload["type"] for payload in told]
    assert kinds[0] == "alert.firing"
    assert kinds[-1] == "alert.resolved"
    assert "alert.pending" not in kinds
    assert told[0]["data"]["evidence"]["top"][0]["title"] == "Trouble at CRWB"
    assert told[0]["timestamp"] == told[0]["data"]["at"]
    assert [payload["data"]["id"] for payload in told] == [
        id for id, payload in zip(receiver.ids(), receiver.payloads(), strict=True) if payload["data"]["key"] == BANK[1]
    ]


def test_an_outage_of_kafka_is_only_delay(engine: Engine, settings: Settings) -> None:
    broker = MemoryBroker(down=True)
    replayed(settings, engine).close()
    log = topic_notifier(engine, broker)
    with pytest.raises(KafkaUnavailableError):
        log.deliver_due()
    broker.down = False
    drain(log)
    assert [event.state for event in events(broker) if event.key == BANK[1]][-1] == "resolved"


def test_a_notifier_waits_for_kafka_and_goes_on(
    engine: Engine, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    broker, stopping = MemoryBroker(down=True), Stopping()
    replayed(settings, engine).close()
    log = Notifier(engine, TopicChannel(lambda: MemoryProducer(broker)), SystemClock(), tick_s=0.01)
    thread = threading.Thread(target=log.follow, args=(stopping,))
    thread.start()
    until(lambda: "notifier waits" in capsys.readouterr().out)
    broker.down = False
    try:
        until(lambda: bool(events(broker)))
    finally:
        stopping.set()
        thread.join()


def test_every_step_reaches_the_real_topic_keyed_by_fingerprint_and_in_order(
    settings_for: Callable[..., Settings], fresh_kafka: Callable[..., None]
) -> None:
    fresh_kafka()
    settings = settings_for()
    engine = connect(settings)
    replayed(settings, engine).close()
    channel = TopicChannel(lambda: topic.connect(settings))
    drain(Notifier(engine, channel, SystemClock()))
    channel.close()
    with closing(RealLog(settings)) as log:
        records = [record for record in log.read(ALERTS) if record.key == b"replay/spike/ticker/CRWB"]
    found = [AlertEvent.model_validate_json(record.value or b"") for record in records]
    assert list(dict.fromkeys(event.state for event in found)) == ["pending", "firing", "resolved"]
    assert len({event.id for event in found}) == len(found)
    assert all(row(engine, UUID(event.id)).delivered_at for event in found)
    assert found[0].at.tzinfo == UTC
    engine.dispose()
