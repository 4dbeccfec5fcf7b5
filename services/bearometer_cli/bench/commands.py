"""The command `bearometer bench NAME`."""

import json
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FILE = Path("../shared/data/reuters1987/feb-jun.jsonl.gz")


def bench(
    name: Annotated[str, typer.Argument(help="pipeline")],
    items: Annotated[int, typer.Option(help="how many headlines")] = 5000,
    file: Annotated[Path, typer.Option(help="news as JSON Lines, plain or gzipped")] = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Measures ours, the plain way and the machine's ceiling in one run, on servers of its own.

    Example: bearometer bench pipeline --json
    """
    from bearometer_cli.bench import headlines
    from bearometer_cli.bench.pipeline import pipeline
    from bearometer_cli.bench.rig import rig
    from bearometer_shared.errors import UserError

    if name != "pipeline":
        raise UserError(f"no benchmark {name!r}; there is: pipeline")
    news = headlines.read(file, items)
    typer.echo("starting servers and preparing the model", err=True)
    with rig() as made:
        figures = pipeline(made, news, lambda line: typer.echo(line, err=True))
    typer.echo(json.dumps(figures) if as_json else "\n".join(f"{key:18} {value}" for key, value in figures.items()))
