"""Channels over the outbox: routing, quiet hours and digests that survive restarts, a hang, and what is shown."""

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from made_notices import notification
from pydantic import SecretStr
from receivers import Receiver, http
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from bearometer_alerts import digest
from bearometer_alerts.apprise_channel import AppriseChannel
from bearometer_alerts.channel import NotDeliveredError
from bearometer_alerts.channel_commands import channels
from bearometer_alerts.notify import GIVE_UP_AFTER, Notifier
from bearometer_alerts.quiet_hours import QuietHours
from bearometer_alerts.subscription import Subscription
from bearometer_shared.clock import ManualClock, SystemClock
from bearometer_shared.errors import BearometerError, UserError
from bearometer_shared.settings import Settings, settings
from bearometer_shared.storage import disabled_channels, outbox
from bearometer_shared.storage.outbox import Notification
from bearometer_shared.storage.session import connect, transaction

EVENING = datetime(2026, 1, 14, 21, 30, tzinfo=UTC)
MORNING = datetime(2026, 1, 15, 7, 0, tzinfo=UTC)
NIGHT = Subscription(quiet=QuietHours.model_validate({"zone": "UTC", "from": "21:00", "to": "07:00"}))


class Fake:
    """Takes what it is given, or fails `failures` times."""

    name, batch = "desk", 1

    def __init__(self) -> None:
        self.failures = 0
        self.got: list[Notification] = []

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        if self.failures:
            self.failures -= 1
            raise NotDeliveredError("not now")
        self.got += notifications

    def told(self) -> list[list[str]]:
        """The ids in each message."""
        return [[part["data"]["id"] for part in digest.parts(one.payload)] for one in self.got]


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(EVENING)


def queue(engine: Engine, clock: ManualClock | SystemClock, channel: str = "desk", **changes: Any) -> str:
    one = notification(clock.now(), **changes)
    with transaction(engine) as connection:
        outbox.add(connection, one.id, 12, channel, one.payload, clock.now())
    return str(one.id)


def summary(engine: Engine, channel: str = "desk") -> dict[str, Any]:
    with transaction(engine) as connection:
        return outbox.summary(connection)[channel]


def drain(engine: Engine, channel: Any, clock: ManualClock, subscription: Subscription) -> None:
    """As a service that has just started."""
    notifier = Notifier(engine, channel, clock, subscription=subscription)
    while notifier.deliver_due():
        pass


def test_what_a_channel_does_not_want_leaves_the_outbox_unsent(engine: Engine, clock: ManualClock) -> None:
    channel, terms = Fake(), Subscription(keys=("CR*",))
    queue(engine, clock, key="GRBN")
    wanted = queue(engine, clock)
    drain(engine, channel, clock, terms)
    assert channel.told() == [[wanted]]
    assert summary(engine) == {"waiting": 0, "delivered": 1, "given_up": 0, "last_error": ""}


def test_quiet_hours_let_only_what_is_severe_through_and_tell_the_rest_as_one(
    engine: Engine, clock: ManualClock
) -> None:
    channel = Fake()
    first = queue(engine, clock)
    drain(engine, channel, clock, NIGHT)
    severe = queue(engine, clock, severity="severe")
    clock.at += timedelta(hours=2)
    second = queue(engine, clock, state="resolved")
    drain(engine, channel, clock, NIGHT)
    assert channel.told() == [[severe]]
    clock.at = MORNING - timedelta(minutes=1)
    drain(engine, channel, clock, NIGHT)
    assert channel.told() == [[severe]]
    clock.at = MORNING
    drain(engine, channel, clock, NIGHT)
    assert channel.told() == [[severe], [first, second]]
    assert summary(engine)["delivered"] == 3


def test_a_digest_that_fails_stays_together_and_loses_nothing(engine: Engine, clock: ManualClock) -> None:
    channel, terms = Fake(), Subscription(digest=60)
    some = [queue(engine, clock) for _ in range(3)]
    drain(engine, channel, clock, terms)
    clock.at, channel.failures = clock.at + timedelta(minutes=30), 1
    drain(engine, channel, clock, terms)
    assert summary(engine) == {"waiting": 3, "delivered": 0, "given_up": 0, "last_error": "not now"}
    clock.at += timedelta(seconds=10)
    drain(engine, channel, clock, terms)
    assert channel.told() == [some]
    assert summary(engine)["last_error"] == ""


def test_many_make_several_digests(engine: Engine, clock: ManualClock) -> None:
    channel, terms = Fake(), Subscription(digest=1)
    clock.at += timedelta(seconds=1)  # on the minute it would go out at once
    some = [queue(engine, clock) for _ in range(digest.MOST + 2)]
    clock.at += timedelta(seconds=59)
    drain(engine, channel, clock, terms)
    assert channel.told() == [some[: digest.MOST], some[digest.MOST :]]


