"""`bearometer alerts ack`, `assign` and the like: what people do with an alert. Each step stays in its history."""

from enum import StrEnum
from getpass import getuser
from typing import Annotated

import typer

from bearometer_alerts.until import HELP, until
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.text import clean
from bearometer_shared.triage import MOVES, Ask

Id = Annotated[int, typer.Argument(help="the alert's number, as in the list")]
By = Annotated[str, typer.Option(help="who does it", default_factory=getuser, show_default="you")]
Note = Annotated[str, typer.Option(help="why; it stays in the history")]
AsJson = Annotated[bool, typer.Option("--json", help="print the alert as it is then, as one object")]


class Verdict(StrEnum):
    """What an alert was worth, as an argument's choices."""

    true = "true"
    false = "false"
    not_useful = "not_useful"


def acknowledge(id: Id, by: By, note: Note = "", as_json: AsJson = False) -> None:
    """Takes an alert in hand: people are told again only if it gets worse.

    Example: bearometer alerts ack 12 --note "calling the bank"
    """
    _act(id, Ask("acknowledge", _said("--by", by), clean(note)), as_json)


def assign(
    id: Id,
    to: Annotated[str, typer.Argument(help="whose it is; an empty text gives it back")],
    by: By,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Gives an alert to somebody.

    Example: bearometer alerts assign 12 ben
    """
    _act(id, Ask("assign", _said("--by", by), clean(note), assignee=clean(to)), as_json)


def snooze(
    id: Id, till: Annotated[str, typer.Argument(help=HELP)], by: By, note: Note = "", as_json: AsJson = False
) -> None:
    """Keeps an alert from people for a while; they are told again if it still fires then.

    Example: bearometer alerts snooze 12 4h
    """
    _act(id, Ask("snooze", _said("--by", by), clean(note), until=until(till, SystemClock().now())), as_json)


def note(id: Id, words: Annotated[str, typer.Argument()], by: By, as_json: AsJson = False) -> None:
    """Adds words to an alert's history.

    Example: bearometer alerts note 12 "the regulator denies it"
    """
    _act(id, Ask("note", _said("--by", by), _said("WORDS", words)), as_json)


def verdict(
    id: Id,
    said: Annotated[Verdict, typer.Argument(help="was it right?")],
    reason: Annotated[str, typer.Option(help="why")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Says whether an alert was right. The newest verdict counts; it is a label.

    Example: bearometer alerts verdict 12 false --reason "one story, told by five sources"
    """
    _act(id, Ask("verdict", _said("--by", by), _said("--reason", reason), verdict=said.value), as_json)


def resolve(id: Id, by: By, note: Note = "", as_json: AsJson = False) -> None:
    """Closes an alert. It does not come back from the same news; a new spike is a new alert.

    Example: bearometer alerts resolve 12 --note "a test of the feed"
    """
    _act(id, Ask("resolve", _said("--by", by), clean(note)), as_json)


def reopen(id: Id, by: By, note: Note = "", as_json: AsJson = False) -> None:
    """Opens a resolved alert again: it is not over.

    Example: bearometer alerts reopen 12
    """
    _act(id, Ask("reopen", _said("--by", by), clean(note)), as_json)


def _said(name: str, words: str) -> str:
    if not (cleaned := clean(words)):
        raise UserError(f"{name}: says nothing")
    return cleaned


def _act(id: int, ask: Ask, as_json: bool) -> None:
    from bearometer_alerts import printing
    from bearometer_shared.storage import alerts, triage

    with printing.transaction() as connection:
        if not triage.act(connection, id, ask, SystemClock().now()):
            raise UserError(f"no alert {id}; `bearometer alerts list` shows what there is")
        alert = alerts.get(connection, id)
    if as_json:
        printing.print_json(alert)
    else:
        typer.echo(f"alert {id} {MOVES[ask.action].step} by {ask.actor}")
