"""Commands of the learning loop: `bearometer retrain`, `labels` and `models`."""

from typing import Annotated

import typer

from bearometer_retrainer import (
    adjudication_commands,
    diff_command,
    following,
    label_commands,
    model_commands,
    queue_command,
    rescore_command,
    store_commands,
    terminal,
    weak_command,
)
from bearometer_shared.errors import UserError
from bearometer_shared.storage.runs import Overruling

labels = typer.Typer(
    help="Labels: what to label next; import, count, settle and export what people say; let rules label the rest.",
    no_args_is_help=True,
)
labels.command("import")(label_commands.import_file)
labels.command("stats")(label_commands.stats)
labels.command("queue")(queue_command.queue)
labels.command("skip")(queue_command.skip)
labels.command("weak")(weak_command.weak)
labels.command("export")(label_commands.export)
labels.command("disagreements")(adjudication_commands.disagreements)
labels.command("adjudicate")(adjudication_commands.adjudicate)
labels.command("agreement")(adjudication_commands.measure)

models = typer.Typer(help="Models: list, compare, promote, roll back, re-score, move, prune.", no_args_is_help=True)
models.command("list")(model_commands.list_versions)
models.command("show")(model_commands.show)
models.command("diff")(diff_command.diff)
models.command("promote")(model_commands.promote)
models.command("rollback")(model_commands.roll_back)
models.command("rescore")(rescore_command.rescore_days)
models.command("prepare")(model_commands.prepare)
models.command("prune")(store_commands.prune)
models.command("export")(store_commands.export)
models.command("import")(store_commands.import_folder)


def retrain(
    wait: Annotated[bool, typer.Option("--wait", help="stay until it is decided; exit 1 if it fails")] = False,
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    force_promote: Annotated[
        str | None, typer.Option(metavar="REASON", help="promote the candidate whatever the gate says")
    ] = None,
    force_keep: Annotated[
        str | None, typer.Option(metavar="REASON", help="keep the champion whatever the gate says")
    ] = None,
    cancel: Annotated[
        int | None, typer.Option(metavar="ID", help="end this run instead; its labels stay fresh")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the run's row")] = False,
) -> None:
    """Queues a retraining run on the fresh labels.

    Example: bearometer retrain --wait --reason "labels of the March incident"
    """
    overruling = _overruling(force_promote, force_keep)
    with terminal.database() as database:
        run_id, word = (
            following.cancel(database, cancel) if cancel is not None else following.queue(database, reason, overruling)
        )
        typer.echo(f"run {run_id} {word}", err=True)
        row = following.wait(database, run_id) if wait else following.look(database, run_id)
    if as_json:
        terminal.print_json(row)
    elif wait:
        following.print_decision(row)
    if row["state"] == "failed":
        raise typer.Exit(1)


def _overruling(promote: str | None, keep: str | None) -> Overruling | None:
    if promote is not None and keep is not None:
        raise UserError("--force-promote and --force-keep: which of the two?")
    for option, reason in (("--force-promote", promote), ("--force-keep", keep)):
        if reason is not None and not reason.strip():
            raise UserError(f"{option}: say why")
        if reason is not None:
            return Overruling(option == "--force-promote", reason)
    return None
