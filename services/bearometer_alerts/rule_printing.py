"""Rules and watchlists in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from bearometer_alerts import definition
from bearometer_alerts.printing import print_json
from bearometer_alerts.rulebook import Entry


def show_all(found: Sequence[Entry], as_json: bool) -> None:
    if as_json:
        print_json({"items": [facts(entry) for entry in found]})
    else:
        typer.echo("\n".join(map(_line, found)))


def show(entry: Entry, as_json: bool) -> None:
    if as_json:
        print_json(facts(entry))
        return
    import yaml

    typer.echo(f"# {_state(entry)}")
    typer.echo(
        yaml.safe_dump({"rules": [definition.of_rule(entry.rule)]}, sort_keys=False, allow_unicode=True), nl=False
    )


def show_names(done: str, names: Sequence[str], as_json: bool) -> None:
    if as_json:
        print_json({done: names})
    else:
        typer.echo(f"{len(names)} {done}: {', '.join(names)}" if names else f"none {done}")


def show_lists(lists: Mapping[str, Sequence[str]], as_json: bool) -> None:
    if as_json:
        print_json({"items": [{"name": name, "tickers": tickers} for name, tickers in lists.items()]})
    else:
        lines = [f"{name:20} {' '.join(tickers)}" for name, tickers in lists.items()]
        typer.echo("\n".join(lines) or "no watchlists")


def facts(entry: Entry) -> dict[str, Any]:
    """A rule as JSON has it."""
    changed = {"updated_at": entry.stored.updated_at, "author": entry.stored.author} if entry.stored else {}
    return {**definition.of_rule(entry.rule), "enabled": entry.enabled, "origin": entry.origin, **changed}


def _line(entry: Entry) -> str:
    rule = entry.rule
    watched = ", ".join([*rule.dimensions, *(f"watchlist {name}" for name in rule.watchlists)])
    return f"{rule.name:20} {'on' if entry.enabled else 'off':4} {rule.kind:6} {watched}  ({_state(entry)})"


def _state(entry: Entry) -> str:
    by = f", {entry.stored.author} at {entry.stored.updated_at:%Y-%m-%d %H:%M}" if entry.stored else ""
    return f"{entry.origin}{by}" + ("" if entry.enabled else ", off")
