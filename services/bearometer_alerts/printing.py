"""Alerts in a terminal. Times are UTC event times, but `recorded`, which is wall time."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from bearometer_alerts import printed_story
from bearometer_shared import text
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage import session

Row = dict[str, Any]
COLOURS = {"severe": "bold red", "elevated": "red", "watch": "yellow"}
UNFOLDED = 10_000  # columns: more than any line has
COLUMNS = ("id", "stream", "about", "state", "severity", "since", "until", "observed", "expected", "p")


@contextmanager
def transaction() -> Iterator[Connection]:
    """A command's one transaction."""
    engine = session.connect(settings())
    try:
        with session.transaction(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def print_json(facts: Any) -> None:
    """One object on a line; times in ISO 8601."""
    typer.echo(json.dumps(facts, ensure_ascii=False, default=lambda moment: moment.isoformat()))


def console() -> Console:
    """As wide as its terminal. What goes into a file or a pipe is neither folded nor cut."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else UNFOLDED)


def print_table(found: Sequence[Row]) -> None:
    if not found:
        typer.echo("no alerts")
        return
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for alert in found:
        table.add_row(*_cells(alert), style=COLOURS.get(alert["severity"], "") if alert["state"] == "firing" else "")
    console().print(table)


def by_incident(found: Sequence[Row]) -> list[Row]:
    """The same, each incident in the place of its newest alert: its head, and below it the others, marked `beside`."""
    together: dict[int, list[Row]] = {}
    for alert in found:
        together.setdefault(alert["incident"] or alert["id"], []).append(alert)
    listed = []
    for id, members in together.items():
        first, *others = sorted(members, key=lambda alert: (alert["id"] != id, alert["id"]))
        listed += [first, *(alert | {"beside": True} for alert in others)]
    return listed


def print_card(alert: Row) -> None:
    """Text only, whatever the news says: no markup of theirs is obeyed."""
    out, evidence = console(), alert["evidence"]
    out.print(Text(f"Alert {alert['id']}: {about(alert)} ({alert['stream']})", style="bold"))
    out.print(Text(f"{alert['state']}, {alert['severity']}", style=COLOURS.get(alert["severity"], "")))
    for line in _people(alert):
        out.print(Text(line))
    out.print(Text(_why(alert)))
    out.print(Text(f"Scored by {alert['model_version']}; rule {alert['rule']}; {alert['fingerprint']}\n"))
    for part in printed_story.stories(evidence):
        out.print(part)
    out.print(_grid("\nHistory", map(_step, alert["history"])))


def draw(alert: Row, path: Path) -> None:
    """Draws a card's curve. Raises UserError where that cannot be: no matplotlib, no curve, no such folder."""
    try:
        from bearometer_alerts import chart  # matplotlib is slow to load, and the alert service's image has none
    except ModuleNotFoundError as error:
        raise UserError(f"--chart needs the Python package {error.name}, which is not installed here") from error
    chart.draw(alert, path)


def about(alert: Row) -> str:
    return text.about(alert["dimension"], alert["key"])


def _cells(alert: Row) -> Iterator[Text]:
    since = alert["fired_at"] or alert["pending_at"]
    figures = (str(alert["observed"]), f"{alert['expected']:.1f}", f"{alert['p_value']:.0e}")
    named = f"+ {about(alert)}" if alert.get("beside") else about(alert)
    names = (str(alert["id"]), alert["stream"], named, alert["state"], alert["severity"])
    return map(Text, (*names, _time(since), _time(alert["resolved_at"]), *figures))


def _people(alert: Row) -> Iterator[str]:
    """What people did, a line each."""
    if alert["assignee"]:
        yield f"assigned to {alert['assignee']}"
    if alert["acknowledged_by"]:
        yield f"acknowledged by {alert['acknowledged_by']} at {_time(alert['acknowledged_at'])}"
    if alert["snoozed_until"]:
        yield f"snoozed until {_time(alert['snoozed_until'])}"
    if alert["verdict"]:
        reason = f": {alert['verdict_reason']}" if alert["verdict_reason"] else ""
        yield f"judged {alert['verdict']} by {alert['verdict_by']}{reason}"


def _why(alert: Row) -> str:
    evidence = alert["evidence"]
    window = f"From {_time(_moment(evidence['since']))} to {_time(_moment(evidence['until']))}"
    found = f"{alert['observed']} negative stories, {alert['expected']:.2g} expected, of {evidence['among']} in all"
    said = f"{window}: {found}; from {evidence['sources']} sources. Chance by the baseline: {alert['p_value']:.1e}"
    if evidence.get("corrected") is not None:
        said += f", {evidence['corrected']:.1e} among so many keys"
    covered, length = evidence.get("covered"), evidence.get("window_minutes")
    return said + (f". News came in {covered['minutes']} of the {length} minutes" if covered else "")


def _step(step: Row) -> tuple[str, ...]:
    return _time(step["at"]), step["state"], step["actor"], step["note"], f"recorded {_time(step['recorded_at'])}"


def _grid(title: str, rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""
