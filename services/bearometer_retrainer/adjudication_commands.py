"""`bearometer labels disagreements|adjudicate|agreement`: what annotators disagree on, and how far they agree."""

from dataclasses import asdict
from getpass import getuser
from typing import Annotated, Any

import typer

from bearometer_retrainer import terminal
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.storage import label_figures, label_words, labels
from bearometer_shared.storage.new_label import NewLabel

AsJson = Annotated[bool, typer.Option("--json", help="print one object")]


def disagreements(
    limit: Annotated[int, typer.Option(min=1, help="the most texts to list")] = 50, as_json: AsJson = False
) -> None:
    """Lists texts on which annotators disagree, oldest first, with what each says.

    Example: bearometer labels disagreements --limit 10
    """
    with terminal.transaction() as connection:
        total, items = label_words.disputed(connection), label_words.disagreements(connection, limit)
    if as_json:
        terminal.print_json({"total": total, "items": items})
        return
    typer.echo(f"{total} texts wait for adjudication")
    for item in items:
        towards = f" towards {item['entity']}" if item["entity"] else ""
        typer.echo(f"\n{item['text']}  (on {' and '.join(item['heads'])}{towards})")
        for word in item["words"]:
            typer.echo(f"  {word['annotator']}: {_spoken(word)}")


def adjudicate(
    text: Annotated[str, typer.Argument(help="as `labels disagreements` shows it")],
    annotator: Annotated[str, typer.Option(help="who decides", default_factory=getuser, show_default="you")],
    sentiment: Annotated[str | None, typer.Option(help="negative, neutral or positive")] = None,
    topic: Annotated[str | None, typer.Option(help="the topic that counts")] = None,
    entity: Annotated[str, typer.Option(help="the sentiment is the one towards it")] = "",
    note: Annotated[str, typer.Option(help="why")] = "",
    as_json: AsJson = False,
) -> None:
    """Says which label of a text counts, whatever annotators say.

    Example: bearometer labels adjudicate "Hartwell Bank fined" --sentiment negative --note "a fine is a loss"
    """
    new = NewLabel(text, sentiment, topic, annotator, note, adjudicated=True, entity=entity)
    with terminal.transaction() as connection:
        if not labels.known(connection, text, entity):
            spoken_of = f"{entity!r} in {text!r}" if entity else repr(text)
            raise UserError(f"nobody has labelled {spoken_of}: an adjudication is about a text with labels")
        [id] = labels.add(connection, [new], SystemClock().now())
        left = label_words.disputed(connection)
    if as_json:
        terminal.print_json({"id": id, "disputed": left})
    else:
        typer.echo(f"adjudicated; {left} texts still wait")


def measure(as_json: AsJson = False) -> None:
    """Tells how far annotators agree beyond chance: Krippendorff's alpha, and Cohen's kappa of each pair.

    Example: bearometer labels agreement
    """
    with terminal.transaction() as connection:
        found = label_figures.agreements(connection)
    if as_json:
        terminal.print_json({head: asdict(said) for head, said in found.items()})
        return
    for head, said in found.items():
        typer.echo(f"{head}: alpha {_figure(said.alpha)} ({said.texts} texts with several annotators)")
        for pair in said.pairs:
            typer.echo(f"  {' and '.join(pair.annotators)}: kappa {_figure(pair.kappa)} ({pair.texts} texts)")


def _spoken(word: dict[str, Any]) -> str:
    said = ", ".join(word[head] for head in label_words.HEADS if word[head])
    return f"{said} - {word['note']}" if word["note"] else said


def _figure(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
