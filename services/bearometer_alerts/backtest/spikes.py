"""The service's detector over a history: each alert that would have fired, with the items behind it."""

from bisect import bisect_left
from dataclasses import replace
from datetime import datetime

from bearometer_alerts import times
from bearometer_alerts.backtest.found import Alert, Story
from bearometer_alerts.backtest.history import History
from bearometer_alerts.card import TOP
from bearometer_alerts.detector import Detector, Step
from bearometer_alerts.rule import SPIKE, Rule
from bearometer_alerts.usual import Key
from bearometer_shared.storage.articles import ArticleRow


def alerts(history: History, rule: Rule = SPIKE) -> list[Alert]:
    """In order of firing. As in the service, one that gets worse holds what was seen when it did."""
    minutes = history.minutes()
    for rows in history.negatives.values():
        rows.sort(key=lambda row: row.published_at)
    found, firing = list[Alert](), dict[Key, int]()
    for step in Detector(minutes[0].at, rule).run(minutes, minutes[-1].at + 1):
        if step.phase == "firing":
            alert = _alert(history, step, rule)
            if step.key in firing:
                place = firing[step.key]
                found[place] = replace(alert, fired_at=found[place].fired_at)
            else:
                firing[step.key] = len(found)
                found.append(alert)
        elif step.phase == "resolved" and step.key in firing:
            place = firing.pop(step.key)
            found[place] = replace(found[place], resolved_at=times.start(step.minute + 1))
    return found


def _alert(history: History, step: Step, rule: Rule) -> Alert:
    at = times.start(step.minute + 1)
    return Alert(
        fired_at=at,
        resolved_at=None,
        dimension=step.key[0],
        key=step.key[1],
        severity=step.severity,
        observed=step.verdict.observed,
        expected=step.verdict.expected,
        p_value=step.verdict.p_value,
        stories=_stories(history, step.key, at - rule.window * times.MINUTE, at),
    )


def _stories(history: History, key: Key, since: datetime, until: datetime) -> list[Story]:
    """The most negative items of a window, ranked as on the evidence card."""
    rows = history.negatives[key]
    first, end = (bisect_left(rows, moment, key=lambda row: row.published_at) for moment in (since, until))
    return [_story(row) for row in sorted(rows[first:end], key=lambda row: (row.signed, row.id))[:TOP]]


def _story(row: ArticleRow) -> Story:
    return Story(row.id, row.title, row.source, row.url, row.published_at, row.signed / 1e6)
