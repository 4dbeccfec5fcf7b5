"""Which notifications a channel gets, and when: quiet hours over changes of the clocks, digests, both."""

from datetime import UTC, datetime, timedelta

import pytest
from made_notices import notification
from pydantic import ValidationError

from bearometer_alerts.quiet_hours import QuietHours
from bearometer_alerts.subscription import Subscription


def quiet(begin: str = "22:00", end: str = "07:00", zone: str = "Europe/Zurich", **more: object) -> QuietHours:
    return QuietHours.model_validate({"zone": zone, "from": begin, "to": end, **more})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-01-14 20:59", "2026-01-14 20:59"),  # a minute before 22:00 in winter, which is 21:00 UTC
        ("2026-01-14 21:00", "2026-01-15 06:00"),
        ("2026-01-15 05:59", "2026-01-15 06:00"),
        ("2026-01-15 06:00", "2026-01-15 06:00"),
        ("2026-07-14 20:00", "2026-07-15 05:00"),  # the same hours in summer
    ],
)
def test_quiet_hours_are_by_the_wall_clock_and_end_on_the_dot(moment: str, over: str) -> None:
    assert quiet().over(at(moment)) == at(over)


@pytest.mark.parametrize(
    ("evening", "hours", "morning"),
    [
        ("2026-03-28 21:00", 8, "2026-03-29 05:00"),  # clocks go from 2 to 3
        ("2026-10-24 20:00", 10, "2026-10-25 06:00"),  # and from 3 to 2
    ],
)
def test_the_nights_in_which_clocks_change_are_shorter_or_longer(evening: str, hours: int, morning: str) -> None:
    assert quiet().over(at(evening) - timedelta(minutes=1)) == at(evening) - timedelta(minutes=1)
    assert quiet().over(at(evening)) == at(morning) == at(evening) + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("end", "moment", "over"),
    [
        ("02:30", "2026-03-29 00:45", "2026-03-29 01:30"),  # there is no 02:30: half an hour after the change
        ("02:30", "2026-10-25 00:15", "2026-10-25 00:30"),  # there are two: the first
        ("02:30", "2026-10-25 01:15", "2026-10-25 01:15"),
    ],
)
def test_an_end_that_the_clock_skips_or_repeats(end: str, moment: str, over: str) -> None:
    assert quiet(end=end).over(at(moment)) == at(over)


def test_days_are_those_on_which_quiet_begins() -> None:
    weekdays = quiet(days=["fri"])
    assert weekdays.over(at("2026-01-17 03:00")) == at("2026-01-17 06:00")  # Saturday morning, begun on Friday
    assert weekdays.over(at("2026-01-17 22:00")) == at("2026-01-17 22:00")
    weekend = quiet("00:00", "00:00", days=["sat", "sun"], zone="UTC")
    assert weekend.over(at("2026-01-17 00:00")) == at("2026-01-19 00:00")


def test_quiet_for_ever_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="quiet for ever"):
        quiet("08:00", "08:00")


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        ({}, True),
        ({"severities": ["elevated", "severe"]}, True),
        ({"severities": ["severe"]}, False),
        ({"dimensions": ["ticker"], "keys": ["GRBN", "CR*"]}, True),
        ({"dimensions": ["topic"]}, False),
        ({"keys": ["crwb"]}, False),
    ],
)
def test_routing_is_by_severity_dimension_and_key(terms: dict[str, object], wanted: bool) -> None:
    assert Subscription.model_validate(terms).wants(notification().payload) is wanted


NOON, NIGHT = at("2026-01-14 12:10"), at("2026-01-14 23:10")


def test_nothing_is_held_back_where_nothing_is_asked_for() -> None:
    assert Subscription().opens(notification(NIGHT), NIGHT) == NIGHT


def test_quiet_hours_hold_back_until_they_end_but_never_what_is_severe() -> None:
    terms = Subscription(quiet=quiet())
    assert terms.opens(notification(NOON), NOON) == NOON
    assert terms.opens(notification(NIGHT), NIGHT) == at("2026-01-15 06:00")
    assert terms.opens(notification(NIGHT, severity="severe"), NIGHT) == NIGHT


def test_what_failed_before_quiet_hours_is_not_tried_again_in_them() -> None:
    assert Subscription(quiet=quiet()).opens(notification(NOON), NIGHT) == at("2026-01-15 06:00")


def test_a_digest_ends_for_all_at_one_time() -> None:
    terms = Subscription(digest=30)
    ends = {terms.opens(notification(NOON + timedelta(minutes=m)), NOON + timedelta(minutes=m)) for m in range(1, 21)}
    assert ends == {at("2026-01-14 12:30")}
    assert terms.opens(notification(NOON, severity="severe"), NOON) == NOON


def test_a_digest_that_ends_in_quiet_hours_waits_for_their_end() -> None:
    terms = Subscription(digest=60, quiet=quiet())
    assert terms.begins(notification(at("2026-01-14 20:30"))) == at("2026-01-15 06:00")


def test_a_channel_hears_of_an_incident_if_one_of_its_keys_is_among_the_channels() -> None:
    topics = Subscription(dimensions=frozenset({"topic"}), keys=("Fin*",))
    told = notification(others=[{"dimension": "topic", "key": "Financials"}]).payload
    assert topics.wants(told)
    assert not topics.wants(notification(others=[{"dimension": "ticker", "key": "Fin"}]).payload)
    assert not topics.wants(notification(others=[{"dimension": "topic", "key": "Energy"}]).payload)
