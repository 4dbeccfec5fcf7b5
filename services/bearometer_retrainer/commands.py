"""Commands of the learning loop: `bearometer retrain`, `labels` and `models`."""

from typing import Annotated

import typer

from bearometer_retrainer import following, label_commands, model_commands, terminal

labels = typer.Typer(help="Labels: import, count and export what people say of texts.", no_args_is_help=True)
labels.command("import")(label_commands.import_file)
labels.command("stats")(label_commands.stats)
labels.command("export")(label_commands.export)

models = typer.Typer(help="Models: list, show, promote, roll back, prepare the shipped one.", no_args_is_help=True)
models.command("list")(model_commands.list_versions)
models.command("show")(model_commands.show)
models.command("promote")(model_commands.promote)
models.command("rollback")(model_commands.roll_back)
models.command("prepare")(model_commands.prepare)


def retrain(
    wait: Annotated[bool, typer.Option("--wait", help="stay until it is decided; exit 1 if it fails")] = False,
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    force_promote: Annotated[
        str | None, typer.Option(metavar="REASON", help="promote the candidate whatever the gate says")
    ] = None,
    cancel: Annotated[
        int | None, typer.Option(metavar="ID", help="end this run instead; its labels stay fresh")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the run's row")] = False,
) -> None:
    """Queues a retraining run on the fresh labels.

    Example: bearometer retrain --wait --reason "labels of the March incident"
    """
    with terminal.database() as database:
        run_id, word = (
            following.cancel(database, cancel)
            if cancel is not None
            else following.queue(database, reason, force_promote)
        )
        typer.echo(f"run {run_id} {word}", err=True)
        row = following.wait(database, run_id) if wait else following.look(database, run_id)
    if as_json:
        terminal.print_json(row)
    elif wait:
        following.print_decision(row)
    if row["state"] == "failed":
        raise typer.Exit(1)
