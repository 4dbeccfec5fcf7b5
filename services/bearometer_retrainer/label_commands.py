"""`bearometer labels`: files of labels into Postgres and out of it."""

import json
from dataclasses import asdict
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

from bearometer_retrainer import label_files, terminal
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.storage import label_figures, labels, verdicts

LabelFile = Annotated[Path, typer.Argument(help="JSON Lines: text (or title), sentiment, topic or both; who and why")]
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]
CHUNK = 1000


def import_file(
    file: LabelFile,
    annotator: Annotated[
        str, typer.Option(help="who says so where a row names nobody", default_factory=getuser, show_default="you")
    ],
    as_json: AsJson = False,
) -> None:
    """Stores the labels of a file. A row that is none is reported with its number; exit 1 if there was one.

    Example: bearometer labels import corrections.jsonl --annotator ana
    """
    now = SystemClock().now()
    good, bad = label_files.parsed(file, annotator, now)
    with terminal.transaction() as connection, _progress(len(good)) as bar:
        fresh_before = labels.stats(connection)["fresh"]
        for start in range(0, len(good), CHUNK):
            labels.add(connection, good[start : start + CHUNK], now)
            bar.advance(bar.task_ids[0], CHUNK)
        fresh = labels.stats(connection)["fresh"]
    for line in bad:
        typer.echo(line, err=True)
    known = len(good) - (fresh - fresh_before)
    facts = {"imported": fresh - fresh_before, "known": known, "bad": len(bad), "fresh": fresh}
    words = f"{facts['imported']} labels imported, {known} known already, {len(bad)} rows bad; {fresh} wait for a run"
    typer.echo(json.dumps(facts) if as_json else words)
    if bad:
        raise typer.Exit(1)


def stats(as_json: AsJson = False) -> None:
    """Counts the labels by kind, sentiment and topic, verdicts on alerts besides, and tells how far annotators agree.

    Example: bearometer labels stats
    """
    with terminal.transaction() as connection:
        found = label_figures.figures(connection)
        agreed = {head: asdict(said) for head, said in label_figures.agreements(connection).items()}
    if as_json:
        typer.echo(json.dumps(found | {"agreement": agreed}))
        return
    typer.echo(f"{found['total']} labels, {found['fresh']} of them fresh (no run has used them)")
    if found["disputed"]:
        typer.echo(f"{found['disputed']} texts wait for adjudication: bearometer labels disagreements")
    for head, said in agreed.items():
        if said["alpha"] is not None:
            typer.echo(f"on the {head} of {said['texts']} texts annotators agree with alpha {said['alpha']:.3f}")
    for heading in ("by_kind", "by_sentiment", "by_topic", "verdicts"):
        typer.echo(heading.replace("_", " "))
        for name, count in found[heading].items():
            typer.echo(f"{count:7} {name}")


def export(
    file: Annotated[Path, typer.Argument(help="where to write JSON Lines")],
    of_alerts: Annotated[bool, typer.Option("--verdicts", help="what people say of alerts instead")] = False,
    as_json: AsJson = False,
) -> None:
    """Writes every label to a file, oldest first, or every verdict on an alert with its reason and stories.

    Example: bearometer labels export labels.jsonl
    """
    kind, rows = ("verdicts", verdicts.export) if of_alerts else ("labels", labels.export)
    with terminal.transaction() as connection:
        lines = [json.dumps(row, ensure_ascii=False, default=datetime.isoformat) for row in rows(connection)]
    try:
        file.write_text("".join(line + "\n" for line in lines), "utf-8")
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from error
    typer.echo(json.dumps({"exported": len(lines)}) if as_json else f"{len(lines)} {kind} written to {file}")


def _progress(total: int) -> Any:
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True, disable=total <= CHUNK)
    bar.add_task("labels", total=total)
    return bar
