"""Imported entities: the table, the commands, and the scorer that follows it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect
from typer.testing import CliRunner, Result

from bearometer_scorer.entity_commands import entities as group
from bearometer_scorer.linking import Linking
from bearometer_shared.entities import Entity
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage import entities
from bearometer_shared.storage.entity_tables import EntityRow
from bearometer_shared.storage.session import connect, transaction

AT = datetime(2026, 3, 2, tzinfo=UTC)
BANK = Entity("HWB", "Hartwell Bank", ("Hartwell",), ("HWB.L",), date(2020, 1, 1), None, "Financials")
OIL = Entity("COR", "Corwen Oil")


@pytest.fixture
def engine(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that the commands find, too."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    engine = connect(settings())
    yield engine
    engine.dispose()
    settings.cache_clear()


def store(engine: Engine, *rows: Entity, everything: bool = False) -> tuple[int, int]:
    with transaction(engine) as connection:
        entities.replace(connection, rows, AT, everything=everything)
        return entities.revision(connection)


def stored(engine: Engine) -> list[Entity]:
    with transaction(engine) as connection:
        return entities.load(connection)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def test_the_migration_and_the_mapped_table_agree(engine: Engine) -> None:
    made = {column["name"]: column["nullable"] for column in inspect(engine).get_columns("entities")}
    assert made == {column.name: column.nullable for column in EntityRow.__table__.columns}


def test_an_import_replaces_the_rows_of_its_tickers(engine: Engine) -> None:
    first = store(engine, BANK, OIL)
    second = store(engine, Entity("HWB", "Hartwell Holdings"))
    assert [row.name for row in stored(engine)] == ["Corwen Oil", "Hartwell Holdings"]
    assert first != second


def test_every_change_has_another_revision(engine: Engine) -> None:
    seen = [store(engine), store(engine, BANK), store(engine, BANK), store(engine, OIL), store(engine, everything=True)]
    assert len(set(seen[:-1])) == 4
    assert seen[-1] == seen[0] == (0, 0)


def test_what_is_stored_comes_back(engine: Engine) -> None:
    store(engine, BANK, OIL)
    assert stored(engine) == [BANK, OIL]


def test_a_scorer_links_by_what_was_imported_last(engine: Engine) -> None:
    linking = Linking(engine)
    linking.look()
    assert linking.current().tickers("Hartwell Bank and Microsoft") == ("MSFT",)
    store(engine, BANK)
    linking.look()
    assert linking.current().tickers("Hartwell Bank and Microsoft", AT) == ("HWB", "MSFT")
    unchanged = linking.current()
    linking.look()
    assert linking.current() is unchanged
    store(engine, everything=True)
    linking.look()
    assert linking.current().tickers("Hartwell Bank and Microsoft", AT) == ("MSFT",)


def test_the_commands_import_list_and_link(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(
        "ticker,name,aliases,valid_from,valid_to,sector\nHWB,Hartwell Bank,Hartwell,2020-01-01,,Financials\n"
    )
    assert "1 rows of 1 tickers imported; 1 rows in all" in call("import", str(file)).output
    assert json.loads(call("import", str(file), "--json").output) == {"rows": 1, "tickers": 1, "imported": 1}
    assert call("list", "--imported").output == "HWB          [2020-01-01..] Hartwell Bank, Hartwell\n"
    listed = json.loads(call("list", "--json").output)["items"]
    assert len(listed) > 1500
    assert {"ticker": "HWB", "name": "Hartwell Bank"}.items() <= next(
        row for row in listed if row["ticker"] == "HWB"
    ).items()
    told = json.loads(call("link", "Hartwell &amp; Co. and Apple Inc fall", "--json").output)
    assert [(one["ticker"], one["surface"]) for one in told["links"]] == [
        ("HWB", "Hartwell & Co"),
        ("AAPL", "Apple Inc"),
    ]
    assert told["text"][slice(*told["links"][1]["span"])] == "Apple Inc"
    assert call("link", "Hartwell Bank", "--when", "2014-05-01").output == "nobody\n"


def test_a_wrong_file_is_one_line_and_imports_nothing(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text("ticker,name\nHWB,Hartwell Bank\n,Nobody\n")
    with pytest.raises(UserError, match=r"ours.csv:3: a row needs"):
        raise call("import", str(file)).exception or AssertionError("it was taken")
    file.write_bytes(b"ticker,name\nHWB,\xff\n")
    with pytest.raises(UserError, match="not UTF-8 text"):
        raise call("import", str(file)).exception or AssertionError("it was taken")
    with pytest.raises(UserError, match="No such file"):
        raise call("import", str(tmp_path / "none.csv")).exception or AssertionError("it was taken")
    assert stored(engine) == []


def test_no_database_is_needed_for_the_default_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path))
    monkeypatch.delenv("BEAROMETER_DATABASE_URL", raising=False)
    settings.cache_clear()
    assert call("link", "Microsoft falls").output.startswith("MSFT ")
    settings.cache_clear()
