"""The detector on made news: what must alert does, what must not doesn't, and nothing depends on how it is run."""

import json
from collections.abc import Iterable

import pytest
from made_news import ALL, BANK, DAY, START, Item, burst, by_minute, clockwork, news, steady

from bearometer_alerts.detector import Detector, Step
from bearometer_alerts.usual import Key


def steps(items: Iterable[Item], silence: int = 0) -> list[Step]:
    """Runs it all in one go, and `silence` minutes more."""
    minutes = by_minute(items)
    return list(Detector(minutes[0].at).run(minutes, minutes[-1].at + 1 + silence))


def phases(found: Iterable[Step], key: Key) -> list[str]:
    return [step.phase for step in found if step.key == key]


def fired(found: Iterable[Step], key: Key | None = None) -> list[Step]:
    return [step for step in found if step.phase == "firing" and key in (None, step.key)]


def test_calm_news_over_thousands_of_keys_fires_less_than_once_in_two_days() -> None:
    days = 20
    assert len(fired(steps(news(1, days, per_hour=150, tickers=3000)))) / days < 0.5


@pytest.mark.parametrize("factor", [3, 4, 6, 10])
def test_a_spike_fires_within_its_hour_and_at_the_bank_alone(factor: int) -> None:
    """The bank has about 18 negative items an hour by day; the spike makes it `factor` times as many."""
    usual, at = 18, START + 2 * DAY + 12 * 60
    calm = [*news(2, 3, per_hour=300), *steady(3, 3, per_hour=usual / 1.8)]
    found = fired(steps([*calm, *burst(at, 60, (factor - 1) * usual)]))
    assert any(step.key == BANK and at <= step.minute < at + 60 for step in found)
    assert {step.key[0] for step in found} <= {"ticker", "all", "topic"}
    assert not fired(steps(calm))


def test_a_quiet_company_fires_on_a_handful_of_items() -> None:
    at = START + DAY
    found = steps([*news(3, 2, per_hour=60), *burst(at, 20, 6)], silence=0)
    assert phases(found, BANK)[:2] == ["pending", "firing"]
    assert fired(found, BANK)[0].minute < at + 20


def test_a_new_ticker_is_not_alerted_on_its_first_two_items() -> None:
    assert not phases(steps([*news(4, 1, per_hour=60), *burst(START + DAY - 60, 10, 2)]), BANK)


def test_a_stream_that_just_began_alerts_on_nothing_that_it_cannot_judge() -> None:
    assert not steps(burst(START, 10, 4))


def test_the_morning_rush_is_no_spike() -> None:
    """Ten times as many items, of which as many are negative as always."""
    calm = list(news(6, 3, per_hour=30))
    assert not fired(steps([*calm, *news(7, 2 / 24, per_hour=600, start=START + 3 * DAY)]))


def test_a_share_that_doubles_slowly_is_drift_not_a_spike() -> None:
    days = [news(day, 1, per_hour=150, start=START + day * DAY, share=0.15 + 0.015 * day) for day in range(10)]
    assert not fired(steps(item for day in days for item in day), ALL)


def test_a_gap_in_the_data_is_not_learned_as_calm() -> None:
    """Ten times: three days of news, two days of nothing, and the day after them."""
    after = START + 5 * DAY
    days = [[*news(100 + n, 3, per_hour=150), *news(200 + n, 1, per_hour=150, start=after)] for n in range(10)]
    alerts = [step for day in days for step in fired(steps(day)) if step.minute >= after]
    assert len(alerts) / len(days) < 0.5


def test_three_items_after_months_of_silence_are_not_alerted() -> None:
    assert not phases(steps([*news(10, 2, per_hour=60), *burst(START + 150 * DAY, 30, 3)]), BANK)


