"""The evidence of an alert, kept with it as it was when it was raised."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import times
from bearometer_alerts.detector import Step
from bearometer_shared.storage import evidence
from bearometer_shared.storage.evidence import Window

TOP = 10


def evidence_of(connection: Connection, stream: str, step: Step, minutes: int) -> dict[str, Any]:
    """Why a step was taken: JSON, times in ISO 8601. `top` holds the most negative items of the window."""
    until = times.start(step.minute + 1)
    window = Window(stream, *step.key, until - minutes * times.MINUTE, until)
    top = evidence.top(connection, window, TOP)
    return {
        "since": iso(window.since),
        "until": iso(window.until),
        "window_minutes": minutes,
        "items": step.verdict.items,
        "observed": step.verdict.observed,
        "expected": step.verdict.expected,
        "p_value": step.verdict.p_value,
        "dispersion": step.verdict.dispersion,
        "sources": evidence.sources(connection, window),
        "model_versions": evidence.model_versions(connection, window),
        "top": [item | {"published_at": iso(item["published_at"])} for item in top],
    }


def sentence(step: Step) -> str:
    """What the step saw, in a line of the history."""
    said = step.verdict
    found = f"{said.observed} negative of {said.items} items, {said.expected:.2g} expected, p {said.p_value:.1e}"
    return found if step.phase == "resolved" else f"{step.severity}: {found}"


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
