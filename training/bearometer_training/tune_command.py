"""`bearometer tune`: labelled rows in, the training settings that suit them out."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bearometer_shared.errors import UserError
from bearometer_training import settings
from bearometer_training.reporting import AsJson

if TYPE_CHECKING:  # these load torch, which `--help` never needs
    from optuna import Study
    from optuna.trial import FrozenTrial

    from bearometer_training.tune import After, Task, Watch

BEST, HISTORY = "best.toml", "history.png"
SHOWN = 5  # of the best trials


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
    from bearometer_training import model, tune
    from bearometer_training.plan import Plan, claim, rows

    start = settings.from_file(config) if config else settings.Settings()
    start = replace(start, recipe=recipe) if recipe else start
    found, judging = rows([*train_files, *(more or [])], eval_file)
    claim(out, Plan(base, start, [*found, *judging], judging))
    taught, measuring, heads = tune.divide(found, judging)
    source = bases.locate(base)
    tokenizer = model.tokenizer(source, start.max_tokens)
    task = tune.Task(lambda: model.build(source), tokenizer, taught, measuring, heads, start)
    with tune.opened(out) as study:
        with _bars(trials, lambda: _keep(study, task, out / BEST)) as (watch, after):
            tune.search(study, task, trials, math.inf if minutes is None else minutes * 60, watch, after)
        facts = _facts(study, task)
        draw(study, out / HISTORY)
    facts |= {"config": str(out / BEST), "history": str(out / HISTORY)}
    typer.echo(json.dumps(facts) if as_json else _told(facts))


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


def _keep(study: "Study", task: "Task", path: Path) -> None:
    """Writes the best settings so far: a search that is cut off leaves them."""
    from bearometer_training.tune import proposed, ranking

    for best in ranking(study)[:1]:
        why = f"# trial {best.number}: {best.value:.4f}, the mean macro-F1 of {', '.join(task.heads)}\n"
        path.write_text(why + toml(proposed(best, task.start)))


def toml(found: settings.Settings) -> str:
    """Settings as `settings.from_file` reads them; numbers and plain strings are written alike in TOML and JSON."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in asdict(found).items())


def _facts(study: "Study", task: "Task") -> dict[str, Any]:
    """What the search found. Raises UserError where no trial reached its end."""
    from bearometer_training.tune import ended, proposed, ranking

    counted, ranked = ended(study), ranking(study)
    if not ranked:
        raise UserError(f"none of {len(counted)} trials reached its end; start from a lower rate or a smaller batch")
    best = [{"trial": trial.number, "score": trial.value, "settings": trial.params} for trial in ranked]
    return {
        "trials": len(counted),
        "pruned": len(counted) - len(ranked),
        "heads": list(task.heads),
        "rows": {"taught": len(task.taught), "measured": len(task.measuring)},
        "start": next((trial.value for trial in ranked if trial == counted[0]), None),
        "best": best[0] | {"settings": asdict(proposed(ranked[0], task.start))},
        "ranking": best,
    }


def _told(facts: dict[str, Any]) -> str:
    """A table of the best trials, and where their settings are."""
    names = list(facts["ranking"][0]["settings"])
    rows = [["trial", "score", *names]]
    for row in facts["ranking"][:SHOWN]:
        rows.append([str(row["trial"]), f"{row['score']:.4f}", *(f"{row['settings'][name]:.3g}" for name in names)])
    rule = f"mean macro-F1 of {', '.join(facts['heads'])} on {facts['rows']['measured']} rows held out for the search"
    lines = [
        f"{facts['trials']} trials, {facts['pruned']} of them pruned; score: {rule}",
        *("".join(f"{cell:>10}" for cell in row) for row in rows),
        f"the settings it started from: {'pruned' if facts['start'] is None else format(facts['start'], '.4f')}",
        f"best settings in {facts['config']}, history in {facts['history']}",
        f"next: bearometer train --config {facts['config']}, with the same --train, --eval and --base",
    ]
    return "\n".join(lines)


def draw(study: "Study", path: Path) -> None:
    """The history as a picture: the score of each trial, the best so far, and the last score of those pruned."""
    from matplotlib.figure import Figure

    from bearometer_training.tune import ended, ranking

    whole = sorted(ranking(study), key=lambda trial: trial.number)
    pruned = [trial for trial in ended(study) if trial not in whole and trial.value is not None]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    best = list(accumulate((trial.value or 0.0 for trial in whole), max))
    axes.step([trial.number for trial in whole], best, where="post", color="grey", linewidth=1, label="best so far")
    for trials, name, marker in ((whole, "trial", "o"), (pruned, "pruned", "x")):
        places = [trial.number for trial in trials], [trial.value or 0.0 for trial in trials]
        axes.scatter(*places, marker=marker, label=name)
    axes.set(xlabel="trial", ylabel="mean macro-F1 on held-out rows")
    axes.legend()
    figure.savefig(path, dpi=120)
