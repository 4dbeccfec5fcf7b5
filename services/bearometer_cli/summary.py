"""What the demo saw, in a few lines, all of it from the public API."""

from collections.abc import Iterator
from typing import Any

from bearometer_cli.api import Api
from bearometer_cli.console import say
from bearometer_shared import text
from bearometer_shared.settings import Settings

JUDGED = ("golden", "fresh")  # the sets whose accuracy a newcomer is told


def where_to_look(configuration: Settings) -> None:
    dashboard = f"http://{configuration.dashboard_host}:{configuration.dashboard_port}"
    say("Dashboard", dashboard)
    say("API", f"{configuration.api_url}/openapi.json")
    say("Logs", str(configuration.home / "logs"))


def write(configuration: Settings, api: Api, stream: str, counts: dict[str, int], before: int) -> None:
    """Items scored, alerts raised, what the retraining decided, which model serves, where to look."""
    say("\nWhat it saw")
    say("Items", items(counts, before))
    for line in alerts(api.get("alerts", stream=stream, limit=200)["items"]):
        say("Alert", line, style="red")
    for run in api.get("runs", limit=1)["items"]:
        say("Retraining", decision(run))
        for line in figures(run.get("figures") or {}):
            say("", line)
    say("Model", model(api.models()))
    where_to_look(configuration)


def items(counts: dict[str, int], before: int) -> str:
    moods = ", ".join(f"{counts[name]} {name}" for name in ("negative", "neutral", "positive"))
    return f"{counts['items']} scored ({moods}); {counts['items'] - before} new in this run"


def alerts(found: list[dict[str, Any]]) -> Iterator[str]:
    """A line an alert that fired, the earliest first; a plus marks those that joined an incident."""
    fired = sorted((alert for alert in found if alert["fired_at"]), key=lambda alert: str(alert["fired_at"]))
    for alert in fired:
        what = f"{about(alert)}: {alert['observed']} negative, {alert['expected']:.1f} expected"
        yield f"{alert['fired_at'][:16].replace('T', ' ')} UTC, {what}; {alert['severity']}, {alert['state']}"
    if not fired:
        yield "none"


def about(alert: dict[str, Any]) -> str:
    key = text.about(alert["dimension"], alert["key"])
    return key if alert["incident"] == alert["id"] else f"+ {key}"


def decision(run: dict[str, Any]) -> str:
    return f"run {run['id']}: {run.get('decision') or run.get('error') or run['state']}"


def figures(found: dict[str, Any]) -> Iterator[str]:
    """Accuracies of champion and candidate, by set and head, and how many of the gate's checks passed."""
    before, after = found.get("champion") or {}, found.get("candidate") or {}
    for name in JUDGED:
        for head, report in before.get(name, {}).items():
            new = after[name][head]["accuracy"]
            yield f"{name} {head}: accuracy {report['accuracy']:.3f}, then {new:.3f} (n = {report['n']})"
    if checks := found.get("checks"):
        failed = [check["name"] for check in checks if not check["passed"]]
        told = f"; failed: {', '.join(failed)}" if failed else ""
        yield f"{len(checks) - len(failed)} of {len(checks)} checks passed{told}"


def model(found: dict[str, Any]) -> str:
    serving = [server for server in found["servers"] if server["version"] == found["champion"]]
    return f"{found['champion']} serves in {len(serving)} of {len(found['servers'])} scorers"
