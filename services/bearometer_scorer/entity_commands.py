"""`bearometer entities`: the companies that texts are linked to."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

entities = typer.Typer(help="Entities: the companies that texts are linked to.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]


@entities.callback()
def about() -> None:
    """Companies by ticker, name and alias: the default list, and what you import."""


@entities.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="ticker,name,aliases,valid_from,valid_to,sector,symbols")],
    replace: Annotated[bool, typer.Option("--replace", help="forget what was imported before")] = False,
    as_json: AsJson = False,
) -> None:
    """Imports companies: they replace the rows of their tickers, those of the default list too. Scorers follow.

    Only ticker and name must be filled. Aliases and symbols (tickers on other exchanges) are parted by `;`. A company
    that changed its name or ticker has a row for each, with the first and the last day.

    Example: bearometer entities import companies.csv
    """
    from bearometer_scorer import entity_files

    facts = entity_files.store(file, everything=replace)
    words = f"{facts['rows']} rows of {facts['tickers']} tickers imported; {facts['imported']} rows in all"
    entity_files.show(facts, words, as_json)


@entities.command("list")
def list_entities(
    imported: Annotated[bool, typer.Option("--imported", help="without the default list")] = False,
    as_json: AsJson = False,
) -> None:
    """Lists the companies that scorers know.

    Example: bearometer entities list --imported
    """
    from bearometer_scorer import entity_files

    rows = entity_files.known(imported_only=imported)
    lines = "\n".join(
        f"{row.ticker:12} {entity_files.period(row)}{', '.join((row.name, *row.aliases))}" for row in rows
    )
    entity_files.show({"items": [entity_files.as_json(row) for row in rows]}, lines, as_json)


@entities.command("link")
def link_text(
    text: Annotated[str, typer.Argument()],
    when: Annotated[datetime | None, typer.Option(help="when it was published; names change")] = None,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="show links of this confidence or more")] = 0.5,
    as_json: AsJson = False,
) -> None:
    """Links a text to the companies that it names, with a confidence for each. Below 0.5 scorers abstain.

    Example: bearometer entities link "Apple's shares fall, Gap Inc gains" --json
    """
    from bearometer_scorer import entity_files
    from bearometer_shared.text import clean

    read = clean(text)
    links = entity_files.linker().link(read, when, threshold)
    lines = "\n".join(f"{one.ticker:12} {one.confidence:.2f}  {one.surface}  ({one.name})" for one in links)
    found = [{**entity_files.fields(one), "confidence": round(one.confidence, 4)} for one in links]
    entity_files.show({"text": read, "threshold": threshold, "links": found}, lines or "nobody", as_json)
