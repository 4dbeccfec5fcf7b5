"""The command `bearometer bench NAME`."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_FILE = Path("../shared/data/reuters1987/feb-jun.jsonl.gz")
HEADLINES_A_LEAD = 5
Say = Callable[[str], None]


def bench(
    name: Annotated[str, typer.Argument(help="pipeline or score")],
    items: Annotated[
        int | None, typer.Option(min=50, help="how many headlines; default: pipeline 5000, score 1000")
    ] = None,
    file: Annotated[Path, typer.Option(help="news as JSON Lines, plain or gzipped")] = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Measures ours, the plain way and the machine's ceiling in one run; `pipeline` on servers of its own.

    Example: bearometer bench score --json
    """
    from bearometer_shared.errors import UserError

    benches = {"pipeline": (_pipeline, 5000), "score": (_score, 1000)}
    if name not in benches:
        raise UserError(f"no benchmark {name!r}; there are: {', '.join(benches)}")
    run, usual = benches[name]
    figures = run(file, items or usual, lambda line: typer.echo(line, err=True))
    typer.echo(json.dumps(figures) if as_json else "\n".join(f"{key:28} {value}" for key, value in figures.items()))


def _pipeline(file: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import headlines
    from bearometer_cli.bench.pipeline import pipeline
    from bearometer_cli.bench.rig import rig

    news = headlines.read(file, items)
    say("starting servers and preparing the model")
    with rig() as made:
        return pipeline(made, news, say)


def _score(file: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import headlines
    from bearometer_shared.settings import settings

    titles = [item.title for item in headlines.read(file, items)]
    leads = headlines.leads(file, items // HEADLINES_A_LEAD)
    from bearometer_cli.bench.score import score  # loads torch, which a wrong --file need not wait for
    from bearometer_training import champion

    threads = settings().threads or len(os.sched_getaffinity(0))
    return score(champion.ensure(settings(), say), titles, leads, threads, say)
