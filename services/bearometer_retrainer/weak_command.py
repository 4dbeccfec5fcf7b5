"""`bearometer labels weak`: what rules say of texts that nobody has read."""

from typing import Annotated, Any

import typer

from bearometer_retrainer import terminal, weak_rules
from bearometer_shared.clock import SystemClock
from bearometer_shared.storage import labels, weak_labels


def weak(
    rule: Annotated[str | None, typer.Option(metavar="NAME", help="the rule; without one, they are listed")] = None,
    stream: Annotated[str, typer.Option(help="whose newest stories it reads")] = "live",
    items: Annotated[int, typer.Option(min=1, max=100_000, help="how many stories")] = 5000,
    remove: Annotated[bool, typer.Option("--remove", help="forget all that the rule has said instead")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Lets a rule label stories that nobody has read; runs learn from that with a quarter of the weight.

    Example: bearometer labels weak --rule lexicon --stream live
    """
    if rule is None:
        _list(as_json)
    elif remove:
        _remove(rule, as_json)
    else:
        _label(rule, stream, items, as_json)


def _label(name: str, stream: str, items: int, as_json: bool) -> None:
    rule = weak_rules.find(name)
    with terminal.transaction() as connection:
        people = {one.text: one for one in (*labels.fresh(connection), *labels.earlier(connection))}
        read = weak_labels.texts(connection, stream, items)
        said = weak_rules.apply(name, rule, read)
        weak_labels.replace(connection, name, read, said, SystemClock().now())
    both, same = weak_rules.agreement(weak_rules.apply(name, rule, people), people)
    if as_json:
        terminal.print_json({"rule": name, "read": len(read), "said": len(said), "checked": both, "same": same})
        return
    typer.echo(f"{name} labelled {len(said)} of {len(read)} stories")
    typer.echo(f"of {both} labels by people where it speaks too, it says the same {same} times")


def _list(as_json: bool) -> None:
    with terminal.transaction() as connection:
        counts = weak_labels.counts(connection)
    found: dict[str, Any] = {name: counts.get(name, 0) for name in sorted({*weak_rules.names(), *counts})}
    if as_json:
        terminal.print_json({"rules": found})
        return
    for name, count in found.items():
        typer.echo(f"{count:7} {name}")


def _remove(name: str, as_json: bool) -> None:
    with terminal.transaction() as connection:
        removed = weak_labels.remove(connection, name)
    if as_json:
        terminal.print_json({"rule": name, "removed": removed})
    else:
        typer.echo(f"{removed} weak labels of {name} removed")
