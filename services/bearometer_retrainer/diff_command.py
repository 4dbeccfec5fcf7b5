"""`bearometer models diff`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bearometer_retrainer import comparing, terminal
from bearometer_shared.errors import UserError
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import settings
from bearometer_shared.storage import models
from bearometer_training import data


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="a version, as `bearometer models list` shows it")],
    second: Annotated[str, typer.Argument(metavar="B", help="another one")],
    file: Annotated[
        Path | None, typer.Option("--data", metavar="F", help="JSON Lines, labelled or not; default: the golden rows")
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="how many texts with another label to show")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Compares two versions: how they were made, figures, differences with 95 % intervals, texts with another label.

    Example: bearometer models diff 88e51729d318 3f2a9c10d4e5 --data march.jsonl
    """
    from bearometer_shared.inference.engine import Engine  # the model runtime, which the other commands never need

    rows = data.read(file or data.GOLDEN)
    if not rows:
        raise UserError(f"{file}: no rows")
    found = [_registered(version) for version in (first, second)]
    engines = [Engine.load(Store(settings()).fetch(row["location"])) for row in found]
    manifests = [row["manifest"] for row in found]
    made = {"made": comparing.differing(*manifests), "figures": comparing.figures(*manifests)}
    facts = {"first": first, "second": second} | made | comparing.compared(engines, rows)
    facts["examples"] = facts["examples"][:examples]
    terminal.print_json(facts) if as_json else _print(facts)


def _registered(version: str) -> dict[str, Any]:
    with terminal.transaction() as connection:
        row = models.get(connection, version)
    if row is None:
        raise UserError(f"no model version {version}; `bearometer models list` shows them")
    if row["pruned_at"]:
        raise UserError(f"model {version}: its files were removed on {row['pruned_at']:%Y-%m-%d}")
    return row


def _print(facts: dict[str, Any]) -> None:
    typer.echo(f"{'':40} {facts['first']:>14} {facts['second']:>14}")
    for name, pair in facts["figures"].items():
        typer.echo(f"{name:40} " + " ".join(f"{'' if value is None else round(value, 4):>14}" for value in pair))
    for name, (was, now) in facts["made"].items():
        typer.echo(f"made with another {name}: {was}, then {now}")
    for part in facts["differences"]:
        interval = f"[{part['low']:+.3f}, {part['high']:+.3f}]"
        typer.echo(f"{part['slice']:40} {part['before']:14.3f} {part['after']:14.3f}  {interval}  n {part['n']}")
    typer.echo(f"{facts['changed']} of {facts['answers']} answers changed")
    for one in facts["examples"]:
        label = f" (label {one['label']})" if one["label"] else ""
        typer.echo(f"  {one['was']} -> {one['now']}{label}: {one['text']}")
