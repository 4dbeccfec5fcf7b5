"""The service's detectors over a history: each alert that would have fired, with the items behind it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from bearometer_alerts import kinds, times
from bearometer_alerts.backtest import wider
from bearometer_alerts.backtest.found import Alert, Story
from bearometer_alerts.backtest.history import History
from bearometer_alerts.backtest.together import Together
from bearometer_alerts.card import TOP
from bearometer_alerts.detector import Step
from bearometer_alerts.incident import narrow_first
from bearometer_alerts.panel import Found, Panel
from bearometer_alerts.rule import SPIKE, Rule
from bearometer_alerts.usual import Key
from bearometer_shared.storage.articles import ArticleRow

Negatives = Mapping[Key, Sequence[ArticleRow]]  # in order


def alerts(history: History, rules: Sequence[Rule] = (SPIKE,)) -> list[Alert]:
    """In order of firing. As in the service, one that gets worse holds what was seen when it did.

    Raises UserError where a rule asks for what only a database has.
    """
    sets = wider.sets(rules, history.companies)
    minutes, negatives = wider.minutes(history, rules, sets), wider.negatives(history, sets)
    found, firing = list[Alert](), dict[tuple[str, Key], int]()
    together = Together(wider.told(history, sets))
    for rule, step in _steps(_panel(minutes[0].at, rules).run(minutes, minutes[-1].at + 1)):
        of = rule.name, step.key
        if step.phase == "firing":
            alert = _alert(negatives, step, rule)
            if of in firing:
                before = found[firing[of]]
                found[firing[of]] = replace(alert, fired_at=before.fired_at, incident=before.incident)
            else:
                beside = {key: found[place].incident for (name, key), place in firing.items() if name == rule.name}
                number = together.incident_of(step, step.verdict.minutes or rule.window, beside)
                firing[of] = len(found)
                found.append(replace(alert, incident=number))
        elif step.phase == "resolved" and of in firing:
            place = firing.pop(of)
            found[place] = replace(found[place], resolved_at=times.start(step.minute + 1))
    return found


def _steps(found: Iterable[Found]) -> Iterator[Found]:
    """Those of a rule's minute in the order in which the service takes them."""
    for (rule, _), steps in groupby(found, key=lambda one: (one[0], one[1].minute)):
        yield from ((rule, step) for step in narrow_first(step for _, step in steps))


def _panel(at: int, rules: Sequence[Rule]) -> Panel:
    return Panel(at, rules, [kinds.detector(at, rule) for rule in rules])


def _alert(negatives: Negatives, step: Step, rule: Rule) -> Alert:
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
        kind=rule.kind,
        stories=_stories(negatives.get(step.key, []), at - rule.window * times.MINUTE, at),
    )


def _stories(rows: Sequence[ArticleRow], since: datetime, until: datetime) -> list[Story]:
    """A window's negative stories, each by its first negative item there, the surest first: as on the evidence card."""
    first, end = (bisect_left(rows, moment, key=lambda row: row.published_at) for moment in (since, until))
    told = {row.story: row for row in reversed(rows[first:end])}
    return [
        _story(row) for row in sorted(told.values(), key=lambda row: (-row.negative, row.published_at, row.id))[:TOP]
    ]


def _story(row: ArticleRow) -> Story:
    return Story(row.id, row.title, row.source, row.url, row.published_at, row.signed / 1e6)
