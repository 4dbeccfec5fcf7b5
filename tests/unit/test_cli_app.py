"""The `bearometer` command: loads only what is called, and shows a person one line, never a traceback."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from bearometer_cli import registry
from bearometer_cli.app import main

PLANTED = '''
import typer
from bearometer_shared.errors import BearometerError, UserError

group = typer.Typer(help="A group of one. And more.")

@group.command()
def only() -> None:
    """The only one."""
    print("only")

def fine(number: int = 1) -> None:
    """Prints a number.

    Example: bearometer fine
    """
    print(number)

def mistaken() -> None:
    raise UserError("line 3 of the file is not news")

def away() -> None:
    raise BearometerError("the broker is away")

def interrupted() -> None:
    raise KeyboardInterrupt

def bug() -> None:
    raise ZeroDivisionError

def refused() -> None:
    from sqlalchemy import create_engine
    import bearometer_shared.storage.session
    create_engine("postgresql+psycopg://x@127.0.0.1:1/x").connect()

def found_something() -> None:
    raise typer.Exit(1)
'''
NAMES = ("group", "fine", "mistaken", "away", "interrupted", "bug", "refused", "found_something")


@pytest.fixture(autouse=True)
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that registers commands as ours do."""
    (tmp_path / "planted_commands.py").write_text(PLANTED)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "planted_commands", raising=False)
    entries = [EntryPoint(name, f"planted_commands:{name}", registry.GROUP) for name in NAMES]
    entries.append(EntryPoint("absent", "no_such_package.commands:absent", registry.GROUP))
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["mistaken"], 2, "bearometer: line 3 of the file is not news"),
        (["away"], 1, "bearometer: the broker is away"),
        (["refused"], 1, "bearometer: the database does not answer: "),
        (["absent"], 2, "bearometer: `absent` needs the Python package no_such_package, which is not installed here"),
        (["fin"], 2, "bearometer: No such command 'fin'. Did you mean 'fine'? Try: bearometer --help"),
        (["fine", "--number", "x"], 2, "bearometer: Invalid value for '--number'"),
        (["fine", "--nope"], 2, "bearometer: No such option: --nope Try: bearometer fine --help"),
        (["group", "nope"], 2, "bearometer: No such command 'nope'. Try: bearometer group --help"),
    ],
)
def test_an_expected_failure_is_one_line_and_a_code(
    arguments: list[str], code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr().err
    assert shown.startswith(line)
    assert shown.count("\n") == 1


def test_a_bug_is_loud() -> None:
    with pytest.raises(ZeroDivisionError):
        main(["bug"])


def test_an_interrupt_ends_with_130() -> None:
    assert main(["interrupted"]) == 130


def test_a_command_that_found_something_says_so_by_its_code() -> None:
    assert main(["found_something"]) == 1


def test_a_group_of_one_command_stays_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["group", "only"]) == 0
    assert capsys.readouterr().out == "only\n"


def test_help_lists_every_command_with_the_first_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in NAMES)
    assert "Prints a number." in shown
    assert "A group of one. And more." in shown
    assert "planted_commands" not in sys.modules  # nothing was imported for it


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bearometer 0.")


def test_help_of_the_real_command_loads_nothing_heavy() -> None:
    program = (
        "import sys; from bearometer_cli.app import main; main(['--help']);"
        "print(sorted({'torch', 'kafka', 'sqlalchemy', 'celery', 'transformers', 'fastapi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")
