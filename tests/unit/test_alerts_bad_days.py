"""Bad input and bad days: each with the outcome that the decision record states."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from made_news import ALL, BANK, DAY, START, Item, burst, by_minute, news

from bearometer_alerts.detector import Detector, Minute, Step
from bearometer_alerts.memory import Sources
from bearometer_alerts.rule import SPIKE, Rule

TWO = replace(SPIKE, sources=2)
SPREAD = tuple("abcde")


def sourced(items: Iterable[Item], sources: tuple[str, ...] = SPREAD) -> Iterator[Minute]:
    """Minutes in which each key is told of by one of these sources, the next in turn."""
    for minute in by_minute(items):
        yield replace(minute, sources={key: {sources[minute.at % len(sources)]} for key in minute.negatives})


def fired(minutes: Iterable[Minute], rule: Rule = SPIKE) -> list[Step]:
    found = sorted(minutes, key=lambda minute: minute.at)
    return [s for s in Detector(found[0].at, rule).run(found, found[-1].at + 120) if s.phase == "firing"]


def about_bank(found: Iterable[Step]) -> list[Step]:
    return [step for step in found if step.key == BANK]


CALM = list(news(31, 2, per_hour=60))


def test_a_source_that_floods_one_ticker_does_not_alert_on_it_where_two_are_asked_for() -> None:
    """Of all news it is a part that other sources share: there it may be told."""
    flood = list(sourced(burst(START + 2 * DAY, 60, 60), ("spam",)))
    assert about_bank(fired([*sourced(CALM), *flood]))  # one is enough by default
    assert {step.key for step in fired([*sourced(CALM), *flood], TWO)} <= {ALL}


def test_a_second_source_is_enough_from_the_minute_in_which_it_comes() -> None:
    at = START + 2 * DAY
    flood = list(sourced(burst(at, 60, 60), ("spam",)))
    copied = [replace(m, sources={**m.sources, BANK: {"spam", "b"}}) if m.at == at + 30 else m for m in flood]
    [first, *_] = about_bank(fired([*sourced(CALM), *copied], TWO))
    assert first.minute == at + 30


def test_a_copy_by_another_source_counts_as_one_although_it_is_no_new_story() -> None:
    at = START + 2 * DAY
    copy = Minute(at + 25, 0, {}, {ALL: {"b"}, BANK: {"b"}})
    [first, *_] = about_bank(fired([*sourced(CALM), *sourced(burst(at, 20, 20), ("spam",)), copy], TWO))
    assert first.minute == at + 25


def test_a_wire_that_is_the_only_source_is_not_asked_for_a_second() -> None:
    assert about_bank(fired(sourced([*CALM, *burst(START + 2 * DAY, 60, 20)], ("wire",)), TWO))


def test_where_nobody_says_who_told_it_nothing_is_held_back() -> None:
    assert about_bank(fired(by_minute([*CALM, *burst(START + 2 * DAY, 60, 20)]), TWO))


def test_open_minutes_are_held_back_in_the_same_way() -> None:
    at, detector = START + 2 * DAY, Detector(START, TWO)
    list(detector.run(sourced(CALM), at))
    assert not list(detector.look_ahead(sourced(burst(at, 10, 10), ("spam",))))
    assert about_bank(detector.look_ahead(sourced(burst(at, 10, 10), ("spam", "b"))))


def test_a_source_is_asked_for_no_second_source_of_its_own_news() -> None:
    by_source = replace(TWO, dimensions=("source",))
    key = ("source", "Harbor")
    calm = [Minute(m.at, m.items) for m in by_minute(CALM)]
    loud = [Minute(START + 2 * DAY + n, 1, {key: 1}, {ALL: {"Harbor"}, key: {"Harbor"}}) for n in range(30)]
    assert [step.key for step in fired([*calm, *loud], by_source)][:1] == [key]


def test_so_many_of_the_newest_sources_as_are_asked_for_are_remembered() -> None:
    seen = Sources()
    for minute, names in enumerate(["a", "b", "a", "c"]):
        seen.see([names], minute, most=2)
    assert list(seen.items()) == [("a", 2), ("c", 3)]
    assert seen.since(3) == 1


def test_a_key_with_three_items_in_its_life_is_not_alerted_on() -> None:
    assert not about_bank(fired(by_minute([*CALM, *burst(START + 2 * DAY, 3, 3)])))


def test_a_stream_silent_for_months_and_then_loud_warms_up_before_it_alerts() -> None:
    """A hundred times as many items as it ever had: what was usual before the silence is no measure of them."""
    after = START + 150 * DAY
    found = fired(by_minute([*news(31, 2, per_hour=6), *news(32, 1, per_hour=600, start=after)]))
    assert len(found) <= 1  # as on any day of calm news
    assert not [step for step in found if step.minute < after + 6 * 60]


def test_after_months_of_silence_a_spike_is_told_as_in_a_new_stream() -> None:
    after = START + 150 * DAY
    day = [*news(32, 1, per_hour=60, start=after), *burst(after + DAY, 30, 12)]
    assert about_bank(fired(by_minute(day)))
    assert about_bank(fired(by_minute([*CALM, *day])))


def test_a_clock_that_jumps_a_year_ahead_alerts_on_nothing_and_goes_on_from_there() -> None:
    later = START + 400 * DAY
    detector = Detector(START)
    list(detector.run(by_minute(CALM), later))
    assert detector.at == later
    goes_on = [*news(33, 1, per_hour=60, start=later), *burst(later + DAY, 30, 12)]
    found = [s for s in detector.run(by_minute(goes_on), later + 2 * DAY) if s.phase == "firing"]
    assert found
    assert {step.key for step in found} <= {BANK, ALL, ("topic", "7")}


def test_minutes_from_before_what_is_closed_change_nothing() -> None:
    """A clock that was put back, or a week of old news at once: the scorer has marked it late, and so it stays."""
    detector, at = Detector(START), START + 2 * DAY
    list(detector.run(by_minute(CALM), at))
    before = detector.dump()
    assert not list(detector.run(by_minute(burst(START, 7 * 60, 200)), at))
    assert detector.at == at
    assert set(detector.dump()) == {("stream", "exposure")}
    assert before


@pytest.mark.parametrize("quiet", [1, 6, 8, 60])
def test_calm_news_after_any_gap_is_calm(quiet: int) -> None:
    after = START + (3 + quiet) * DAY
    assert len(fired(by_minute([*news(34, 3, per_hour=150), *news(35, 1, per_hour=150, start=after)]))) <= 1
