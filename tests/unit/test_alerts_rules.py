"""Rules as people write them: what is taken, and what is told of one that is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bearometer_alerts import definition, rule_file, rulebook
from bearometer_alerts.rule import DRIFT, PRIORS, SPIKE, Rule
from bearometer_alerts.rules_commands import rules as group
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage.rules import Stored

AT = datetime(2026, 3, 2, tzinfo=UTC)
BANKS = """
rules:
  - name: banks
    dimensions: [ticker, source]
    keys: [JPM, "BRK.*", Harbor]
    watchlists: [banks]
    levels: {watch: 1e-5}
    sources: 2
    window: 30
"""


def rule(text: str) -> Rule:
    [found] = rule_file.parse(f"rules: [{text}]", "rules.yaml")
    return found.rule()


def wrong(text: str) -> str:
    with pytest.raises(UserError) as told:
        rule_file.parse(text, "rules.yaml")
    return str(told.value)


def test_a_rule_takes_what_it_leaves_out_from_the_built_in_one_of_its_kind() -> None:
    [banks] = rule_file.parse(BANKS, "rules.yaml")
    assert banks.rule().levels == (1e-5, 1e-7, 1e-10)
    assert (banks.rule().window, banks.rule().minimum, banks.rule().half_life) == (30, SPIKE.minimum, SPIKE.half_life)
    slow = rule("{name: slow, kind: drift, dimensions: [ticker]}")
    assert (slow.window, slow.half_life, slow.minimum) == (DRIFT.window, DRIFT.half_life, DRIFT.minimum)


def test_a_rule_watches_what_it_names_and_nothing_else() -> None:
    [banks] = rule_file.parse(BANKS, "rules.yaml")
    watched = {("ticker", "JPM"), ("ticker", "BRK.B"), ("source", "Harbor"), ("watchlist", "banks")}
    others = {("ticker", "BRKXB"), ("ticker", "jpm"), ("topic", "JPM"), ("watchlist", "oil"), ("all", "all")}
    assert {key for key in watched | others if banks.rule().watches(key)} == watched


def test_the_built_in_rule_watches_all_topics_and_tickers() -> None:
    assert {dimension for dimension in PRIORS if SPIKE.watches((dimension, "x"))} == {"all", "topic", "ticker"}


def test_every_dimension_that_can_be_written_can_be_judged() -> None:
    for dimension in PRIORS:
        assert rule(f"{{name: one, dimensions: [{dimension}]}}").watches((dimension, "x"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{name: one}", "rule 'one': it names no key: give dimensions or watchlists"),
        ("{name: one, dimensions: []}", "rule 'one': it names no key"),
        ("{name: one, dimensions: [ticker], keys: []}", "rule 'one': keys: "),
        ("{dimensions: [ticker]}", "a rule without name: name: "),
        ("{name: One, dimensions: [ticker]}", "name: "),
        ("{name: one, dimensions: [person]}", "dimensions.0: Input should be 'all', 'topic'"),
        ("{name: one, dimensions: [ticker], keys: ['^A.+']}", "keys.0: '^A.+' looks like a regular expression"),
        ("{name: one, dimensions: [ticker], keys: ['(a+)+$']}", "only globs are known"),
        ("{name: one, dimensions: [ticker], window: -1}", "window: Input should be greater"),
        ("{name: one, dimensions: [ticker], window: '60'}", "window: Input should be a valid integer"),
        ("{name: one, dimensions: [ticker], minimum: true}", "minimum: Input should be a valid integer"),
        ("{name: one, dimensions: [ticker], half_life: .nan}", "half_life: "),
        ("{name: one, dimensions: [ticker], levels: {watch: 0}}", "levels.watch: Input should be greater than 0"),
        ("{name: one, dimensions: [ticker], levels: {severe: 0.1}}", "levels: watch must be above elevated"),
        ("{name: one, dimensions: [ticker], speed: 3}", "speed: Extra inputs are not permitted"),
        ("{name: one, kind: trend, dimensions: [ticker]}", "kind: Input should be 'spike' or 'drift'"),
        ("7", "a rule without name"),
    ],
)
def test_a_wrong_rule_is_told_with_file_rule_and_field(text: str, told: str) -> None:
    said = wrong(f"rules: [{text}]")
    assert said.startswith("rules.yaml: ")
    assert told in said


@pytest.mark.parametrize("text", ["", "[]", "rules:", "rules: 3", "rules: []\nmore: 1"])
def test_a_file_that_is_no_list_of_rules_is_told_so(text: str) -> None:
    assert wrong(text) == "rules.yaml: a file of rules holds `rules:` and a list of them, and nothing else"


def test_what_is_no_yaml_is_told_with_its_line() -> None:
    assert wrong("rules:\n  - name: [").startswith("rules.yaml:2: not YAML: ")


def test_a_name_twice_is_told() -> None:
    one = "{name: one, dimensions: [ticker]}"
    assert wrong(f"rules: [{one}, {one}]") == "rules.yaml: rule 'one': defined more than once"


def test_no_glob_blows_up() -> None:
    """What would take a backtracking regular expression for ever."""
    hostile = rule(f"{{name: one, dimensions: [ticker], keys: ['{'*a' * 40}b']}}")
    assert not hostile.watches(("ticker", "a" * 5000))


def test_topics_with_bars_and_symbols_with_points_are_no_regular_expressions() -> None:
    names = ["Fed | Central Banks", "M&A | Investments", "BRK.*", "*.L", "[A-C]*"]
    assert rule(f"{{name: one, dimensions: [topic], keys: {names}}}").keys == tuple(names)


@pytest.mark.parametrize("known", [SPIKE, DRIFT, Rule("one", watchlists=("banks",), keys=("A*",), sources=3)])
def test_a_rule_in_full_reads_as_itself(known: Rule) -> None:
    assert definition.read(definition.of_rule(known), "here").rule() == known


def stored(name: str, *, enabled: bool = True, **said: object) -> Stored:
    return Stored(name, said, enabled, AT, "ann")


def test_the_database_comes_before_the_file_and_that_before_what_is_built_in(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules: [{name: spike, dimensions: [all]}, {name: one, dimensions: [all], enabled: false}]")
    file = rulebook.of_file(path)
    assert rulebook.in_force(rulebook.entries([], [])) == (SPIKE,)
    assert rulebook.in_force(rulebook.entries(file, [])) == (Rule(dimensions=("all",)),)
    rows = [stored("spike", enabled=False, dimensions=["all"]), stored("two", dimensions=["topic"])]
    assert [rule.name for rule in rulebook.in_force(rulebook.entries(file, rows))] == ["two"]


def test_a_row_that_is_no_rule_is_passed_over_and_the_others_hold() -> None:
    rows = [stored("bad", dimensions=["person"]), stored("good", dimensions=["topic"])]
    assert [rule.name for rule in rulebook.in_force(rulebook.entries([], rows))] == ["good", "spike"]


@pytest.fixture
def without_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path))
    monkeypatch.setenv("BEAROMETER_RULES", str(tmp_path / "rules.yaml"))
    monkeypatch.delenv("BEAROMETER_DATABASE_URL", raising=False)
    (tmp_path / "rules.yaml").write_text(BANKS)
    settings.cache_clear()
    yield tmp_path / "rules.yaml"
    settings.cache_clear()


def test_rules_are_listed_shown_and_checked_without_a_database(without_database: Path) -> None:
    listed = CliRunner().invoke(group, ["list"]).output.splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["banks", "on", "spike"],
        ["negative_drift", "off", "drift"],
        ["spike", "on", "spike"],
    ]
    shown = CliRunner().invoke(group, ["show", "banks"]).output
    assert rule_file.parse(shown, "shown")[0].rule() == rule_file.read(without_database)[0].rule()
    assert CliRunner().invoke(group, ["check", str(without_database)]).output == "1 right: banks\n"


def test_an_unknown_rule_or_file_is_one_clear_line(without_database: Path) -> None:
    assert "no rule 'none'; there are: banks" in str(CliRunner().invoke(group, ["show", "none"]).exception)
    told = CliRunner().invoke(group, ["check", str(without_database.parent / "none.yaml")]).exception
    assert isinstance(told, UserError)
    assert "none.yaml: No such file" in str(told)
