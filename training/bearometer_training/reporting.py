"""Metrics on a terminal, or as one object."""

import json
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="print one object")]


def print_metrics(
    metrics: dict[str, Any], as_json: bool, behaviour: dict[str, Any] | None = None, **facts: str | float
) -> None:
    """A line for each fact, for each head its figures and those of its classes, for each behaviour its pass rate."""
    if as_json:
        typer.echo(json.dumps(facts | metrics | ({"behaviour": behaviour} if behaviour else {})))
        return
    for name, value in facts.items():
        typer.echo(f"{name} {value}")
    for head, report in metrics.items():
        figures = ", ".join(f"{name} {report[name]:.3f}" for name in ("accuracy", "macro_f1", "weighted_f1", "ece"))
        typer.echo(f"{head}: {figures} ({report['n']} rows)")
        for name, row in report["classes"].items():
            typer.echo(f"  {name:26} f1 {row['f1']:.3f}  n {row['n']}")
    for name, row in (behaviour or {}).items():
        typer.echo(f"behaviour {name:20} passed {row['pass_rate']:.3f}  n {row['n']}")
