"""Keys that move together over real Postgres: joined by their stories, told once, over when all are."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from made_news import ALL, BANK, DAY, START, Item, burst, news
from pydantic import SecretStr
from sqlalchemy import Engine, select, text
from stored_news import store, tick
from typer.testing import CliRunner

from bearometer_alerts import times
from bearometer_alerts.commands import alerts as group
from bearometer_alerts.detector import Step
from bearometer_alerts.evaluate import Evaluator
from bearometer_alerts.following import FollowUp
from bearometer_alerts.lifecycle import Phase, Verdict
from bearometer_alerts.recording import Recorder
from bearometer_alerts.rule import SPIKE, Key
from bearometer_api.app import create_app
from bearometer_shared.clock import ManualClock
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings, settings
from bearometer_shared.storage import alerts, incidents, silences, triage
from bearometer_shared.storage.alert_tables import Outbox
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.storage.silences import NewSilence
from bearometer_shared.triage import Ask

CHANNELS = ("kafka", "webhook")
TOPIC, SOURCE = ("topic", "7"), ("source", "source 0")
OTHER: Key = ("ticker", "GRBN")
BEGIN = START + DAY
SAID = Verdict(9, 1.5, 1e-9, 0.1, 40)
Row = dict[str, Any]


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """An hour in which the bank makes most of its topic's bad news, and half of all."""
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    elsewhere: list[Item] = [(BEGIN + n * 5, (ALL, ("topic", "3"), OTHER), True) for n in range(8)]
    items = [*news(41, 1, per_hour=20), *burst(BEGIN, 50, 12), *elsewhere]
    tick(engine, "replay", times.start(START))
    store(engine, "replay", sorted(items), times.start(BEGIN))
    yield engine
    engine.dispose()


def step(
    engine: Engine, phase: Phase, *keys: Key, after: float = 55, severity: str = "elevated", stream: str = "replay"
) -> None:
    """The detector takes a step of each key in one minute; event time and the wall agree."""
    steps = [Step(key, phase, BEGIN + int(after), severity, phase != "pending", SAID) for key in keys]
    at = times.start(BEGIN) + timedelta(minutes=after)
    with transaction(engine) as connection:
        Recorder(connection, stream, SPIKE, CHANNELS, at).write(steps, at)


def follow_up(engine: Engine, after: float) -> None:
    with transaction(engine) as connection:
        FollowUp(connection, CHANNELS, times.start(BEGIN) + timedelta(minutes=after)).run()


def act(engine: Engine, id: int, action: Any, after: float, **more: Any) -> None:
    with transaction(engine) as connection:
        now = times.start(BEGIN) + timedelta(minutes=after)
        assert triage.act(connection, id, Ask(action, "ana", **more), now)


def silence(engine: Engine, **matchers: str) -> None:
    begin, end = times.start(BEGIN), times.start(BEGIN + DAY)
    with transaction(engine) as connection:
        silences.add(connection, NewSilence("ana", "results", begin, end, **matchers), begin)


def listed(engine: Engine) -> list[Row]:
    with transaction(engine) as connection:
        return incidents.listing(connection, "replay")


def grouped(engine: Engine) -> list[list[Key]]:
    """The keys of each incident, oldest first; the head first."""
    return [[(one["dimension"], one["key"]) for one in found["members"]] for found in reversed(listed(engine))]


def told(engine: Engine) -> list[tuple[str, str, str]]:
    """The key, state and severity of each notice to people."""
    with transaction(engine) as connection:
        query = select(Outbox.payload).where(Outbox.channel == "webhook").order_by(Outbox.sequence)
        found = [payload["data"] for payload in connection.execute(query).scalars()]
    return [(one["key"], one["state"], one["severity"]) for one in found]


def notice(engine: Engine) -> Row:
    with transaction(engine) as connection:
        query = select(Outbox.payload).where(Outbox.channel == "webhook").order_by(Outbox.sequence.desc()).limit(1)
        data: Row = connection.execute(query).scalar_one()["data"]
        return data


def test_what_fires_in_one_minute_is_told_once_with_its_most_specific_key_first(engine: Engine) -> None:
    step(engine, "firing", ALL, TOPIC, BANK)
    assert grouped(engine) == [[BANK, TOPIC, ALL]]
    assert told(engine) == [("CRWB", "firing", "elevated")]
    assert [other["key"] for other in notice(engine)["others"]] == ["7", "all"]


