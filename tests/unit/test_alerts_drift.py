"""Slow drifts: what grows too slowly for any window is told once, within days; what is calm is not."""

import json
import random
from collections.abc import Iterable

import numpy as np
import pytest
from made_news import ALL, BANK, DAY, START, Item, burst, by_minute, news, steady

from bearometer_alerts.cusum import Cusum, gain
from bearometer_alerts.detector import Detector, Step
from bearometer_alerts.drift import Drifts
from bearometer_alerts.rule import DRIFT
from bearometer_alerts.usual import Key


def steps(items: Iterable[Item]) -> list[Step]:
    minutes = by_minute(items)
    return list(Drifts(minutes[0].at).run(minutes, minutes[-1].at + 1))


def doubled(start: int) -> list[Item]:
    """Ten days of the bank's usual three negative items an hour, and ten of twice as many."""
    return [*news(7, 20, 100), *steady(8, 20, 2), *((at + start, keys, bad) for at, keys, bad in steady(9, 10, 2))]


DOUBLED = doubled(10 * DAY)


def test_a_company_that_is_told_of_twice_as_often_drifts_and_no_hour_of_it_is_a_spike() -> None:
    found = [step for step in steps(DOUBLED) if step.key == BANK]
    assert [step.phase for step in found][:2] == ["pending", "firing"]
    assert 0 < found[0].minute - (START + 10 * DAY) < 2 * DAY
    assert found[1].verdict.observed > 1.5 * found[1].verdict.expected
    assert found[1].verdict.minutes % 60 == 0
    minutes = by_minute(DOUBLED)
    assert not [s for s in Detector(START).run(minutes, minutes[-1].at) if s.key == BANK and s.phase == "firing"]


def test_a_drift_that_lasts_becomes_usual_and_is_told_once() -> None:
    phases = [step.phase for step in steps(DOUBLED) if step.key == BANK]
    assert phases.count("pending") == phases.count("resolved") == 1


def test_a_share_that_grows_a_little_every_day_drifts() -> None:
    days = [news(day, 1, 100, start=START + day * DAY, share=0.15 + 0.03 * max(0, day - 7)) for day in range(16)]
    found = [step for step in steps(item for day in days for item in day) if step.key == ALL]
    assert found
    assert START + 9 * DAY < found[0].minute < START + 14 * DAY


def test_calm_news_drifts_less_than_once_in_ten_days() -> None:
    found = [step for seed in range(2) for step in steps(news(seed, 21, 100, tickers=200)) if step.phase == "firing"]
    assert len(found) / 42 < 0.1


def test_an_hour_of_uproar_alone_is_a_spike_and_no_drift() -> None:
    assert not [
        s for s in steps([*news(3, 12, 60), *steady(4, 12, 1), *burst(START + 10 * DAY, 60, 12)]) if s.key == BANK
    ]


def test_a_key_without_a_history_does_not_drift() -> None:
    assert not [s for s in steps([*news(5, 12, 60), *burst(START + 9 * DAY, 2 * DAY, 19)]) if s.key == BANK]


@pytest.mark.parametrize("chunk", [61, 1000])
def test_stopped_at_any_minute_and_resumed_from_its_dicts_it_takes_the_same_steps(chunk: int) -> None:
    minutes = by_minute(DOUBLED)
    until, rows, found = START + 14 * DAY, dict[Key, str](), list[Step]()
    for start in range(START + 10 * DAY, until, chunk):
        if not rows:
            first = Drifts(START)
            found += first.run([minute for minute in minutes if minute.at < start], start)
            rows = {key: json.dumps(state) for key, state in first.dump().items()}
        drifts, end = (
            Drifts(start, states={key: json.loads(row) for key, row in rows.items()}),
            min(start + chunk, until),
        )
        found += drifts.run([minute for minute in minutes if start <= minute.at < end], end)
        rows = {**rows, **{key: json.dumps(state) for key, state in drifts.dump().items()}}
        rows = {key: row for key, row in rows.items() if row != "null"}
    assert found == list(Drifts(START).run([minute for minute in minutes if minute.at < until], until))
    assert found


def test_what_is_still_open_says_nothing_of_a_drift() -> None:
    assert not list(Drifts(START).look_ahead(by_minute(burst(START, 60, 500))))


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.5), (5.0, 0.2)])
def test_the_mean_time_to_a_false_alarm_is_at_least_what_is_promised(mean: float, spread: float) -> None:
    """An average run length of e^h hours, here at h = 5, so that alarms are seen: 150 of them, or as many hours."""
    chance, limit = np.random.default_rng(1), 5.0
    counts = chance.poisson(chance.gamma(1 / spread, spread * mean, 40_000))
    total, alarms = 0.0, 0
    for step in gain(counts, mean, spread).tolist():
        total = max(0.0, total + step)
        if total >= limit:
            total, alarms = 0.0, alarms + 1
    assert len(counts) / max(alarms, 1) > np.exp(limit)


def test_a_sum_begins_anew_at_nothing_and_falls_within_days_of_weeks_of_growth() -> None:
    sum_ = Cusum()
    for hour in range(500):
        sum_.add(0.4, hour, 2, 1.0, 50)
    assert (sum_.since, sum_.observed) == (0, 1000)
    assert not sum_.fallen(DRIFT.calm_p)
    for hour in range(500, 560):
        sum_.add(-0.1, hour, 0, 1.0, 50)
    assert sum_.fallen(DRIFT.calm_p)
    sum_.add(-100.0, 560, 0, 1.0, 50)
    assert sum_ == Cusum()


def test_the_gain_is_that_of_the_likelihoods() -> None:
    """Against the ratio of two negative binomial probabilities, of which the common factors cancel."""
    chance = random.Random(1)  # noqa: S311 - no secret
    for _ in range(50):
        count, mean, spread = chance.randrange(9), chance.uniform(0.1, 9), chance.uniform(0.05, 2)
        size = 1 / spread
        shares = [m / (m + size) for m in (2 * mean, mean)]
        odds = [share**count * (1 - share) ** size for share in shares]
        assert gain(count, mean, spread) == pytest.approx(np.log(odds[0] / odds[1]))
