"""How the dashboard says times, scores and chances."""

from datetime import UTC, datetime, timedelta

import pytest

from bearometer_dashboard.wording import clock, lasting, moment, odds, short, signed

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def test_times_are_shown_in_utc_whatever_zone_they_came_in() -> None:
    assert clock(moment("2026-03-05T13:02:03+02:00")) == "Thu 5 Mar 2026, 11:02:03"
    assert clock(moment(None)) == "\N{EM DASH}"


def test_a_time_of_another_day_carries_its_date() -> None:
    assert short(NOON - timedelta(hours=3), NOON) == "09:00"
    assert short(NOON - timedelta(hours=13), NOON) == "4 Mar 23:00"
    assert short(NOON, None) == "5 Mar 12:00"


@pytest.mark.parametrize(
    ("minutes", "said"), [(-3, "0 min"), (4, "4 min"), (65, "1 h 05 min"), (60 * 52, "2 d 4 h"), (60 * 24, "1 d 0 h")]
)
def test_a_span_is_said_in_its_two_largest_units(minutes: int, said: str) -> None:
    assert lasting(timedelta(minutes=minutes)) == said


def test_scores_carry_a_sign_that_lines_up() -> None:
    assert [signed(s) for s in (0.421, 0, -0.9)] == ["+0.42", "+0.00", "\N{MINUS SIGN}0.90"]


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.5, "1 in 2"),
        (0.0031, "1 in 320"),
        (2.4e-5, "1 in 42,000"),
        (2.4e-7, "1 in 4.2 million"),
        (2.4e-11, "1 in 42 billion"),
        (1e-12, "under 1 in a trillion"),
        (0.0, "under 1 in a trillion"),
    ],
)
def test_a_tail_probability_is_said_so_that_it_can_be_pictured(p: float, said: str) -> None:
    assert odds(p) == said
