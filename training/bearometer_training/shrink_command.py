"""The command `bearometer shrink`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from bearometer_shared.errors import UserError


def shrink(
    out: Annotated[Path, typer.Option(metavar="DIR", help="a new folder for the smaller base")],
    base: Annotated[str, typer.Option(help="a folder, a hub name, or the default")] = "all-MiniLM-L6-v2",
    layers: Annotated[
        int | None, typer.Option(min=1, help="how many stay, evenly spaced, the first and the last among them")
    ] = None,
    heads: Annotated[
        int | None, typer.Option(min=1, help="attention heads that stay in each layer, those that matter most")
    ] = None,
    feed_forward: Annotated[
        int | None, typer.Option(min=1, help="neurons that stay in each layer's feed-forward, those that matter most")
    ] = None,
    vocabulary: Annotated[
        list[Path] | None,
        typer.Option(metavar="F", help="news or labels, JSON Lines: tokens that occur there stay; repeatable"),
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[F]...", help="further files for --vocabulary")] = None,
    keep_tokens: Annotated[
        int | None, typer.Option(min=100, help="of these only the most frequent, beside characters and special tokens")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Makes a smaller, faster base of a base: fewer layers, heads, neurons, tokens. Train it by `train --base DIR`.

    Best with a model of the whole base as its teacher. Heads and neurons are ranked by how far the mean token vector of
    our seed headlines moves without them; what they gave on average stays. The checkpoint of a BERT cannot say that
    heads are missing: silent ones are zeros in it, and are gone from the graph that serves. Training leaves them silent
    by any recipe but lora and adalora, which wake them.

    Example: bearometer shrink --out small --layers 4 --vocabulary archive.jsonl.gz labels.jsonl
    """
    files = [*(vocabulary or []), *(more or [])]
    _check(files, keep_tokens, layers, heads, feed_forward)
    from bearometer_training import pretrain_news  # these load torch, which `--help` never needs
    from bearometer_training import shrink as shrinking
    from bearometer_training.base import locate

    shrinking.check_folder(out)
    texts = [" ".join(document) for document in pretrain_news.read(files)] if files else None
    sizes = shrinking.Sizes(layers, heads, feed_forward, keep_tokens)
    with _progress() as report:
        facts = shrinking.shrink(locate(base), out, sizes, texts, report)
    typer.echo(json.dumps(facts | {"out": str(out)}) if as_json else _told(facts, out))


def _check(files: list[Path], keep_tokens: int | None, *others: int | None) -> None:
    if keep_tokens is not None and not files:
        raise UserError("--keep-tokens counts the tokens of news: name some with --vocabulary")
    if not files and all(other is None for other in others):
        raise UserError("what shall be smaller? Name --layers, --heads, --feed-forward or --vocabulary")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("ranking", total=None)
        yield lambda done, count: bar.update(task, completed=done, total=count)


def _told(facts: dict[str, Any], out: Path) -> str:
    before, after, kept = facts["before"], facts["after"], facts["layers_kept"]
    lines = [f"{name.replace('_', ' '):14} {before[name]:>12,} -> {after[name]:>12,}" for name in after]
    if kept is not None:
        lines.append(f"layers that stay: {', '.join(str(place + 1) for place in kept)}")
    return "\n".join([*lines, f"written to {out}; use it with --base {out}"])
