"""Commands of `bearometer` about what comes in: replay, and the topics."""

import json
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="print one object")]

topics = typer.Typer(help="Kafka topics: what stands in them, and what could not be taken.", no_args_is_help=True)
dlq = typer.Typer(help="Records that could not be taken, with the reason.", no_args_is_help=True)
topics.add_typer(dlq, name="dlq")


def replay(
    file: Annotated[str, typer.Argument(help="JSON Lines, plain or gzipped; - for standard input")],
    stream: Annotated[str, typer.Option(help="the stream that the items go to, not live")],
    speed: Annotated[str, typer.Option(help="60x is an hour of news in a minute; max does not wait")] = "max",
    limit: Annotated[int | None, typer.Option(min=1, help="stop after so many items")] = None,
    as_json: AsJson = False,
) -> None:
    """Sends a file of news as if it happened now, into a stream of its own.

    A line that is not news is told with its number and skipped. Exits with 1 if no line was news.

    Example: bearometer replay news.jsonl.gz --stream history --speed 60x
    """
    from bearometer_ingest.replay_file import replay_file

    outcome = replay_file(file, stream, speed, limit)
    typer.echo(json.dumps(outcome.facts()) if as_json else outcome.line())
    if outcome.bad and not outcome.sent:
        raise typer.Exit(1)


@topics.command("list")
def list_topics(as_json: AsJson = False) -> None:
    """Topics with their partitions, their records, and how many of them the scorers have still to read.

    Example: bearometer topics list
    """
    from bearometer_ingest import topics as reading

    found = reading.listing()
    if as_json:
        typer.echo(json.dumps({"topics": found}))
        return
    typer.echo(f"{'topic':<14}{'partitions':>11}{'records':>12}{'lag':>12}")
    for topic in found:
        lag = "" if topic["lag"] is None else topic["lag"]
        typer.echo(f"{topic['name']:<14}{topic['partitions']:>11}{topic['records']:>12}{lag:>12}")


@dlq.command("list")
def list_letters(as_json: AsJson = False) -> None:
    """Dead letters, oldest first: id, time, size in bytes, reason.

    Example: bearometer topics dlq list
    """
    from bearometer_ingest import topics as reading

    found = reading.letters()
    if as_json:
        typer.echo(json.dumps({"items": found}))
        return
    for letter in found:
        typer.echo(f"{letter['id']:<24} {letter['at']}  {letter['size']:>9}  {letter['reason']}")
    typer.echo(f"{len(found)} dead letters" if found else "no dead letters")


@dlq.command("show")
def show_letter(identifier: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One dead letter: why, where it stood, and its text as far as that is printable.

    Example: bearometer topics dlq show news.raw-2-118
    """
    from bearometer_ingest import topics as reading

    found = reading.letter(identifier)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name in ("id", "reason", "topic", "partition", "offset", "key", "at", "size"):
        typer.echo(f"{name:<10} {found[name]}")
    typer.echo(f"\n{found['text']}")


@dlq.command("replay")
def replay_letters(
    identifiers: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every dead letter")] = False,
    as_json: AsJson = False,
) -> None:
    """Sends dead letters' bytes again to the topic they came from, under the same key.

    Example: bearometer topics dlq replay --all
    """
    from bearometer_ingest import topics as reading

    count = reading.resend(identifiers or [], everything)
    typer.echo(json.dumps({"replayed": count}) if as_json else f"{count} records sent again")
