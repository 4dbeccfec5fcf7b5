"""`bearometer alerts`: what fires, why, and what people do with it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bearometer_alerts import acting
from bearometer_alerts.acting import Verdict


class State(StrEnum):
    """States of an alert, as an option's choices."""

    pending = "pending"
    firing = "firing"
    resolved = "resolved"


alerts = typer.Typer(help="Alerts: list them, show one with its evidence, work on it.", no_args_is_help=True)
alerts.command("ack")(acting.acknowledge)
alerts.command("assign")(acting.assign)
alerts.command("snooze")(acting.snooze)
alerts.command("note")(acting.note)
alerts.command("verdict")(acting.verdict)
alerts.command("resolve")(acting.resolve)
alerts.command("reopen")(acting.reopen)


@alerts.command("list")
def list_alerts(
    stream: Annotated[str | None, typer.Option(help="of this stream only")] = None,
    state: Annotated[list[State] | None, typer.Option(help="in this state only; repeatable")] = None,
    assignee: Annotated[str | None, typer.Option(help="of this person only")] = None,
    verdict: Annotated[list[Verdict] | None, typer.Option(help="with this verdict only; repeatable")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="how many, the newest first")] = 50,
    flat: Annotated[bool, typer.Option("--flat", help="one by one, not by incident")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Lists alerts, newest first, under the head of their incident.

    Example: bearometer alerts list --stream live --state firing
    """
    from bearometer_alerts import printing
    from bearometer_shared.storage import alerts as rows

    with printing.transaction() as connection:
        found = rows.listing(connection, stream, state or None, limit, assignee=assignee, verdicts=verdict or None)
    if as_json:
        printing.print_json({"items": found})
    else:
        printing.print_table(found if flat else printing.by_incident(found))


@alerts.command("show")
def show_alert(
    id: Annotated[int, typer.Argument(help="the alert's number, as in the list")],
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="draw the counts, the baseline and the threshold")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Shows an alert: why it was raised, its top stories, its history.

    Example: bearometer alerts show 12 --chart alert.png
    """
    from bearometer_alerts import printing
    from bearometer_shared.errors import UserError
    from bearometer_shared.storage import alerts as rows

    with printing.transaction() as connection:
        found = rows.get(connection, id)
    if found is None:
        raise UserError(f"no alert {id}; `bearometer alerts list` shows what there is")
    if chart:
        printing.draw(found, chart)
    if as_json:
        printing.print_json(found)
    else:
        printing.print_card(found)
