"""Rules and watchlists over real Postgres: the commands, and the service that follows them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_news import BANK, DAY, START, burst, news, steady
from pydantic import SecretStr
from sqlalchemy import Engine, inspect, text
from stored_news import LATENESS, store, tick
from typer.testing import CliRunner, Result

from bearometer_alerts import times
from bearometer_alerts.evaluate import Evaluator
from bearometer_alerts.recording import KAFKA
from bearometer_alerts.rules_commands import rules as rules_group
from bearometer_alerts.watchlist_commands import watchlists as lists_group
from bearometer_shared.clock import ManualClock
from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings, settings
from bearometer_shared.storage import alerts, baselines, rules, watchlists
from bearometer_shared.storage.rule_tables import Member, RuleRow
from bearometer_shared.storage.session import connect, transaction

REPLAY = "replay"
NOW = times.start(START + DAY)
CALM = list(news(31, 1, per_hour=60))
OTHER = ("ticker", "GRBN")


@pytest.fixture
def engine(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that the commands find, too."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BEAROMETER_RULES", raising=False)
    settings.cache_clear()
    engine = connect(settings())
    yield engine
    engine.dispose()
    settings.cache_clear()


@pytest.fixture
def evaluator(engine: Engine, postgres_url: str) -> Iterator[Evaluator]:
    evaluator = service(engine, postgres_url)
    yield evaluator
    evaluator.close()


def service(engine: Engine, url: str, **more: Any) -> Evaluator:
    lateness = int(LATENESS.total_seconds())
    return Evaluator(
        Settings(database_url=SecretStr(url), lateness_s=lateness, **more), engine, ManualClock(NOW), [KAFKA]
    )


def look(evaluator: Evaluator) -> None:
    while evaluator.look():
        pass


def call(group: Any, *arguments: str) -> Result:
    result = CliRunner().invoke(group, list(arguments))
    if result.exception:
        raise result.exception
    return result


def write_rules(tmp_path: Path, content: str) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(content)
    return str(path)


def found(engine: Engine) -> list[tuple[str, str, str, str]]:
    """Every alert: its rule, dimension, key and state."""
    with transaction(engine) as connection:
        rows = alerts.listing(connection, limit=1000)
    return sorted((row["rule"], row["dimension"], row["key"], row["state"]) for row in rows)


def test_the_migration_and_the_mapped_tables_agree(engine: Engine) -> None:
    for table in (RuleRow, Member):
        made = {column["name"]: column["nullable"] for column in inspect(engine).get_columns(table.__tablename__)}
        assert made == {column.name: column.nullable for column in table.__table__.columns}


def test_rules_are_imported_listed_shown_and_switched(engine: Engine, tmp_path: Path) -> None:
    file = write_rules(tmp_path, "rules: [{name: banks, watchlists: [banks], levels: {watch: 1e-5}}]")
    assert call(rules_group, "import", file, "--by", "ann").output == "1 imported: banks\n"
    listed = json.loads(call(rules_group, "list", "--json").output)["items"]
    assert [(row["name"], row["enabled"], row["origin"]) for row in listed] == [
        ("banks", True, "database"),
        ("negative_drift", False, "built-in"),
        ("spike", True, "built-in"),
    ]
    assert listed[0]["author"] == "ann"
    assert call(rules_group, "disable", "spike").output == "1 disabled: spike\n"
    assert json.loads(call(rules_group, "show", "spike", "--json").output)["enabled"] is False
    call(rules_group, "enable", "spike")
    assert json.loads(call(rules_group, "show", "spike", "--json").output)["enabled"] is True


def test_a_wrong_file_imports_nothing(engine: Engine, tmp_path: Path) -> None:
    file = write_rules(tmp_path, "rules: [{name: good, dimensions: [all]}, {name: bad}]")
    with pytest.raises(UserError, match="rule 'bad': it names no key"):
        call(rules_group, "import", file)
    with transaction(engine) as connection:
        assert rules.load(connection) == []


def test_watchlists_are_set_listed_and_removed(engine: Engine) -> None:
    assert call(lists_group, "list").output == "no watchlists\n"
    call(lists_group, "set", "banks", "jpm", "BAC", "JPM")
    assert json.loads(call(lists_group, "list", "--json").output) == {
        "items": [{"name": "banks", "tickers": ["BAC", "JPM"]}]
    }
    call(lists_group, "remove", "banks")
    with pytest.raises(UserError, match="no watchlist 'banks'"):
        call(lists_group, "remove", "banks")
    for wrong in (("Banks", "JPM"), ("banks", "J P M")):
        with pytest.raises(UserError):
            call(lists_group, "set", *wrong)


def test_every_change_of_the_watchlists_has_another_revision(engine: Engine) -> None:
    seen = set()
    for n, tickers in enumerate((["A"], ["B"], ["A", "B"], ["A"])):
        with transaction(engine) as connection:
            watchlists.replace(connection, "one", tickers, NOW + timedelta(seconds=n))
            seen.add(watchlists.revision(connection))
    assert len(seen) == 4


def test_a_file_that_is_wrong_stops_the_start_with_one_line(engine: Engine, postgres_url: str, tmp_path: Path) -> None:
    file = write_rules(tmp_path, "rules: [{name: one, dimensions: [person]}]")
    with pytest.raises(UserError, match=r"rule 'one': dimensions\.0"):
        service(engine, postgres_url, rules=Path(file))


def test_a_watchlist_alerts_on_what_its_members_share_and_no_member_shows_alone(
    engine: Engine, evaluator: Evaluator, tmp_path: Path
) -> None:
    """Six companies, two stories each: too few for any of them."""
    names = [f"M{n}" for n in range(6)]
    call(lists_group, "set", "six", *names)
    call(rules_group, "import", write_rules(tmp_path, "rules: [{name: six, watchlists: [six]}]"))
    items = [item for n, name in enumerate(names) for item in burst(START + DAY + n, 30, 2, ("ticker", name), topic=n)]
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *items], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 60))
    look(evaluator)
    assert ("six", "watchlist", "six", "firing") in found(engine)
    assert not [row for row in found(engine) if row[1] == "ticker"]


def test_a_rule_that_asks_for_two_sources_is_not_alerted_by_one(
    engine: Engine, evaluator: Evaluator, tmp_path: Path
) -> None:
    """Every fifth minute is one source's, in what is stored here."""
    call(rules_group, "import", write_rules(tmp_path, "rules: [{name: spike, dimensions: [ticker], sources: 2}]"))
    flood = [(START + DAY + n // 3 * 5, keys, bad) for n, (_, keys, bad) in enumerate(burst(0, 20, 20))]
    both = burst(START + DAY, 30, 12, OTHER)
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *flood, *both], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 60))
    look(evaluator)
    assert found(engine) == [("spike", "ticker", OTHER[1], "firing")]


