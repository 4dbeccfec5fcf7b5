"""Commands that run everything on one machine. What they need is imported when they are called."""

from typing import Annotated

import typer

Scorers = Annotated[int, typer.Option(min=1, max=32, help="scorer processes")]


def up(scorers: Scorers = 1) -> None:
    """Starts servers and services on this machine, and watches over them until Ctrl-C.

    Example: bearometer up --scorers 2
    """
    from bearometer_cli.stack import running
    from bearometer_cli.summary import where_to_look

    try:
        with running(scorers) as stack:
            where_to_look(stack.settings)
            stack.watch()
    except KeyboardInterrupt:
        return


def demo(
    scorers: Scorers = 1,
    leave: Annotated[bool, typer.Option("--exit", help="end after the summary instead of serving on")] = False,
) -> None:
    """Starts everything, replays a sample day of news, learns from a few labels, and says what it saw.

    Example: bearometer demo --exit
    """
    from bearometer_cli.demo import show
    from bearometer_cli.stack import running

    with running(scorers) as stack:
        show(stack)
        if leave:
            return
        typer.echo("Serving on; Ctrl-C stops.")
        try:
            stack.watch()
        except KeyboardInterrupt:
            return


def doctor(as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False) -> None:
    """Says what this machine has and what is missing, one line a thing. Exit 1 if something essential is missing.

    Example: bearometer doctor --json
    """
    import json

    from bearometer_cli.doctor import examine, report

    findings = examine()
    typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=2) if as_json else report(findings))
    if any(finding.essential and not finding.ok for finding in findings):
        raise typer.Exit(1)


def migrate(
    topics: Annotated[bool, typer.Option(help="make the Kafka topics too, where they are missing")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Brings the database to this release's schema, and makes partitions and topics. Safe to repeat.

    Example: bearometer migrate --no-topics
    """
    import json

    from bearometer_cli import prepare
    from bearometer_shared.settings import settings

    prepare.database(settings())
    if topics:
        prepare.topics(settings())
    done = {"schema": "current", "partitions": "ready", "topics": "ready" if topics else "left alone"}
    typer.echo(json.dumps(done) if as_json else ", ".join(f"{what} {state}" for what, state in done.items()))
