"""`bearometer labels queue|skip`: what to label next, and why; and what an annotator would rather not."""

import json
from collections.abc import Mapping
from getpass import getuser
from typing import Annotated, Any

import typer

from bearometer_retrainer import terminal
from bearometer_shared.clock import SystemClock
from bearometer_shared.label_queue import Chosen
from bearometer_shared.storage import label_queue, label_skips
from bearometer_shared.storage.label_skips import NewSkip


def queue(
    annotator: Annotated[str, typer.Option(help="who will label", default_factory=getuser, show_default="you")],
    stream: Annotated[str, typer.Option(help="whose newest stories")] = "live",
    limit: Annotated[int, typer.Option(min=1, max=100, help="the most items")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Says what to label next, the most wanted first, and why.

    Example: bearometer labels queue --stream sample --limit 10
    """
    with terminal.transaction() as connection:
        found = label_queue.queue(connection, stream, annotator, limit, SystemClock().now())
    if as_json:
        typer.echo(json.dumps({"items": [_facts(row, one) for row, one in found]}, ensure_ascii=False))
        return
    for row, one in found:
        typer.echo(f"{row['sentiment']:8}  {row['topic']:24.24}  {row['text'][:90]}\n{'':10}{one.part}: {one.why}")
    if not found:
        typer.echo(f"nothing to label in stream {stream}")


def skip(
    text: Annotated[str, typer.Argument(help="as `labels queue` shows it with --json")],
    annotator: Annotated[str, typer.Option(help="who skips it", default_factory=getuser, show_default="you")],
    note: Annotated[str, typer.Option(help="why")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Notes that you would rather not label a text: your queue does not ask for it again, others' may.

    Example: bearometer labels skip "Hartwell Bank fined" --note "depends on the amount"
    """
    new = NewSkip(text, annotator, note)
    with terminal.transaction() as connection:
        id = label_skips.add(connection, new, SystemClock().now())
    typer.echo(json.dumps({"id": id}) if as_json else f"skipped by {annotator}")


def _facts(row: Mapping[str, Any], one: Chosen) -> dict[str, Any]:
    """Given a label, an item is a row that `labels import` takes, with the model's word kept."""
    said = {"sentiment": row["sentiment"], "topic": row["topic"]}
    model = {"model_version": row["model_version"], "model_said": said}
    return {"text": row["text"], "id": one.id, "part": one.part, "why": one.why, **model}
