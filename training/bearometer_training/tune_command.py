"""`bearometer tune`: labelled rows in, the training settings that suit them out."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bearometer_training import settings
from bearometer_training.reporting import AsJson

if TYPE_CHECKING:  # these load torch, which `--help` never needs
    from optuna import Study
    from optuna.trial import FrozenTrial

    from bearometer_training.tune import After, Watch

BEST, HISTORY = "best.toml", "history.png"


def tune(
    train_files: Annotated[list[Path], typer.Option("--train", metavar="F", help="labelled JSON Lines; repeatable")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="folder for the study; a search cut off there goes on")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[F]...", help="further training files")] = None,
    eval_file: Annotated[
        Path | None,
        typer.Option("--eval", metavar="F", help="rows for the final judgement: kept out; default: a held-out tenth"),
    ] = None,
    base: Annotated[str, typer.Option(help="a folder, a hub name, or the default")] = "all-MiniLM-L6-v2",
    recipe: Annotated[str | None, typer.Option(help="full, head, adapter, lora, adalora, prefix or prompt")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="settings to start from, as TOML")] = None,
    trials: Annotated[int, typer.Option(min=1, help="how many in all, those of a resumed search included")] = 20,
    minutes: Annotated[float | None, typer.Option(min=0, help="begin no further trial after this long")] = None,
    as_json: AsJson = False,
) -> None:
    """Searches the settings with which a base learns best from labelled rows, for `bearometer train --config`.

    Trials are compared on a tenth of the training rows, by the mean macro-F1 of the heads that the rows for the final
    judgement have labels for. Those rows stay unseen. The first trial is the settings that the search starts from.

    Example: bearometer tune --train labels.jsonl --eval held-out.jsonl --recipe lora --trials 30 --out my-search
    """
    from bearometer_training import base as bases
    from bearometer_training import model, tune, tune_report
    from bearometer_training.plan import Plan, claim, rows

    start = settings.from_file(config) if config else settings.Settings()
    start = replace(start, recipe=recipe) if recipe else start
    found, judging = rows([*train_files, *(more or [])], eval_file)
    claim(out, Plan(base, start, [*found, *judging], judging))
    taught, measuring, heads = tune.divide(found, judging)
    source = bases.locate(base)
    reader = model.reader(source, start.max_tokens, start.mark_figures)
    task = tune.Task(lambda: model.build(source), reader, taught, measuring, heads, start)
    with tune.opened(out) as study:
        with _bars(trials, lambda: tune_report.keep(study, task, out / BEST)) as (watch, after):
            tune.search(study, task, trials, math.inf if minutes is None else minutes * 60, watch, after)
        facts = tune_report.facts(study, task)
        tune_report.draw(study, out / HISTORY)
    facts |= {"config": str(out / BEST), "history": str(out / HISTORY)}
    typer.echo(json.dumps(facts) if as_json else tune_report.told(facts))


@contextmanager
def _bars(trials: int, keep: Callable[[], None]) -> "Iterator[tuple[Watch, After]]":
    """A bar for the search and one for the trial that runs; `keep` is called after each trial."""
    from bearometer_training.tune import ended, ranking

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        search = bar.add_task("search", total=trials, told="")
        run = bar.add_task("trial", total=None, told="")

        def watch(number: int, at: settings.Progress) -> None:
            told = f"{at.step}/{at.steps} loss {at.loss:.2f}, {at.remaining:.0f} s left"
            bar.update(run, description=f"trial {number}", completed=at.step, total=at.steps, told=told)

        def after(study: "Study", trial: "FrozenTrial") -> None:
            keep()
            done, best = len(ended(study)), "".join(f" best {best.value:.4f}" for best in ranking(study)[:1])
            bar.update(search, completed=done, told=f"{done}/{trials}{best}")

        yield watch, after