def test_an_incident_does_not_teach_that_it_is_normal() -> None:
    """The same burst, three times as long, again six hours later."""
    calm, at = list(news(11, 2, per_hour=60)), START + DAY
    found = steps([*calm, *burst(at, 180, 45), *burst(at + 9 * 60, 180, 45)])
    assert phases(found, BANK).count("resolved") == 2
    assert len({step.minute // 360 for step in fired(found, BANK)}) == 2


def test_a_build_up_below_the_threshold_does_not_hide_what_follows() -> None:
    calm, at = list(news(12, 1, per_hour=60)), START + DAY - 240
    build_up = [item for hour in range(3) for item in burst(at + hour * 60, 60, 3)]
    assert fired(steps([*calm, *build_up, *burst(at + 180, 60, 12)]), BANK)


def test_an_alert_resolves_only_after_calm_that_lasts() -> None:
    at = START + DAY
    found = steps([*news(13, 2, per_hour=60), *burst(at, 20, 10)])
    resolved = next(step for step in found if step.key == BANK and step.phase == "resolved")
    assert at + 20 + 60 <= resolved.minute + 1 <= at + 20 + 60 + 45
    assert resolved.fired


def test_on_and_off_is_one_alert() -> None:
    at = START + DAY
    bursts = [item for n in range(6) for item in burst(at + n * 40, 5, 6)]
    found = steps([*news(14, 2, per_hour=60), *bursts])
    assert phases(found, BANK).count("pending") == phases(found, BANK).count("resolved") == 1


def test_a_firing_alert_tells_again_when_it_gets_worse() -> None:
    at = START + DAY
    levels = [step.severity for step in fired(steps([*news(15, 2, per_hour=60), *burst(at, 60, 60)]), BANK)]
    assert levels == sorted(levels, key=["watch", "elevated", "severe"].index)
    assert levels[-1] == "severe"


@pytest.mark.parametrize("chunk", [1, 7, 60, 1000])
def test_stopped_at_any_minute_and_resumed_from_its_dicts_it_takes_the_same_steps(chunk: int) -> None:
    minutes = by_minute([*news(16, 2, per_hour=60, tickers=20), *burst(START + DAY, 40, 15)])
    until, by_number = minutes[-1].at + 300, {minute.at: minute for minute in minutes}
    found: list[Step] = []
    rows: dict[Key, str] = {}
    for start in range(START, until, chunk):
        detector = Detector(start, states={key: json.loads(row) for key, row in rows.items()})
        end = min(start + chunk, until)
        found += detector.run([by_number[at] for at in range(start, end) if at in by_number], end)
        changed = detector.dump().items()
        rows = {**rows, **{key: json.dumps(state) for key, state in changed}}
        rows = {key: row for key, row in rows.items() if row != "null"}
    assert found == list(Detector(START).run(minutes, until))
    assert fired(found, BANK)


def test_a_forgotten_key_leaves_no_memory_behind() -> None:
    """So that memory follows the keys that still matter, not all that ever were."""
    minutes = by_minute([*burst(START, 30, 3), *news(17, 40, per_hour=20, tickers=1, start=START + 60)])
    detector = Detector(START)
    list(detector.run(minutes, minutes[-1].at + 1))
    assert BANK not in detector.usual.keys
    assert detector.dump()[BANK] is None


def test_open_minutes_raise_at_once_and_closing_them_repeats_nothing() -> None:
    calm, at = by_minute(news(18, 1, per_hour=60)), START + DAY
    spike = by_minute(burst(at, 10, 10))
    detector = Detector(START)
    list(detector.run(calm, at))
    early = list(detector.look_ahead(spike))
    assert phases(early, BANK)[:2] == ["pending", "firing"]
    assert not list(detector.look_ahead(spike))
    assert set(phases(detector.run(spike, at + 180), BANK)) <= {"firing", "resolved"}


def test_open_minutes_never_resolve() -> None:
    calm, at = by_minute(news(19, 1, per_hour=60)), START + DAY
    detector = Detector(START)
    list(detector.run([*calm, *by_minute(burst(at, 10, 10))], at + 10))
    assert not phases(detector.look_ahead(by_minute(news(20, 1 / 12, per_hour=60, start=at + 60))), BANK)


def test_open_minutes_with_items_still_missing_are_judged_by_the_last_full_window() -> None:
    """Of a busy hour only the negative items have come so far: as many as the hour always has."""
    calm, at = by_minute(clockwork(per_hour=100, every=5, hours=48)), START + 2 * DAY
    detector = Detector(START)
    list(detector.run(calm, at))
    came = by_minute(item for item in clockwork(per_hour=100, every=5, hours=1, start=at) if item[2])
    assert sum(minute.negatives[ALL] for minute in came) == 20
    assert not list(detector.look_ahead(came))
