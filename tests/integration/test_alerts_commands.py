"""`bearometer alerts`: what a person and a script are told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from bearometer_alerts.commands import alerts as group
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage import alerts
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.storage.session import connect, transaction

AT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
ITEM = {
    "id": "a1",
    "title": "[red]Corwen[/red] shares fall 45%",
    "source": "Harbor",
    "url": "https://example.com/a1",
    "published_at": "2026-03-02T06:20:00Z",
    "score": -0.91,
}


@pytest.fixture
def engine(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that the commands find, too."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    engine = connect(settings())
    yield engine
    engine.dispose()
    settings.cache_clear()


def raise_one(engine: Engine, key: str, stream: str = "live", state: str = "firing") -> int:
    evidence = {
        "since": "2026-03-02T05:30:00Z",
        "until": "2026-03-02T06:30:00Z",
        "among": 30,
        "sources": 4,
        "top": [ITEM],
    }
    raised = Raised(stream, "spike", "ticker", key, "severe", 12, 0.25, 1.5e-12, "m1", evidence)
    with transaction(engine) as connection:
        id = alerts.raise_(connection, raised, state, AT, AT)
        alerts.record(connection, id, state, AT, AT, actor="detector", note="severe: 12 negative")
    return id


def call(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def facts(*arguments: str) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_list_is_newest_first_and_filtered(engine: Engine) -> None:
    first, second = raise_one(engine, "CRWB"), raise_one(engine, "GRBN", stream="other", state="pending")
    assert [alert["id"] for alert in facts("list")["items"]] == [second, first]
    assert [alert["key"] for alert in facts("list", "--stream", "other")["items"]] == ["GRBN"]
    assert [alert["key"] for alert in facts("list", "--state", "firing")["items"]] == ["CRWB"]
    assert [alert["id"] for alert in facts("list", "--limit", "1")["items"]] == [second]
    assert "ticker CRWB" in call("list").output
    assert "2026-03-02 06:30" in call("list").output


def test_nothing_to_list_is_said_so(engine: Engine) -> None:
    assert call("list").output == "no alerts\n"
    assert facts("list") == {"items": []}


def test_the_card_says_why_from_what_and_since_when(engine: Engine) -> None:
    card = call("show", str(raise_one(engine, "CRWB"))).output
    for said in ("ticker CRWB", "12 negative", "0.25 expected", "4 sources", "1.5e-12", "Harbor", "-0.91", "detector"):
        assert said in card
    assert "[red]Corwen[/red] shares fall 45%" in card  # text of strangers stays text


def test_the_card_as_json_carries_evidence_and_history(engine: Engine) -> None:
    shown = facts("show", str(raise_one(engine, "CRWB")))
    assert shown["evidence"]["top"] == [ITEM]
    assert [step["state"] for step in shown["history"]] == ["firing"]


def test_an_unknown_alert_is_one_clear_line(engine: Engine) -> None:
    assert isinstance(call("show", "99").exception, UserError)


def test_raising_an_open_alert_again_opens_no_second_one(engine: Engine) -> None:
    """At most one alert of a fingerprint is open; the first time that it fired stays."""
    pending = raise_one(engine, "CRWB", state="pending")
    assert raise_one(engine, "CRWB") == raise_one(engine, "CRWB") == pending
    mark = alerts.fingerprint("live", "spike", "ticker", "CRWB")
    with transaction(engine) as connection:
        assert alerts.resolve(connection, mark, AT, AT) == pending
        assert alerts.resolve(connection, mark, AT, AT) is None
        row = alerts.get(connection, pending)
    assert row
    assert (row["state"], row["fired_at"], row["resolved_at"]) == ("resolved", AT, AT)
    assert raise_one(engine, "CRWB") != pending
