"""`bearometer watchlists`: sets of tickers that rules watch as one."""

from typing import Annotated

import typer

watchlists = typer.Typer(help="Watchlists: sets of tickers that rules watch as one.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]
Name = Annotated[str, typer.Argument(help="lower-case letters, digits, - and _")]


@watchlists.command("list")
def list_watchlists(as_json: AsJson = False) -> None:
    """Lists the watchlists with their tickers.

    Example: bearometer watchlists list
    """
    from bearometer_alerts import rule_printing, watchlist_store

    rule_printing.show_lists(watchlist_store.known(), as_json)


@watchlists.command("set")
def set_watchlist(
    name: Name,
    tickers: Annotated[list[str], typer.Argument(metavar="TICKER...", help="as the linker writes them")],
    as_json: AsJson = False,
) -> None:
    """Makes a watchlist hold these tickers and no others. Alert services follow within a tick.

    A rule watches it by `watchlists: [NAME]`, or all of them by `dimensions: [watchlist]`.

    Example: bearometer watchlists set banks JPM BAC C
    """
    from bearometer_alerts import rule_printing, watchlist_store

    rule_printing.show_lists({name: watchlist_store.store(name, tickers)}, as_json)


@watchlists.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Drops a watchlist. Rules that name it watch nothing for it.

    Example: bearometer watchlists remove banks
    """
    from bearometer_alerts import rule_printing, watchlist_store

    rule_printing.show_names("removed", [watchlist_store.drop(name)], as_json)
