"""`bearometer silences`: alerts that people shall not hear of for a while."""

from datetime import UTC
from enum import StrEnum
from getpass import getuser
from typing import Annotated, Any

import typer

from bearometer_alerts.until import HELP, until
from bearometer_shared.clock import SystemClock
from bearometer_shared.text import clean

silences = typer.Typer(help="Silences: alerts that nobody is told of for a while.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]
Pattern = Annotated[str, typer.Option(help="exact, or a glob with * ? []")]


class State(StrEnum):
    """States of a silence, as an option's choices."""

    pending = "pending"
    active = "active"
    expired = "expired"


NOW = (State.pending, State.active)


@silences.command("list")
def list_silences(
    state: Annotated[list[State] | None, typer.Option(help="repeatable; else those that are not over")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many, the newest first")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists silences, newest first.

    Example: bearometer silences list --state expired
    """
    from bearometer_alerts import printing
    from bearometer_shared.storage import silences as rows

    now = SystemClock().now()
    with printing.transaction() as connection:
        found = rows.listing(connection, now, [one.value for one in state or NOW], limit)
    found = [row | {"state": rows.state(row, now)} for row in found]
    if as_json:
        printing.print_json({"items": found})
    else:
        typer.echo("\n".join(map(_line, found)) or "no silences")


@silences.command("add")
def add(
    reason: Annotated[str, typer.Option(help="why")],
    till: Annotated[str, typer.Option("--until", help=HELP)],
    by: Annotated[str, typer.Option(help="who says so", default_factory=getuser, show_default="you")],
    start: Annotated[str | None, typer.Option("--from", help=f"{HELP}; now where it is left out")] = None,
    stream: Pattern = "*",
    rule: Pattern = "*",
    dimension: Pattern = "*",
    key: Pattern = "*",
    severity: Pattern = "*",
    as_json: AsJson = False,
) -> None:
    """Silences the alerts that match every pattern. They are recorded and shown, but nobody is told.

    Example: bearometer silences add --key HRTB --until 4h --reason "results day"
    """
    from bearometer_alerts import printing
    from bearometer_shared.storage import silences as rows
    from bearometer_shared.storage.silences import NewSilence

    now = SystemClock().now()
    matchers = {"stream": stream, "rule": rule, "dimension": dimension, "key": key, "severity": severity}
    begin = until(start, now) if start else now
    new = NewSilence(clean(by), clean(reason), begin, until(till, now), **matchers)
    with printing.transaction() as connection:
        row = rows.add(connection, new, now)
    _show(row | {"state": rows.state(row, now)}, as_json)


@silences.command("expire")
def expire(id: Annotated[int, typer.Argument(help="the silence's number")], as_json: AsJson = False) -> None:
    """Ends a silence now; people hear of what fires under it.

    Example: bearometer silences expire 3
    """
    from bearometer_alerts import printing
    from bearometer_shared.errors import UserError
    from bearometer_shared.storage import silences as rows

    now = SystemClock().now()
    with printing.transaction() as connection:
        row = rows.expire(connection, id, now)
    if row is None:
        raise UserError(f"no silence {id} that is not over; `bearometer silences list` shows them")
    _show(row | {"state": rows.state(row, now)}, as_json)


def _show(row: dict[str, Any], as_json: bool) -> None:
    from bearometer_alerts import printing

    if as_json:
        printing.print_json(row)
    else:
        typer.echo(_line(row))


def _line(row: dict[str, Any]) -> str:
    about = " ".join(f"{name}={row[name]}" for name in ("stream", "rule", "dimension", "key", "severity"))
    begin, end = (f"{row[name].astimezone(UTC):%Y-%m-%d %H:%M}" for name in ("starts_at", "expires_at"))
    return f"{row['id']:4} {row['state']:8} {begin} to {end} UTC  {about}  {row['author']}: {row['reason']}"
