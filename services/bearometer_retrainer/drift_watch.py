"""Looks once a day of each stream whether its newest days are news of another kind than the served model told before.

What is found is a row; `schedule` makes a run of it where there are labels to learn from, the queue of labels leans to
the days that differ. No torch: texts go through the graph that serves, a few hundred for each stream.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Engine as Database

from bearometer_retrainer import drift
from bearometer_retrainer.drift import Array, Days, Found
from bearometer_shared.storage import drifts, models
from bearometer_shared.storage.drifts import Counted, Sampled, Window
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import transaction
from bearometer_shared.text import model_text

RECENT, REFERENCE = 7, 28  # days; a whole week, so that each window has its weekends
A_DAY = 16  # texts embedded of each day: 560 of five weeks, some seconds of one core
TESTS = 2
AT_ONCE = 4  # streams: the other tasks of the queue wait for so many and no longer
HEADS = ("sentiment", "topic", "entity")


class Embedding(Protocol):
    """The face of the engine that is needed here."""

    def probabilities(self, inputs: Sequence[str], *heads: str) -> tuple[Array, ...]: ...


Load = Callable[[Champion], Embedding]


@dataclass(frozen=True)
class Windows:
    """Stories of consecutive days, by answer; the days after `split` are the recent ones."""

    counted: Sequence[Counted]
    split: date

    @cached_property
    def dates(self) -> list[date]:
        """The days on which anything was told, in order."""
        return sorted({row.day for row in self.counted})

    @property
    def days(self) -> Days:
        """What is to be known of the days for a test."""
        return Days.of(self.dates, self.split)

    @cached_property
    def answers(self) -> list[str]:
        """Sentiments and topics that were told."""
        return sorted({answer for row in self.counted for answer in (row.sentiment, row.topic)})

    @cached_property
    def table(self) -> Array:
        """Stories of shape (days, answers); each is in two columns."""
        found = np.zeros((len(self.dates), len(self.answers)), int)
        for row in self.counted:
            for answer in (row.sentiment, row.topic):
                found[self.dates.index(row.day), self.answers.index(answer)] += row.stories
        return found

    @property
    def sizes(self) -> Array:
        """Stories of each day."""
        found: Array = self.table.sum(1) // 2
        return found

    def most_moved(self) -> str:
        """The answer whose share changed most, in words."""
        recent = np.asarray(self.days.recent)
        lately, before = (self.table[part].sum(0) / self.sizes[part].sum() for part in (recent, ~recent))
        most = int(np.abs(lately - before).argmax())
        return f"{self.answers[most]} is {lately[most]:.0%} of the stories, {before[most]:.0%} before"


def look(database: Database, load: Load, alarms_a_year: float, now: datetime) -> list[dict[str, Any]]:
    """Tests the newest whole day of some streams where that has not been done for the champion; returns the new rows.

    `alarms_a_year` is how many false alarms all of it may raise.
    """
    with transaction(database) as connection:
        champion = models.champion(connection)
        due = drifts.untested(connection, champion.version) if champion else []
        streams = drifts.live(connection, now)
    if champion is None:
        return []
    level = alarms_a_year / 365.25 / TESTS / max(streams, 1)
    rows = [_tested(database, load, champion, stream, day, level) | {"at": now} for stream, day in due[:AT_ONCE]]
    with transaction(database) as connection:
        return [row for row in rows if drifts.record(connection, row)]


def _tested(database: Database, load: Load, champion: Champion, stream: str, day: date, level: float) -> dict[str, Any]:
    window = Window(champion.version, stream, _midnight(day, 1 - RECENT - REFERENCE), _midnight(day, 1))
    with transaction(database) as connection:
        windows = Windows(drifts.counts(connection, window), day - timedelta(days=RECENT))
        sampled = drifts.sample(connection, window, A_DAY)
    found = dict[str, Found]()
    if windows.days.enough(level):
        found["answers"] = drift.of_answers(windows.table, windows.sizes, windows.days)
        found["embeddings"] = _of_texts(load(champion), sampled, windows)
    return {"version": champion.version, "stream": stream, "day": day, **_judged(windows, found, level)}


def _judged(windows: Windows, found: Mapping[str, Found], level: float) -> dict[str, Any]:
    """Whether there is a drift, why, and the figures."""
    reasons = [_words(name, test) for name, test in found.items() if test.p_value < level]
    days = {"days": len(windows.dates), "recent": sum(windows.days.recent), "level": level}
    figures = days | {name: asdict(test) for name, test in found.items()}
    reason = "; ".join([*reasons, windows.most_moved()]) if reasons else ""
    return {"drifted": bool(reasons), "reason": reason, "figures": figures}


def _of_texts(engine: Embedding, sampled: Sequence[Sampled], windows: Windows) -> Found:
    place = {day: n for n, day in enumerate(windows.dates)}
    shares = engine.probabilities([model_text(one.title, one.body) for one in sampled], *HEADS)
    return drift.of_embeddings(drift.embedding(*shares), [place[one.day] for one in sampled], windows.days)


def _words(name: str, test: Found) -> str:
    return f"{name} of the last {RECENT} days differ (distance {test.distance:.3f}, p {test.p_value:.1g})"


def _midnight(day: date, days: int) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(), UTC)
