"""The evidence of an alert, kept with it as it was when it was raised.

`deploy/decisions/evidence-card.md` says how stories are ranked, and where the words come from that are added later.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import curve, groups, times
from bearometer_alerts.detector import Step
from bearometer_alerts.rule import GROUPS, SPIKE, Rule
from bearometer_shared.storage import alert_evidence, alert_words
from bearometer_shared.storage.alert_evidence import Window

TOP = 10
NAMED = 8  # sources of a story's copies

Row = dict[str, Any]


def evidence_of(connection: Connection, stream: str, step: Step, minutes: int, rule: Rule = SPIKE) -> Row:
    """Why a step was taken: JSON, times in ISO 8601, scores in [-1, 1], probabilities and shares in [0, 1].

    `minutes` are the window's. `top` holds the stories that carried the count, `curve` the hours before; `words` says
    that the stories get theirs when the alert stands.
    """
    said, until = step.verdict, times.start(step.minute + 1)
    members = groups.tickers(groups.load(connection), step.key) if step.key[0] in GROUPS else ()
    window = Window(stream, *step.key, until - minutes * times.MINUTE, until, tuple(members))
    totals, stories = alert_evidence.found(connection, window, TOP)
    mass, past = totals.pop("mass"), curve.read(connection, window, said, rule)
    return {
        "since": iso(window.since),
        "until": iso(window.until),
        "window_minutes": minutes,
        "covered": _covered(connection, window),
        "among": said.items,
        "observed": said.observed,
        "expected": said.expected,
        "p_value": said.p_value,
        "corrected": said.corrected,
        "dispersion": said.dispersion,
        **totals,
        "top": [_story(row, mass) for row in stories],
        "curve": past | {"since": iso(past["since"])},
        "words": alert_words.WAITING,
    }


def _story(row: Row, mass: int) -> Row:
    """A story by its first negative item in the window: what it adds to the count does not grow with its copies."""
    copies, sources = row["copies"], {row["source"], *(copy["source"] for copy in row["copies"])}
    return {
        "id": row["id"],
        "story": row["story"],
        "title": row["title"],
        "source": row["source"],
        "url": row["url"],
        "published_at": iso(row["published_at"]),
        "score": float(row["score"]),
        "negative": row["negative"] / 1e6,
        "contribution": round(row["negative"] / mass, 4),
        "copies": sum(copy["items"] for copy in copies),
        "copied_by": copies[:NAMED],
        "sources": len(sources),
        "model_version": row["model_version"],
    }


def _covered(connection: Connection, window: Window) -> Row:
    """What of the window the stream has items for: less of it after a start, a gap, or ahead of the clock."""
    first, last, minutes = alert_evidence.covered(connection, window)
    end = last and last + times.MINUTE
    return {"since": first and iso(first), "until": end and iso(end), "minutes": minutes}


def sentence(step: Step) -> str:
    """What the step saw, in a line of the history."""
    said = step.verdict
    found = f"{said.observed} negative of {said.items} stories, {said.expected:.2g} expected, p {said.p_value:.1e}"
    return found if step.phase == "resolved" else f"{step.severity}: {found}"


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
