"""Commands about models as files: `bearometer train`, `evaluate` and `score`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.settings import settings
from bearometer_shared.text import clean, model_text
from bearometer_training import champion
from bearometer_training.data import read
from bearometer_training.evaluate import evaluate as measure

Model = Annotated[Path | None, typer.Option(metavar="DIR", help="an artifact folder; default: the shipped champion")]
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]


def train(
    train_files: Annotated[list[Path], typer.Option("--train", metavar="F", help="labelled JSON Lines; repeatable")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="a new folder for the artifact")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[F]...", help="further training files")] = None,
    eval_file: Annotated[
        Path | None, typer.Option("--eval", metavar="F", help="labelled rows to judge by; default: a held-out tenth")
    ] = None,
    base: Annotated[str, typer.Option(help="a folder, a hub name, or the default")] = "all-MiniLM-L6-v2",
    epochs: Annotated[int, typer.Option(min=1)] = 3,
    batch: Annotated[int, typer.Option(min=1)] = 32,
    rate: Annotated[float, typer.Option(min=0, help="peak learning rate")] = 1e-4,
    seed: Annotated[int, typer.Option()] = 17,
    as_json: AsJson = False,
) -> None:
    """Fine-tunes a base on labelled rows and writes a sealed artifact.

    Example: bearometer train --train sentiment.jsonl topic.jsonl --eval held-out.jsonl --out my-model
    """
    from bearometer_training import fitting  # loads torch, which the other commands never need

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"--out {out}: exists already; name a new folder")
    rows, judging = fitting.rows([*train_files, *(more or [])], eval_file)
    with fitting.progress() as report:
        recipe = fitting.Recipe(epochs=epochs, batch=batch, rate=rate, seed=seed)
        manifest = fitting.fit(rows, judging, base, recipe, out, report)
    _print_metrics(manifest.metrics["eval"], as_json, version=manifest.version, out=str(out))


def evaluate(
    data: Annotated[Path, typer.Option(metavar="F", help="labelled JSON Lines")],
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Measures a model on labelled rows: accuracy, F1 and calibration of each head.

    Example: bearometer evaluate --data held-out.jsonl
    """
    rows, engine = read(data), _engine(model)
    if not (metrics := measure(engine, rows)):
        raise UserError(f"{data}: no row carries a label")
    _print_metrics(metrics, as_json, version=engine.version)


def score(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...")], model: Model = None, as_json: AsJson = False
) -> None:
    """Scores texts: sentiment, signed score in [-1, 1], and topic.

    Example: bearometer score "Hartwell Bank halts withdrawals after run on deposits"
    """
    engine = _engine(model)
    for text, found in zip(texts, engine.score([model_text(clean(text)) for text in texts]), strict=True):
        shares = {name: getattr(found, name) / 1e6 for name in ("negative", "neutral", "positive")}
        facts = {"text": text, "sentiment": found.sentiment, "score": found.signed / 1e6, "probabilities": shares}
        facts |= {"topic": found.topic, "topic_probability": found.topic_p / 1e6, "model_version": engine.version}
        line = f"{found.sentiment:8} {found.signed / 1e6:+.2f}  {found.topic} ({found.topic_p / 1e6:.2f})  {text}"
        typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else line)


def _engine(folder: Path | None) -> Engine:

    return Engine.load(folder or champion.ensure(settings(), lambda line: typer.echo(line, err=True)))


def _print_metrics(metrics: dict[str, Any], as_json: bool, **facts: str) -> None:
    if as_json:
        typer.echo(json.dumps(facts | metrics))
        return
    for name, value in facts.items():
        typer.echo(f"{name} {value}")
    for head, report in metrics.items():
        figures = ", ".join(f"{name} {report[name]:.3f}" for name in ("accuracy", "macro_f1", "weighted_f1", "ece"))
        typer.echo(f"{head}: {figures} ({report['n']} rows)")
        for name, row in report["classes"].items():
            typer.echo(f"  {name:26} f1 {row['f1']:.3f}  n {row['n']}")
