"""How often the tests for drift cry wolf, and what they see: `python -m bearometer_retrainer.drift_characteristics`.

Real news told by the shipped champion. Calm: each day of the file as it would have been tested, and a made week of days
of its fullest month against the others. Shifts are made of that week.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np

from bearometer_retrainer import drift
from bearometer_retrainer.drift import SATURDAY, Array, Days
from bearometer_retrainer.drift_watch import A_DAY, HEADS, RECENT, REFERENCE, TESTS
from bearometer_shared.clock import SystemClock
from bearometer_shared.inference.engine import Engine
from bearometer_shared.lines import opened
from bearometer_shared.settings import settings
from bearometer_shared.taxonomy import SENTIMENTS
from bearometer_shared.text import model_text
from bearometer_shared.wire import news_item
from bearometer_training import champion

STORIES = 100  # of a day, at most
OTHERS = 1000  # of another kind
LEVEL = 1 / 365.25 / TESTS
LEVELS = (0.05, 0.01, LEVEL)
WEEK = {False: 5, True: 2}  # days, and days of a weekend
Pair = tuple[float, float]  # the p-values of answers and of embeddings
Shift = Callable[[Array, np.random.Generator], Array]  # a day's stories, changed


@dataclass(frozen=True, slots=True)
class Told:
    """Stories as a model tells them: `answers`, ones of shape (stories, answers), and `embeddings`."""

    answers: Array
    embeddings: Array

    def test(self, stories: Sequence[Array], days: Days) -> Pair:
        """The p-values of both tests; `stories` are places, for each day."""
        counts, sizes = np.array([self.answers[day].sum(0) for day in stories]), np.array([*map(len, stories)])
        sampled = [day[:A_DAY] for day in stories]
        of = [number for number, day in enumerate(sampled) for _ in day]
        embeddings = drift.of_embeddings(self.embeddings[np.concatenate(sampled)], of, days)
        return drift.of_answers(counts, sizes, days).p_value, embeddings.p_value


def told(engine: Engine, texts: Sequence[str]) -> Told:
    """What an engine says of texts."""
    shares = engine.probabilities(texts, *HEADS)
    answers = [np.eye(head.shape[1], dtype=int)[head.argmax(1)] for head in shares[:2]]
    return Told(np.hstack(answers), drift.embedding(*shares))


def read(name: str) -> dict[date, list[str]]:
    """Distinct texts of a file of news by day, no more than STORIES of each, evenly from it."""
    found, now = defaultdict[date, dict[str, None]](dict), SystemClock().now()
    with opened(name) as file:
        for _, line in file.lines():
            if (row := json.loads(line)).get("title", "").strip():
                item = news_item(row, received_at=now)
                found[item.published_at.date()][model_text(item.title, item.body)] = None
    return {day: list(texts)[:: -(-len(texts) // STORIES)] for day, texts in sorted(found.items())}


def as_they_came(news: Told, days: Mapping[date, Array]) -> Iterator[Pair]:
    """What the tests would have found on each day that has days enough before it."""
    for day in days:
        window = [one for one in days if 0 <= (day - one).days < RECENT + REFERENCE]
        split = Days.of(window, day - timedelta(days=RECENT))
        if split.enough(LEVEL):
            yield news.test([days[one] for one in window], split)


def made_weeks(news: Told, month: Mapping[date, Array], shift: Shift, trials: int) -> Iterator[Pair]:
    """Days of a month in a drawn order: a week of them, shifted, against all others."""
    draw = np.random.default_rng(1)
    weekend = tuple(day.weekday() >= SATURDAY for day in month)
    for _ in range(trials):
        taken = [draw.choice(np.flatnonzero(np.array(weekend) == kind), WEEK[kind], False) for kind in WEEK]
        recent = np.isin(np.arange(len(month)), np.concatenate(taken))
        mixed = [draw.permutation(stories) for stories in month.values()]
        stories = [shift(day, draw) if new else day for day, new in zip(mixed, recent, strict=True)]
        yield news.test(stories, Days(tuple(map(bool, recent)), weekend))


def weighed(news: Told, answer: int, times: float, day: Array, draw: np.random.Generator) -> Array:
    """The day's stories drawn anew, those of an answer so many times as likely."""
    weights = np.where(news.answers[day, answer] == 1, times, 1.0)
    return draw.choice(day, len(day), p=weights / weights.sum())


def mixed_in(others: Array, share: float, day: Array, draw: np.random.Generator) -> Array:
    """The day's stories, a share of them of another kind."""
    return np.where(draw.random(len(day)) < share, draw.choice(others, len(day)), day)


def shifts(news: Told, others: Array) -> dict[str, Shift]:
    """Made shifts by name. The topic is the fifth in size."""
    topic = len(SENTIMENTS) + int(news.answers[:, len(SENTIMENTS) :].sum(0).argsort()[-5])
    made: dict[str, Shift] = {"nothing": lambda day, _: day}
    made |= {f"negatives {times} times as likely": partial(weighed, news, 0, times) for times in (1.5, 2.0, 3.0)}
    made |= {f"a topic {times} times as likely": partial(weighed, news, topic, times) for times in (2.0, 3.0, 4.0)}
    return made | {f"{share:.0%} of another kind": partial(mixed_in, others, share) for share in (0.05, 0.1, 0.2)}


def found(pairs: Sequence[Pair]) -> dict[str, float]:
    """How often each test's p-value is below each level, and how often either's is below that of both together."""
    below = {f"{level:.4f}": np.mean(np.array(pairs) < level, axis=0).round(4).tolist() for level in LEVELS}
    return {"tests": len(pairs), **below, "drift": float(np.mean([min(pair) < LEVEL for pair in pairs]))}


def main() -> None:
    """Prints for each kind of week the share of tests that find a drift, of answers and of embeddings."""
    parser = argparse.ArgumentParser(description="How often the tests for drift find one, by what there is to find.")
    parser.add_argument("news", help="a file of news, as `bearometer replay` reads it")
    parser.add_argument("others", help="news of another kind, to be mixed in")
    parser.add_argument("--trials", type=int, default=200, help="made weeks of each kind; default 200")
    given = parser.parse_args()
    by_day = read(given.news)
    texts = [text for day in by_day.values() for text in day]
    others = [text for day in read(given.others).values() for text in day][:OTHERS]
    engine = Engine.load(champion.ensure(settings(), print), device="cpu")
    news = told(engine, texts + others)
    ends = np.cumsum([len(day) for day in by_day.values()])[:-1]
    days = dict(zip(by_day, np.split(np.arange(len(texts)), ends), strict=True))
    _print("each day as it came", as_they_came(news, days))
    month, places = _fullest_month(days), len(texts) + np.arange(len(others))
    for name, shift in shifts(news, places).items():
        _print(f"a week with {name}", made_weeks(news, month, shift, given.trials))


def _fullest_month(days: Mapping[date, Array]) -> dict[date, Array]:
    stories = defaultdict[date, int](int)
    for day, places in days.items():
        stories[day.replace(day=1)] += len(places)
    first = max(stories, key=stories.__getitem__)
    return {day: places for day, places in days.items() if day.replace(day=1) == first}


def _print(name: str, pairs: Iterator[Pair]) -> None:
    print(json.dumps({name: found(list(pairs))}), flush=True)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
