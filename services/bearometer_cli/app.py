"""The `bearometer` command: loads what was called, and turns every expected failure into one line."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from bearometer_cli.registry import Commands
from bearometer_shared.errors import BearometerError, UserError

INTERRUPTED = 130
app = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bearometer {version('bearometer')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print it")
    ] = False,
) -> None:
    """Watches financial news: scores, trends, alerts, and a model that learns from corrections.

    Try it: bearometer demo. Every command has --help with an example.
    """


def main(arguments: list[str] | None = None) -> int:
    """Runs a command. 0: done; 1: failed; 2: the caller's mistake; 130: interrupted. A bug is a traceback."""
    try:
        code = typer.main.get_group(app).main(arguments, prog_name="bearometer", standalone_mode=False)
    except UserError as error:
        return _fail(str(error), 2)
    except BearometerError as error:
        return _fail(str(error), 1)
    except typer.TyperException as error:
        return _misused(error)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        if not _is_outage(error):
            raise
        return _fail(f"the database does not answer: {str(error).splitlines()[0]}", 1)
    return code if isinstance(code, int) else 0


def _misused(error: typer.TyperException) -> int:
    """An unknown command or option. A group that was called without a command has printed its help already."""
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path if context else 'bearometer'} --help"
    return _fail(f"{message} Try: {hint}", error.exit_code) if (message := error.format_message()) else error.exit_code


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"bearometer: {message}\n")
    return code


def _is_outage(error: Exception) -> bool:
    """Asks the storage module only where a command has loaded it: importing it takes half a second."""
    session = sys.modules.get("bearometer_shared.storage.session")
    return bool(session and session.is_outage(error))
