"""`bearometer channels`: where people hear of alerts, and whether that works."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:  # what follows a channel's type loads much
    from bearometer_alerts.channels import Configured

channels = typer.Typer(help="Channels: where people hear of alerts, and whether it works.", no_args_is_help=True)
NOTHING = {"waiting": 0, "delivered": 0, "given_up": 0, "last_error": ""}


@channels.command("list")
def list_channels(as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False) -> None:
    """Lists channels: where each goes, what it wants, what waits for it and what was given up, of the last 30 days.

    Example: bearometer channels list
    """
    from bearometer_alerts import printing
    from bearometer_alerts.channels import configured
    from bearometer_shared.settings import settings
    from bearometer_shared.storage import disabled_channels, outbox

    known = {one.channel.name: _facts(one) for one in configured(settings())}
    with printing.transaction() as connection:
        counts, reasons = outbox.summary(connection), disabled_channels.reasons(connection)
    gone = {name: {"name": name, "type": "", "to": "not configured any more"} for name in counts if name not in known}
    found = [
        facts | counts.get(name, NOTHING) | {"disabled": reasons.get(name, "")}
        for name, facts in (known | gone).items()
    ]
    if as_json:
        printing.print_json({"items": found})
    else:
        typer.echo("\n".join(map(_line, found)))


@channels.command("test")
def test_channel(name: Annotated[str, typer.Argument(help="the channel's name, as in the list")]) -> None:
    """Sends a notification that is marked as a test, now, and says whether it was taken; why not, with exit code 1.

    Example: bearometer channels test desk
    """
    from bearometer_alerts.channels import configured
    from bearometer_alerts.sample import sample
    from bearometer_shared.clock import SystemClock
    from bearometer_shared.errors import BearometerError, UserError
    from bearometer_shared.settings import settings

    known = {one.channel.name: one.channel for one in configured(settings())}
    if name not in known:
        raise UserError(f"no channel {name}; there are {', '.join(known)}")
    now = SystemClock().now()
    notification = sample(name, now)
    try:
        known[name].deliver([notification], now)
    except BearometerError as error:
        raise BearometerError(f"channel {name}: {error}") from error
    typer.echo(f"channel {name}: taken, notification {notification.id}")


@channels.command("enable")
def enable_channel(name: Annotated[str, typer.Argument(help="the channel's name, as in the list")]) -> None:
    """Sends to a channel again that was disabled because its receiver answered 410 Gone. What was given up stays so.

    Example: bearometer channels enable desk
    """
    from bearometer_alerts import printing
    from bearometer_shared.errors import UserError
    from bearometer_shared.storage import disabled_channels

    with printing.transaction() as connection:
        if not disabled_channels.enable(connection, name):
            raise UserError(f"channel {name} is not disabled; `bearometer channels list` shows which ones are")
    typer.echo(f"channel {name}: enabled")


def _facts(one: "Configured") -> dict[str, Any]:
    wants = one.subscription.model_dump(
        mode="json", by_alias=True, include={"severities", "dimensions", "keys", "quiet", "digest"}
    )
    return {"name": one.channel.name, "type": one.type, "to": one.to, **wants}


def _line(row: dict[str, Any]) -> str:
    counts = f"{row['waiting']} waiting, {row['delivered']} delivered, {row['given_up']} given up"
    failed = f"; last error: {row['last_error']}" if row["last_error"] else ""
    stopped = f"; disabled: {row['disabled']}" if row["disabled"] else ""
    return f"{row['name']:<16} {row['type']:<12} {row['to']:<32} {counts}{failed}{stopped}"
