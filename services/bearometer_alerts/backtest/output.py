"""A back-test on the terminal: one object, or a table for a person. Times are UTC event times."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from bearometer_alerts.backtest.found import Alert
from bearometer_alerts.backtest.series import Series
from bearometer_alerts.printing import COLOURS, console
from bearometer_shared.errors import UserError
from bearometer_shared.text import about

COLUMNS = ("incident", "fired", "resolved", "about", "kind", "severity", "observed", "expected", "p")
TOLD = 3  # stories that a person sees of an alert


def print_found(alerts: Sequence[Alert], facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        found = {"alerts": [alert.facts() for alert in alerts]}
        typer.echo(json.dumps(found | facts, ensure_ascii=False))
        return
    out = console()
    if alerts:
        out.print(_table(alerts))
    for alert in alerts:
        for story in alert.stories[:TOLD]:
            told = f"{story.score:+.2f}  {story.published_at:%m-%d %H:%M}  {story.source}: {story.title}"
            out.print(Text(f"{about(alert.dimension, alert.key)}  {told}"), soft_wrap=True)
    totals = facts | {"alerts": len(alerts)}
    out.print(Text(", ".join(f"{name} {value}" for name, value in totals.items())), soft_wrap=True)


def write_scores(path: Path, series: Series, scores: np.ndarray) -> None:
    """CSV `timestamp,value,score`: the first two as the series' own file writes them."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(("timestamp", "value", "score"))
            rows.writerows(
                (*written, f"{score:.6f}") for written, score in zip(series.written, scores.tolist(), strict=True)
            )
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def _table(alerts: Sequence[Alert]) -> Table:
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for alert in alerts:
        until = f"{alert.resolved_at:%Y-%m-%d %H:%M}" if alert.resolved_at else ""
        when = (f"{alert.fired_at:%Y-%m-%d %H:%M}", until, about(alert.dimension, alert.key), alert.kind)
        figures = (f"{alert.observed:g}", f"{alert.expected:.3g}", f"{alert.p_value:.0e}")
        cells = map(Text, (str(alert.incident), *when, alert.severity, *figures))
        table.add_row(*cells, style=COLOURS.get(alert.severity, ""))
    return table
