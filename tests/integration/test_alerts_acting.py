"""`bearometer alerts ack` and the like, and `bearometer silences`: what an analyst does in a terminal."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from bearometer_alerts.commands import alerts as alert_group
from bearometer_alerts.silence_commands import silences as silence_group
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage import alerts
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.storage.session import connect, transaction

AT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def engine(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that the commands find, too: one alert fires in it."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    engine = connect(settings())
    with transaction(engine) as connection:
        raised = Raised("live", "spike", "ticker", "CRWB", "severe", 12, 0.25, 1.5e-12, "m1", {})
        alerts.raise_(connection, raised, "firing", AT, AT)
    yield engine
    engine.dispose()
    settings.cache_clear()


def call(group: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def act(*arguments: str) -> Any:
    """The alert after a step."""
    result = call(alert_group, *arguments, "--by", "ana", "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_analyst_takes_every_step_in_the_terminal() -> None:
    assert act("ack", "1")["acknowledged_by"] == "ana"
    assert act("assign", "1", "ben")["assignee"] == "ben"
    assert act("snooze", "1", "4h", "--note", "asleep")["snoozed_until"]
    assert act("note", "1", "the regulator denies it")["history"][-1]["note"] == "the regulator denies it"
    assert act("verdict", "1", "false", "--reason", "copies")["verdict"] == "false"
    assert act("resolve", "1")["state"] == "resolved"
    last = act("reopen", "1", "--note", "no, it goes on")
    names = ["acknowledged", "assigned", "snoozed", "noted", "judged", "resolved", "reopened"]
    assert [step["state"] for step in last["history"]] == names
    assert {step["actor"] for step in last["history"]} == {"ana"}


def test_a_person_is_told_in_a_line_and_a_wrong_move_is_one_too() -> None:
    assert call(alert_group, "ack", "1", "--by", "ana").output == "alert 1 acknowledged by ana\n"
    wrong = {
        ("ack", "1"): "alert 1 is acknowledged already, by ana",
        ("snooze", "1", "2001-01-01"): "until: an alert is snoozed until a time that is still to come",
        ("reopen", "1"): "alert 1 is firing: no reopen now",
        ("note", "1", " "): "WORDS: says nothing",
        ("resolve", "99"): "no alert 99; `bearometer alerts list` shows what there is",
    }
    for arguments, line in wrong.items():
        failure = call(alert_group, *arguments).exception
        assert isinstance(failure, UserError)
        assert str(failure) == line


def test_the_list_is_narrowed_by_assignee_and_verdict() -> None:
    act("assign", "1", "ben")
    for arguments, found in {("--assignee", "ben"): 1, ("--assignee", "eve"): 0, ("--verdict", "true"): 0}.items():
        assert len(json.loads(call(alert_group, "list", *arguments, "--json").stdout)["items"]) == found


def test_a_silence_is_added_listed_and_ended() -> None:
    added = call(silence_group, "add", "--key", "CRW*", "--until", "4h", "--reason", "results day", "--by", "ana")
    assert "key=CRW*" in added.output
    assert "ana: results day" in added.output
    [listed] = json.loads(call(silence_group, "list", "--json").stdout)["items"]
    assert (listed["state"], listed["key"]) == ("active", "CRW*")
    assert "expired" in call(silence_group, "expire", "1").output
    assert call(silence_group, "list").output == "no silences\n"
    assert "expired" in call(silence_group, "list", "--state", "expired").output
    assert isinstance(call(silence_group, "expire", "1").exception, UserError)


def test_a_silence_of_everything_is_refused_in_a_line() -> None:
    failure = call(silence_group, "add", "--until", "4h", "--reason", "holiday").exception
    assert isinstance(failure, UserError)
    assert "at least one of" in str(failure)


@pytest.mark.parametrize("group", [alert_group, silence_group])
def test_every_command_shows_an_example(group: typer.Typer) -> None:
    for command in group.registered_commands:
        assert command.callback
        assert "Example: bearometer " in (command.callback.__doc__ or "")
