"""The command `bearometer pretrain`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def pretrain(
    news: Annotated[list[Path], typer.Option("--news", metavar="F", help="unlabelled JSON Lines, plain or gzipped")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="a new folder for the base, or one of a run that was cut off")
    ],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[F]...", help="further news files")] = None,
    base: Annotated[str, typer.Option(help="a folder, a hub name, or the default")] = "all-MiniLM-L6-v2",
    epochs: Annotated[int, typer.Option(min=1)] = 1,
    batch: Annotated[int, typer.Option(min=1)] = 32,
    max_tokens: Annotated[int, typer.Option(min=8, max=512, help="longer texts become several passages")] = 128,
    rate: Annotated[float, typer.Option(min=0, help="peak learning rate")] = 5e-5,
    whole_words: Annotated[bool, typer.Option("--whole-words", help="mask all pieces of a word together")] = False,
    seed: Annotated[int, typer.Option()] = 17,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Continues a base's pre-training on unlabelled news, and writes a base that `train --base DIR` takes.

    Words are masked and guessed; bases with a next-sentence head learn from consecutive sentences too. One item in
    twenty is held out: it gives the figures before and after.

    Example: bearometer pretrain --news archive.jsonl.gz --out my-base
    """
    from bearometer_training import placing, pretrain_news, showing  # these load torch, which `--help` never needs
    from bearometer_training import pretrain as pretraining
    from bearometer_training.base import locate

    pretraining.check_folder(out)
    documents, source = pretrain_news.read([*news, *(more or [])]), locate(base)
    settings = pretraining.Settings(
        epochs=epochs, batch=batch, max_tokens=max_tokens, rate=rate, whole_words=whole_words, seed=seed
    )
    with showing.progress(out) as reports:
        facts = pretraining.pretrain(source, documents, out, settings, reports.training)
    if placing.leads():
        typer.echo(json.dumps(facts | {"out": str(out)}) if as_json else _told(facts, out))


def _told(facts: dict[str, Any], out: Path) -> str:
    head = "fresh (the base ships none), tied to the word embeddings" if facts["fresh_head"] else "the base's own"
    lines = [
        f"{facts['documents']} items taught in {facts['steps']} steps, {facts['held_out']} held out",
        f"head for masked words: {head}",
        *(f"{when}: {_figures(facts[when])}" for when in ("before", "after")),
        f"written to {out}; use it with --base {out}",
    ]
    return "\n".join(lines)


def _figures(measured: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in measured.items())
