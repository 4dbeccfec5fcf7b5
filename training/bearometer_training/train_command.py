"""`bearometer train`: labelled rows in, a sealed artifact out."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bearometer_shared.errors import UserError
from bearometer_shared.inference import artifact
from bearometer_training import loading, settings
from bearometer_training.base import DEFAULT
from bearometer_training.reporting import AsJson, print_metrics

CHAMPION = Path("champion")


def train(
    train_files: Annotated[list[Path], typer.Option("--train", metavar="F", help="labelled JSON Lines; repeatable")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="folder for the artifact; a run cut off there goes on")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[F]...", help="further training files")] = None,
    eval_file: Annotated[
        Path | None, typer.Option("--eval", metavar="F", help="labelled rows to judge by; default: a held-out tenth")
    ] = None,
    base: Annotated[str, typer.Option(help="a folder, a hub name, or the default")] = DEFAULT,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="an artifact to train further, or `champion`, instead of a base and fresh heads",
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="settings as TOML; options override it")] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="an artifact to distil from; several are averaged")
    ] = None,
    unlabelled: Annotated[
        list[Path] | None, typer.Option(metavar="F", help="news that only the teachers speak of; plain or gzipped")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="full, head, adapter, lora, adalora, prefix or prompt")] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    batch: Annotated[int | None, typer.Option(min=1)] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0, help="peak learning rate, but for the heads of an encoder that learns; default: the recipe's own"
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """Fine-tunes a base on labelled rows (any of sentiment, topic, entities) and writes a sealed artifact.

    Example: bearometer train --train sentiment.jsonl topic.jsonl --eval held-out.jsonl --recipe lora --out my-model
    """
    from bearometer_training import (
        fitting,
        placing,
        pretrain_news,
        showing,
    )  # loads torch, which the other commands never need
    from bearometer_training.plan import Plan, claim, rows

    given = {"recipe": recipe, "epochs": epochs, "batch": batch, "rate": rate, "seed": seed}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if start and base != DEFAULT:
        raise UserError(f"--base {base}: with --from the base is that of the artifact")
    start = loading.shipped() if start == CHAMPION and not start.is_dir() else start
    origin = artifact.verify(start) if start else None
    default = settings.further(origin) if origin else settings.Settings()
    how = replace(settings.from_file(config, default) if config else default, **chosen)
    if unlabelled and not teacher:
        raise UserError("--unlabelled: texts without labels teach nothing without a --teacher")
    titles = [document[0] for document in pretrain_news.read(unlabelled or [])]
    judged = rows([*train_files, *(more or [])], eval_file)
    plan = Plan(origin.base.name if origin else base, how, *judged, teacher or [], list(dict.fromkeys(titles)), start)
    with placing.one_first():
        claim(out, plan)
    with showing.progress(out) as reports:
        manifest = fitting.fit(plan, out, reports)
    if manifest:
        print_metrics(manifest.metrics["eval"], as_json, version=manifest.version, out=str(out))
