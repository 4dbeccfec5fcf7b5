"""`bearometer models`: the registry, and moving the champion pointer."""

import json
from collections.abc import Iterator
from getpass import getuser
from typing import Annotated, Any

import typer

from bearometer_retrainer import terminal
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import read_manifest
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import settings
from bearometer_shared.storage import drifts, models, runs
from bearometer_training import champion

Version = Annotated[str, typer.Argument(help="a version, as `bearometer models list` shows it")]
Reason = Annotated[str, typer.Option(help="why, for the record")]
LISTED = ("eval", "golden", "fresh")  # of the sets that a version was judged on
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]


def list_versions(as_json: AsJson = False) -> None:
    """Lists the registered versions, newest first, what each scorer serves, and whether a stream drifts from what the
    champion knows.

    Example: bearometer models list
    """
    with terminal.transaction() as connection:
        found = {"models": models.listing(connection), "servers": models.servers(connection)}
        serving = models.champion(connection)
        found["drifts"] = drifts.newest(connection, serving.version) if serving else []
    if as_json:
        terminal.print_json(found)
        return
    for row in found["models"]:
        typer.echo(_line(row))
    for server in found["servers"]:
        typer.echo(f"{server['instance']} serves {server['version']} {server['error']}".rstrip())
    for row in found["drifts"]:
        typer.echo(f"stream {row['stream']} on {row['day']}: {row['reason'] or _calm(row['figures'])}")


def show(version: Version, as_json: AsJson = False) -> None:
    """Shows one version: its lineage, data, code, settings and figures, what the gate said, and who promoted it.

    Example: bearometer models show 3f2a9c10d4e5
    """
    with terminal.transaction() as connection:
        row = models.get(connection, version)
        lineage = models.lineage(connection, version)
        run = runs.get(connection, row["run_id"]) if row and row["run_id"] else None
    if row is None:
        raise UserError(f"no model version {version}; `bearometer models list` shows them")
    row |= {"lineage": lineage, "decision": run and run["decision"]}
    if as_json:
        terminal.print_json(row)
        return
    for name, value in _facts(row):
        typer.echo(f"{name:14} {value}")


def _facts(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Where a version comes from, what it is, how it did, and who had it serve when."""
    manifest = row["manifest"]
    yield "version", row["version"]
    yield "lineage", " <- ".join(row["lineage"])
    yield "made", f"{row['created_at']:%Y-%m-%d %H:%M:%S}" + (f" by run {row['run_id']}" if row["run_id"] else "")
    yield "location", row["location"] + (f", removed {row['pruned_at']:%Y-%m-%d}" if row["pruned_at"] else "")
    for name in ("base", "recipe", "data_snapshot", "code", "serve"):
        yield name, manifest.get(name) or "unknown"
    trained = _fields(manifest["metrics"].get("settings"))
    yield "settings", ", ".join(f"{name} {value}" for name, value in trained.items()) or "unknown"
    for line in _accuracies(manifest["metrics"]):
        yield "figures", line
    if row["decision"]:
        yield "decided", row["decision"]
    for move in row["promotions"]:
        yield "promoted", f"{move['at']:%Y-%m-%d %H:%M:%S} by {move['actor']}: {move['reason']}"


def promote(version: Version, reason: Reason, as_json: AsJson = False) -> None:
    """Makes a version the champion; scorers switch to it within seconds.

    Example: bearometer models promote 3f2a9c10d4e5 --reason "better on the March labels"
    """
    _move(version, reason, as_json)


def roll_back(reason: Reason, as_json: AsJson = False) -> None:
    """Makes the champion what it was before the last promotion.

    Example: bearometer models rollback --reason "misreads profit warnings"
    """
    with terminal.transaction() as connection:
        version = models.previous(connection)
    if version is None:
        raise UserError("no model served before this one")
    _move(version, f"rollback: {reason}", as_json)


def prepare(as_json: AsJson = False) -> None:
    """Makes the shipped model ready to serve; the champion too, where there is none yet.

    Example: bearometer models prepare
    """
    manifest = read_manifest(champion.ensure(settings(), lambda line: typer.echo(line, err=True)))
    with terminal.transaction() as connection:
        models.register(connection, manifest, manifest.version)
        if models.champion(connection) is None:
            now = SystemClock().now()
            models.promote(connection, manifest.version, actor="bearometer", reason="shipped with the release", at=now)
        serving = models.champion(connection)
    facts = {"version": manifest.version, "champion": serving and serving.version}
    words = f"model {manifest.version} is ready; champion: {facts['champion']}"
    typer.echo(json.dumps(facts) if as_json else words)


def _move(version: str, reason: str, as_json: bool) -> None:
    """Only an artifact that the store gives whole is promoted."""
    if not reason.removeprefix("rollback:").strip():
        raise UserError("--reason: say why")
    with terminal.transaction() as connection:
        row = models.get(connection, version)
        if row is not None:
            Store(settings()).fetch(row["location"])
        moved = models.promote(connection, version, actor=getuser(), reason=reason, at=SystemClock().now())
    facts = {"champion": version, "moved": moved}
    words = f"{version} is the champion" + ("" if moved else " already")
    typer.echo(json.dumps(facts) if as_json else words)


def _calm(figures: dict[str, Any]) -> str:
    return "no drift" if "answers" in figures else "too few days to test for drift"


def _line(row: dict[str, Any]) -> str:
    mark = "champion" if row["champion"] else "removed" if row["pruned_at"] else ""
    judged = {name: heads for name, heads in row["manifest"]["metrics"].items() if name in LISTED}
    figures = "; ".join(_accuracies(judged))
    return f"{row['version']}  {row['created_at']:%Y-%m-%d %H:%M}  {mark:8}  {figures}".rstrip()


def _accuracies(metrics: dict[str, Any]) -> Iterator[str]:
    """A line for each set that the version was judged on."""
    for name, heads in metrics.items():
        found = {head: report["accuracy"] for head, report in _fields(heads).items() if "accuracy" in _fields(report)}
        if found:
            yield f"{name}: " + ", ".join(f"{head} {accuracy:.3f}" for head, accuracy in found.items())


def _fields(report: Any) -> dict[str, Any]:
    return report if isinstance(report, dict) else {}