def test_a_key_that_drives_nothing_of_another_is_an_incident_of_its_own(engine: Engine) -> None:
    """Eight of all twenty stories: the ticker does not explain why all news fires."""
    step(engine, "firing", ALL, TOPIC, BANK, OTHER)
    assert grouped(engine) == [[BANK, TOPIC, ALL], [OTHER]]
    assert {key for key, *_ in told(engine)} == {"CRWB", "GRBN"}


def test_the_order_in_which_they_fire_does_not_part_them(engine: Engine) -> None:
    for key in (ALL, TOPIC, BANK):
        step(engine, "firing", key)
    assert grouped(engine) == [[ALL, TOPIC, BANK]]
    assert told(engine) == [("all", "firing", "elevated")]


def test_a_later_member_is_news_only_where_it_is_worse(engine: Engine) -> None:
    step(engine, "firing", BANK)
    step(engine, "firing", TOPIC, after=56)
    assert len(told(engine)) == 1
    step(engine, "firing", ALL, after=57, severity="severe")
    assert told(engine)[1:] == [("CRWB", "firing", "severe")]
    step(engine, "firing", TOPIC, after=58, severity="severe")
    assert len(told(engine)) == 2


def test_it_is_over_when_all_members_are_and_that_is_told_once(engine: Engine) -> None:
    step(engine, "firing", BANK, TOPIC)
    step(engine, "resolved", BANK, after=90)
    assert (len(told(engine)), listed(engine)[0]["state"], listed(engine)[0]["to"]) == (1, "firing", None)
    step(engine, "resolved", TOPIC, after=95)
    assert told(engine)[1:] == [("CRWB", "resolved", "elevated")]
    assert listed(engine)[0]["state"] == "resolved"
    assert listed(engine)[0]["to"] == times.start(BEGIN + 95)
    follow_up(engine, 100)
    assert len(told(engine)) == 2


def test_a_spike_after_the_end_is_another_incident(engine: Engine) -> None:
    step(engine, "firing", BANK)
    step(engine, "resolved", BANK, after=56)
    step(engine, "firing", TOPIC, after=57)
    assert grouped(engine) == [[BANK], [TOPIC]]


def test_streams_and_model_versions_never_mix(engine: Engine) -> None:
    step(engine, "firing", BANK)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE alerts SET model_version = 'm0'"))
    step(engine, "firing", TOPIC)
    step(engine, "firing", ALL, stream="elsewhere")
    assert grouped(engine) == [[BANK], [TOPIC]]


def test_who_acknowledges_the_head_has_its_members_in_hand_and_nothing_repeats(engine: Engine) -> None:
    live(engine)
    step(engine, "firing", BANK, TOPIC)
    act(engine, 1, "acknowledge", 60)
    with transaction(engine) as connection:
        found = [alerts.get(connection, id) or {} for id in (1, 2)]
    assert [one["acknowledged_by"] for one in found] == ["ana", "ana"]
    assert [one["history"][-1]["state"] for one in found] == ["acknowledged", "acknowledged"]
    follow_up(engine, 200)
    assert len(told(engine)) == 1


def live(engine: Engine) -> None:
    """Only a live stream's notices repeat."""
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM stream_ticks"))


def test_while_nobody_does_one_notice_repeats_for_all(engine: Engine) -> None:
    live(engine)
    step(engine, "firing", BANK, TOPIC)
    follow_up(engine, 84)
    assert len(told(engine)) == 1
    follow_up(engine, 86)
    assert told(engine)[1:] == [("CRWB", "firing", "elevated")]
    assert notice(engine)["escalation"] == 1


def test_a_snooze_of_the_head_holds_for_all_and_its_end_is_told_once(engine: Engine) -> None:
    step(engine, "firing", BANK, TOPIC)
    act(engine, 1, "snooze", 60, until=times.start(BEGIN + 120))
    step(engine, "firing", TOPIC, after=70, severity="severe")
    assert len(told(engine)) == 1
    follow_up(engine, 121)
    assert told(engine)[1:] == [("CRWB", "firing", "severe")]


def test_detector_and_people_who_lock_one_incident_from_two_ends_wait_for_each_other(engine: Engine) -> None:
    """Whoever acknowledges the head steps its members too, while the detector holds one of them and goes on to it."""
    step(engine, "firing", BANK, TOPIC)
    person = threading.Thread(target=act, args=(engine, 1, "acknowledge", 60))
    at = times.start(BEGIN + 60)
    with transaction(engine) as connection:
        recorder = Recorder(connection, "replay", SPIKE, CHANNELS[:1], at)
        recorder.write([Step(TOPIC, "resolved", BEGIN + 60, "elevated", True, SAID)], at)
        person.start()
        waits(engine)
        recorder.write([Step(BANK, "firing", BEGIN + 60, "severe", True, SAID)], at)
    person.join()
    assert [one["acknowledged_by"] for one in listed(engine)[0]["members"]] == ["ana", None]


