"""`bearometer evaluate`: how good a model is, by its labels and by its behaviour."""

import time
from pathlib import Path
from typing import Annotated

import typer

from bearometer_shared.errors import UserError
from bearometer_training.behaviour import runner
from bearometer_training.data import read, split
from bearometer_training.evaluate import evaluate as measure
from bearometer_training.loading import Model, loaded
from bearometer_training.reporting import AsJson, print_metrics


def evaluate(
    data: Annotated[Path, typer.Option(metavar="F", help="labelled JSON Lines")],
    model: Model = None,
    held_out: Annotated[bool, typer.Option("--held-out", help="only the tenth that training never saw")] = False,
    with_behaviour: Annotated[bool, typer.Option("--behaviour/--no-behaviour", help="run the behaviour tests")] = True,
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="draw confusion and calibration, PNG")] = None,
    as_json: AsJson = False,
) -> None:
    """Measures a model: accuracy, F1, confusion and calibration of each head, behaviour tests, items a second.

    Example: bearometer evaluate --data labels.jsonl --held-out --plots pictures
    """
    rows, engine = read(data), loaded(model)
    rows = split(rows)[1] if held_out else rows
    started = time.perf_counter()
    if not (metrics := measure(engine, rows)):
        raise UserError(f"{data}: no row carries a label")
    rate = sum(report["n"] for report in metrics.values()) / (time.perf_counter() - started)
    if plots:
        from bearometer_training.plots import draw  # matplotlib is slow to load

        draw(metrics, plots)
    passed = runner.run(engine) if with_behaviour else None
    print_metrics(metrics, as_json, passed, version=engine.version, rate=round(rate, 1))
