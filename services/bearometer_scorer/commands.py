"""Commands about what the scorer stores."""

from typing import Annotated

import typer

trends = typer.Typer(help="Trends that the scorer keeps.", no_args_is_help=True)


@trends.callback()
def about() -> None:
    """Trends per topic, source and ticker."""


@trends.command()
def rebuild(
    stream: Annotated[str, typer.Option(help="which stream")] = "live",
    check: Annotated[bool, typer.Option("--check", help="only compare; exit 1 on any difference")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Recomputes a stream's trends from its articles.

    Example: bearometer trends rebuild --check --stream reuters
    """
    import json

    from bearometer_shared.settings import settings
    from bearometer_shared.storage import trends as repository
    from bearometer_shared.storage.session import connect, transaction

    database = connect(settings())
    with transaction(database) as connection:
        differing = repository.differences(connection, stream)
        buckets = None if check else repository.rebuild(connection, stream)
    database.dispose()
    facts = {"stream": stream, "differing_buckets": differing, "rebuilt_buckets": buckets}
    words = "equal the articles" if not differing else f"differ from the articles in {differing} buckets"
    done = "" if check else f"; rebuilt {buckets} buckets"
    typer.echo(json.dumps(facts) if as_json else f"{stream}: trends {words}{done}")
    if check and differing:
        raise typer.Exit(1)