def test_three_days_of_trying_begin_when_quiet_hours_end(engine: Engine, clock: ManualClock) -> None:
    channel = Fake()
    channel.failures = 10**6
    queue(engine, clock)
    clock.at = EVENING + GIVE_UP_AFTER  # in the evening, too: quiet until the morning
    drain(engine, channel, clock, NIGHT)
    clock.at = MORNING + GIVE_UP_AFTER
    drain(engine, channel, clock, NIGHT)
    assert summary(engine) == {"waiting": 0, "delivered": 0, "given_up": 1, "last_error": "not now"}


def test_a_server_that_hangs_holds_up_no_other_channel_and_its_transaction_ends(engine: Engine) -> None:
    """A real server that never answers, and timeouts of an hour asked for in the address itself."""
    with http() as hanging:
        hanging.answering.clear()
        url = f"json://127.0.0.1:{hanging.port}/?rto=3600&cto=3600"
        slow = Notifier(engine, AppriseChannel("slow", url, any_address=True, deadline_s=4), SystemClock())
        queue(engine, SystemClock(), "slow")
        thread = threading.Thread(target=slow.deliver_due)
        thread.start()
        other, id = Fake(), queue(engine, SystemClock())
        Notifier(engine, other, SystemClock()).deliver_due()
        assert other.told() == [[id]]
        assert thread.is_alive()
        thread.join()
    assert summary(engine, "slow") == {
        "waiting": 1,
        "delivered": 0,
        "given_up": 0,
        "last_error": "took longer than 4 s",
    }


def test_what_is_over_for_long_is_forgotten_and_what_waits_is_not(engine: Engine, clock: ManualClock) -> None:
    begun, ids = clock.now(), [UUID(queue(engine, clock)) for _ in range(4)]
    delivered, given_up, orphan, waiting = ids
    clock.at += timedelta(days=30)
    with transaction(engine) as connection:
        outbox.delivered(connection, delivered, begun)
        outbox.failed(connection, given_up, "no", None)
        outbox.hold(connection, orphan, begun)
        outbox.hold(connection, waiting, clock.now())
        outbox.forget(connection, clock.now())
        assert outbox.summary(connection)["desk"]["waiting"] == 1
        assert [one.id for one in outbox.due(connection, "desk", clock.now(), 9)] == [waiting]


@pytest.fixture
def receiver(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Takes what the channel `desk` sends; the commands find both."""
    with http() as receiver:
        file = tmp_path / "channels.yaml"
        file.write_text(
            f"channels: [{{name: desk, type: alertmanager, url: 'http://127.0.0.1:{receiver.port}/base/',"
            " token: '${TOKEN}', severities: [severe], allow_private_addresses: yes}]"
        )
        monkeypatch.setenv("TOKEN", "hidden")
        monkeypatch.setenv("BEAROMETER_CHANNELS", str(file))
        monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
        monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path / "home"))
        settings.cache_clear()
        yield receiver
        settings.cache_clear()


def call(*arguments: str) -> Result:
    return CliRunner().invoke(channels, list(arguments))


def test_the_list_shows_what_waits_and_what_was_given_up_and_no_secret(engine: Engine, receiver: Receiver) -> None:
    first, _, _ = (queue(engine, SystemClock(), name) for name in ("desk", "desk", "old"))
    with transaction(engine) as connection:
        outbox.failed(connection, UUID(first), "HTTP status 500", None)
    kafka, desk, old = json.loads(call("list", "--json").stdout)["items"]
    assert (kafka["name"], kafka["waiting"], old["to"]) == ("kafka", 0, "not configured any more")
    assert (desk["waiting"], desk["given_up"], desk["last_error"]) == (1, 1, "HTTP status 500")
    assert (desk["to"], desk["severities"], desk["quiet"]) == ("127.0.0.1", ["severe"], None)
    shown = call("list").stdout
    assert "1 waiting, 0 delivered, 1 given up; last error: HTTP status 500" in shown
    assert "hidden" not in shown


def test_a_disabled_channel_is_listed_with_its_reason_and_enabled_again(engine: Engine, receiver: Receiver) -> None:
    with transaction(engine) as connection:
        disabled_channels.disable(connection, "desk", "410 Gone", SystemClock().now())
    assert "; disabled: 410 Gone" in call("list").stdout
    assert call("enable", "desk").stdout == "channel desk: enabled\n"
    assert [one["disabled"] for one in json.loads(call("list", "--json").stdout)["items"]] == ["", ""]
    assert "channel desk is not disabled" in str(call("enable", "desk").exception)


def test_a_test_is_sent_at_once_and_marked(receiver: Receiver) -> None:
    assert call("test", "desk").stdout.startswith("channel desk: taken, notification ")
    (message,) = receiver.got
    assert message.startswith("POST /base/api/v2/alerts\n")
    assert "Authorization: Bearer hidden" in message
    assert "Test: nothing happened" in message


def test_a_test_that_fails_is_one_line_and_an_exit_code(receiver: Receiver) -> None:
    receiver.refusing = True
    result = call("test", "desk")
    assert result.exit_code == 1
    assert isinstance(result.exception, BearometerError)
    assert str(result.exception) == "channel desk: HTTP status 500"
    unknown = call("test", "disk").exception
    assert isinstance(unknown, UserError)
    assert str(unknown) == "no channel disk; there are kafka, desk"