def test_a_rule_that_is_switched_off_resolves_what_it_has_open_and_forgets(
    engine: Engine, evaluator: Evaluator
) -> None:
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 30))
    look(evaluator)
    assert ("spike", *BANK, "firing") in found(engine)
    call(rules_group, "disable", "spike")
    look(evaluator)
    assert {row[3] for row in found(engine)} == {"resolved"}
    with transaction(engine) as connection:
        assert baselines.load(connection, REPLAY, "spike") == {}


def test_a_rule_that_is_switched_on_learns_from_the_days_before(engine: Engine, evaluator: Evaluator) -> None:
    """The bank's usual load is no spike for a rule that began a minute ago; what comes on top of it is."""
    load = list(steady(3, 2, per_hour=10))
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*news(2, 2, per_hour=100), *load], NOW)
    call(rules_group, "disable", "spike")
    tick(engine, REPLAY, times.start(START + 2 * DAY - 300))
    look(evaluator)
    call(rules_group, "enable", "spike")
    tick(engine, REPLAY, times.start(START + 2 * DAY))
    look(evaluator)
    assert found(engine) == []
    with transaction(engine) as connection:
        states = baselines.load(connection, REPLAY, "spike")
    assert states[BANK]["baseline"]["negatives"] > 100


def test_drifts_and_spikes_of_a_key_are_alerts_of_their_own(engine: Engine, evaluator: Evaluator) -> None:
    call(rules_group, "enable", "negative_drift")
    usual, more = list(steady(8, 9, 2)), [(at + 6 * DAY, keys, bad) for at, keys, bad in steady(9, 3, 3)]
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*news(7, 9, 15), *usual, *more], NOW)
    tick(engine, REPLAY, times.start(START + 9 * DAY))
    look(evaluator)
    assert ("negative_drift", *BANK, "firing") in found(engine)
    with transaction(engine) as connection:
        marks = {row["fingerprint"] for row in alerts.listing(connection, limit=1000)}
    assert alerts.fingerprint(REPLAY, "negative_drift", *BANK) in marks