def waits(engine: Engine) -> None:
    """Until somebody waits for a lock."""
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        with transaction(engine) as connection:
            if connection.execute(query).scalar():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_where_the_head_is_silenced_the_next_key_speaks(engine: Engine) -> None:
    silence(engine, dimension="ticker")
    step(engine, "firing", BANK, TOPIC)
    assert told(engine) == [("7", "firing", "elevated")]


def test_where_all_are_silenced_nobody_hears(engine: Engine) -> None:
    silence(engine, stream="replay")
    step(engine, "firing", BANK, TOPIC)
    assert told(engine) == []


def test_one_that_flaps_stays_in_its_incident_and_is_not_over_before_the_hour(engine: Engine) -> None:
    step(engine, "firing", BANK, TOPIC)
    step(engine, "resolved", TOPIC, after=60)
    step(engine, "pending", TOPIC, after=65)
    step(engine, "firing", TOPIC, after=65)
    step(engine, "resolved", BANK, TOPIC, after=70)
    assert grouped(engine) == [[BANK, TOPIC]]
    assert [state for _, state, _ in told(engine)] == ["firing"]
    move_clock(engine, 131)
    follow_up(engine, 131)
    assert [state for _, state, _ in told(engine)] == ["firing", "resolved"]


def move_clock(engine: Engine, after: int) -> None:
    tick(engine, "replay", times.start(BEGIN + after))


def test_a_service_that_is_killed_after_the_head_fired_finds_the_incident_in_rows(engine: Engine) -> None:
    """Each look is a service's first and last: the bank fires early, its topic and all news some looks later."""
    for after in range(5, 65, 5):
        move_clock(engine, after)
        killed = Evaluator(Settings(), engine, ManualClock(times.start(BEGIN + after)), CHANNELS)
        killed.look()
        killed.close()
    [found] = [one for one in listed(engine) if any(member["key"] == "CRWB" for member in one["members"])]
    fired = {member["key"]: member["fired_at"] for member in found["members"]}
    assert min(fired.values()) < max(fired.values())
    assert {"CRWB", "7"} <= fired.keys()
    assert [state for _, state, _ in told(engine)][:1] == ["firing"]


def test_what_fails_in_the_same_transaction_leaves_no_incident(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), transaction(engine) as connection:
        at = times.start(BEGIN + 55)
        Recorder(connection, "replay", SPIKE, CHANNELS, at).write(
            [Step(BANK, "firing", BEGIN + 55, "severe", True, SAID)], at
        )
        raise ZeroDivisionError
    assert listed(engine) == []


def test_the_api_gives_incidents_and_of_each_alert_its_own(engine: Engine) -> None:
    step(engine, "pending", ("topic", "5"))
    step(engine, "firing", ALL, TOPIC, BANK, OTHER)
    client = TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker())))
    by_key = {one["key"]: one["incident"] for one in client.get("/v1/alerts").json()["items"]}
    head = by_key["CRWB"]
    assert by_key == {"CRWB": head, "7": head, "all": head, "GRBN": by_key["GRBN"], "5": None}
    found = client.get(f"/v1/incidents/{head}").json()
    assert found["head"]["key"] == "CRWB"
    assert [member["key"] for member in found["members"]] == ["CRWB", "7", "all"]
    assert (found["severity"], found["state"], found["to"]) == ("elevated", "firing", None)
    assert found["from"] == found["head"]["fired_at"]
    assert client.get("/v1/incidents/999").status_code == 404
    first = client.get("/v1/incidents?limit=1&state=firing").json()
    second = client.get(f"/v1/incidents?limit=1&cursor={first['next_cursor']}").json()
    assert [one["id"] for one in first["items"] + second["items"]] == sorted({head, by_key["GRBN"]}, reverse=True)
    assert client.get("/v1/incidents?state=resolved").json()["items"] == []


def test_the_list_in_a_terminal_groups_by_incident(
    engine: Engine, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step(engine, "firing", TOPIC, BANK)
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("COLUMNS", "40")  # of a terminal: this is a pipe
    settings.cache_clear()
    grouped, flat = (CliRunner().invoke(group, ["list", *more]).stdout for more in ((), ("--flat",)))
    settings.cache_clear()
    assert all(f"{times.start(BEGIN + 55):%Y-%m-%d %H:%M}" in line for line in grouped.splitlines()[1:])
    assert grouped.index("ticker CRWB") < grouped.index("+ topic 7")
    assert flat.index("topic 7") < flat.index("ticker CRWB")
    assert "+" not in flat
