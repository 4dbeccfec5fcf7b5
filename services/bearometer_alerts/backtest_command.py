"""`bearometer backtest`: what would have fired in a file of news, or in a series of counts."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer


class Format(StrEnum):
    """What a file holds, as an option's choices."""

    news = "news"
    counts = "counts"


def backtest(
    file: Annotated[Path, typer.Argument(help="news as JSON Lines, plain or gzipped; or a CSV timestamp,value")],
    form: Annotated[Format, typer.Option("--format", help="what the file holds")],
    scores: Annotated[
        Path | None, typer.Option(metavar="OUT.csv", help="counts: an anomaly score in [0, 1] for each row")
    ] = None,
    chart: Annotated[Path | None, typer.Option(metavar="FILE.png", help="draw counts and alerts over time")] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="news: an artifact folder; default: the shipped champion")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            metavar="F", help="news: rules as YAML, in the place of the built-in ones that they are named like"
        ),
    ] = None,
    companies: Annotated[
        Path | None, typer.Option(metavar="CSV", help="news: companies of your own, as `entities import` takes them")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Runs the alert service's code over history, without servers, and prints what would have fired.

    Example: bearometer backtest news.jsonl.gz --format news --chart alerts.png
    """
    from bearometer_shared.errors import UserError

    for out in (scores, chart):
        if out and not out.parent.is_dir():  # told before a long history is scored, not after
            raise UserError(f"{out}: no such folder")
    if form is Format.counts:
        if model:
            raise UserError("--model scores news; a series of counts needs none")
        if rules:
            raise UserError("--rules are for --format news: they watch keys, and a series of counts has none")
        if companies:
            raise UserError("--companies are for --format news: a series of counts names nobody")
        _counts(file, scores, chart, as_json)
    elif scores:
        raise UserError("--scores is for --format counts")
    else:
        _news(file, model, chart, rules, companies, as_json)


def _counts(file: Path, scores: Path | None, chart: Path | None, as_json: bool) -> None:
    from bearometer_alerts.backtest import episodes, output
    from bearometer_alerts.backtest.anomaly import anomalies
    from bearometer_alerts.backtest.series import read

    series = read(file)
    found = anomalies(series)
    alerts = list(episodes.alerts(series, found, episodes.THRESHOLD))
    if scores:
        output.write_scores(scores, series, found.scores)
    if chart:
        _pictures().draw_counts(chart, series, found, episodes.THRESHOLD, alerts)
    facts = {"rows": len(series.values), "step_s": series.step_s, "threshold": round(episodes.THRESHOLD, 6)}
    output.print_found(alerts, facts | series.oddities(), as_json)


def _news(
    file: Path, model: Path | None, chart: Path | None, rules: Path | None, companies: Path | None, as_json: bool
) -> None:
    from bearometer_alerts.backtest import news_file, output, spikes, wider
    from bearometer_alerts.backtest.history import History
    from bearometer_alerts.backtest.model import load
    from bearometer_alerts.backtest.progress import watched
    from bearometer_alerts.rulebook import entries, in_force, of_file
    from bearometer_shared.entities import read_file
    from bearometer_shared.errors import UserError

    if not file.is_file():
        raise UserError(f"{file}: no such file")
    watching, named = in_force(entries(of_file(rules), [])), read_file(companies) if companies else []
    wider.sets(watching, named)  # a rule that cannot be judged is told before a long history is scored
    with watched(file) as watcher:
        engine, history = load(model, watcher.say), History(named)
        for count in history.take(news_file.items(file, datetime.now(UTC), watcher.bad), engine):
            watcher.scored(count)
    if not history.items:
        raise UserError(f"{file}: no line is news with a date")
    alerts = spikes.alerts(history, watching)
    if chart:
        _pictures().draw_news(chart, history.minutes(), alerts)
    facts = {"items": history.items, "bad": watcher.refused, "late": history.late, "repeated": history.repeated}
    output.print_found(alerts, facts | {"model_version": engine.version}, as_json)


def _pictures() -> ModuleType:
    """matplotlib is slow to load, and the alert service's image has none."""
    from bearometer_shared.errors import UserError

    try:
        from bearometer_alerts.backtest import chart
    except ModuleNotFoundError as error:
        raise UserError(f"--chart needs the Python package {error.name}, which is not installed here") from error
    return chart
