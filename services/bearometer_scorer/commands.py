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


@trends.command()
def show(
    key: Annotated[str, typer.Argument(help="a topic, ticker or source")] = "all",
    dimension: Annotated[str, typer.Option(help="all, topic, source or ticker")] = "all",
    stream: Annotated[str, typer.Option(help="which stream")] = "live",
    hours: Annotated[int, typer.Option(min=1, max=10_000, help="how far back from the newest event")] = 24,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Prints one key's trend by the hour: items, negative ones, stories, sources and mood.

    Example: bearometer trends show HWB --dimension ticker --hours 48
    """
    import json

    from bearometer_scorer import trend_printing

    empty = f"no items of {dimension} {key} in the last {hours} h of stream {stream}"
    rows = trend_printing.hours(stream, dimension, key, hours)
    typer.echo(json.dumps({"key": key, "hours": rows}) if as_json else trend_printing.table(rows, empty))


@trends.command()
def movers(
    dimension: Annotated[str, typer.Option(help="topic, source or ticker")] = "ticker",
    by: Annotated[str, typer.Option(help="mood, or negative: the number of negative stories")] = "mood",
    stream: Annotated[str, typer.Option(help="which stream")] = "live",
    hours: Annotated[int, typer.Option(min=1, max=2160, help="length of the window, and of the one before it")] = 24,
    min_items: Annotated[int, typer.Option(min=1, help="keys with fewer are left out")] = 10,
    limit: Annotated[int, typer.Option(min=1, max=200, help="how many keys")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Prints the keys whose mood, or negative coverage, changed most; z is the change in standard errors.

    Example: bearometer trends movers --dimension topic --by negative --hours 6
    """
    import json

    from bearometer_scorer import trend_printing

    empty = f"no {dimension} with {min_items} items or more in both windows of {hours} h: try --hours or --min-items"
    rows = trend_printing.moved(stream, dimension, by, hours, min_items, limit)
    typer.echo(json.dumps({"movers": rows}) if as_json else trend_printing.table(rows, empty))
