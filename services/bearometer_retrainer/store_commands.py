"""`bearometer models prune`, `export` and `import`: artifacts out of the store, and into it."""

from pathlib import Path
from typing import Annotated

import typer

from bearometer_retrainer import pruning, terminal
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import read_manifest
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import settings
from bearometer_shared.storage import models
from bearometer_shared.storage import pruning as prunable

AsJson = Annotated[bool, typer.Option("--json", help="print one object")]


def prune(
    keep: Annotated[
        int | None, typer.Option(min=1, help="newest models that stay; default: BEAROMETER_KEEP_MODELS")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say which would go")] = False,
    as_json: AsJson = False,
) -> None:
    """Removes the files of old models, as the daily clean-up does; their rows and figures stay.

    Never of what serves, what served before it, or a parent of either; nothing while a run is active.

    Example: bearometer models prune --keep 3
    """
    count = keep or settings().keep_models
    with terminal.database() as database:
        if dry_run:
            with terminal.transaction() as connection:
                gone = prunable.prunable(connection, count)
        else:
            gone = pruning.prune(database, Store(settings()), count, SystemClock().now())
    if as_json:
        terminal.print_json({"removed": gone, "dry_run": dry_run})
        return
    verb = "would be removed" if dry_run else "removed"
    typer.echo(f"{len(gone)} models {verb}" + (f": {', '.join(gone)}" if gone else ""))


def export(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="a new or empty folder")],
    version: Annotated[str | None, typer.Option(help="default: the champion")] = None,
    as_json: AsJson = False,
) -> None:
    """Writes a model as a folder in the manner of Hugging Face: config, safetensors, tokenizer, model card, and our
    artifact beside them, which `models import` takes.

    Example: bearometer models export my-model --version 3f2a9c10d4e5
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists and is not an empty folder")
    with terminal.transaction() as connection:
        champion = models.champion(connection)
        wanted = version or (champion.version if champion else None)
        row = models.get(connection, wanted) if wanted else None
    if row is None:
        raise UserError(f"no model version {wanted or 'serves yet'}; `bearometer models list` shows them")
    from bearometer_training import folder  # loads torch, which the other commands never need

    notes = folder.write(Store(settings()).fetch(row["location"]), out)
    if as_json:
        terminal.print_json({"version": wanted, "out": str(out), "notes": notes})
        return
    typer.echo(f"model {wanted} written to {out}" + "".join(f"; {note}" for note in notes))


def import_folder(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="a folder that `models export` wrote, or an artifact")],
    as_json: AsJson = False,
) -> None:
    """Checks a model folder and registers it; it serves after `models promote`.

    Refused: pickled weights, files that are not the manifest's, a model that does not answer as its manifest says.

    Example: bearometer models import my-model
    """
    from bearometer_training import importing  # the model runtime, which the other commands never need

    with importing.checked(source) as folder:
        manifest = read_manifest(folder)
        location = Store(settings()).put(folder, manifest.version)
    with terminal.transaction() as connection:
        known = models.get(connection, manifest.version) is not None
        models.register(connection, manifest, location)
    if as_json:
        terminal.print_json({"version": manifest.version, "known": known})
        return
    words = "registered already" if known else "registered; `bearometer models promote` has it serve"
    typer.echo(f"model {manifest.version} is {words}")