def test_a_take_over_from_rows_raises_what_one_service_raises(
    engine: Engine, postgres_url: str, tmp_path: Path
) -> None:
    """With groups, sources and drifts, whose memories are kept in rows too."""
    call(lists_group, "set", "both", BANK[1], OTHER[1])
    content = "rules: [{name: two, dimensions: [ticker, sector], watchlists: [both], sources: 3}]"
    call(rules_group, "import", write_rules(tmp_path, content))
    call(rules_group, "enable", "negative_drift")
    items = [*CALM, *burst(START + DAY - 600, 45, 20), *burst(START + DAY - 200, 30, 9, OTHER)]
    for stream, step in (("whole", DAY), ("parts", 313)):
        tick(engine, stream, times.start(START))
        store(engine, stream, items, NOW)
        for minute in range(START + step, START + DAY + step, step):
            tick(engine, stream, times.start(min(minute, START + DAY)))
            evaluator = service(engine, postgres_url)
            look(evaluator)
            evaluator.close()
    with transaction(engine) as connection:
        rows = [alerts.get(connection, row["id"]) for row in alerts.listing(connection, limit=1000)]
    outline = {
        stream: sorted(
            (row["rule"], row["key"], step["state"], step["at"], step["note"])
            for row in rows
            if row and row["stream"] == stream
            for step in row["history"]
        )
        for stream in ("whole", "parts")
    }
    assert outline["whole"] == outline["parts"]
    assert {"both", BANK[1]} <= {one[1] for one in outline["whole"] if one[0] == "two"}


def test_a_week_of_old_news_at_once_alerts_on_nothing(engine: Engine, evaluator: Evaluator) -> None:
    """It is late: stored, counted as a correction, and never alerted on."""
    assert store(engine, "live", CALM[:1], NOW) == store(engine, "live", CALM[1:], NOW) == 0
    look(evaluator)
    old = [item for day in range(1, 7) for item in burst(START + DAY - day * DAY - 300, 60, 30)]
    assert store(engine, "live", [*news(5, 6, 60, start=START - 6 * DAY), *old], NOW) > len(old)
    look(evaluator)
    assert found(engine) == []


def test_a_row_that_is_no_rule_stops_nothing(engine: Engine, evaluator: Evaluator) -> None:
    with transaction(engine) as connection:
        connection.execute(text("INSERT INTO rules VALUES ('odd', '{\"kind\": 7}', true, now(), 'ann')"))
    tick(engine, REPLAY, times.start(START))
    store(engine, REPLAY, [*CALM, *burst(START + DAY, 20, 8)], NOW)
    tick(engine, REPLAY, times.start(START + DAY + 30))
    look(evaluator)
    assert ("spike", *BANK, "firing") in found(engine)
