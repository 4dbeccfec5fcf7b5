"""Anomaly scores of a series of counts: what they find, what they leave alone, what they may depend on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bearometer_alerts.backtest import episodes
from bearometer_alerts.backtest.anomaly import anomalies, p_value, rarity, together
from bearometer_alerts.backtest.series import DAY_S, HOUR_S, Series, read
from bearometer_shared.errors import UserError

STEP_S = 300
DAY = DAY_S // STEP_S
START = 1_583_107_200  # a Monday
NAB = Path(__file__).parents[3] / "shared" / "data" / "nab" / "realKnownCause"


def series(values: np.ndarray, seconds: np.ndarray | None = None) -> Series:
    times = START + STEP_S * np.arange(len(values), dtype=float) if seconds is None else seconds
    return Series("made", times, values.astype(float), [])


def calm(days: int, seed: int = 1, mean: float = 40.0) -> np.ndarray:
    """Over-dispersed counts with a busy afternoon and quiet week-ends."""
    chance, row = np.random.default_rng(seed), np.arange(days * DAY)
    usual = mean * np.exp(np.cos(2 * np.pi * (row / DAY - 0.6))) * np.where(row // DAY % 7 >= 5, 0.5, 1.0)
    return chance.poisson(chance.gamma(12, usual / 12))


def found(values: np.ndarray) -> list[episodes.Episode]:
    made = series(values)
    return list(episodes.episodes(made.seconds, anomalies(made), episodes.THRESHOLD))


@pytest.mark.parametrize("cut", [1, 2, 500, 4000, 4001, 4005, 4011])
def test_a_score_depends_on_its_row_and_earlier_ones_only(cut: int) -> None:
    values = calm(16)
    values[3900:3950] *= 4
    whole, part = anomalies(series(values)), anomalies(series(values[:cut]))
    for name in ("scores", "expected", "surprise", "drift"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:cut])


def test_a_spike_is_told_once_and_at_its_beginning() -> None:
    values = calm(28)
    start = 21 * DAY + 150
    values[start : start + 40] *= 5
    loud = [episode for episode in found(values) if start <= episode.start < start + 40]
    assert len(loud) == 1
    assert loud[0].start <= start + 2
    assert loud[0].end is not None
    assert start + 40 <= loud[0].end < start + 40 + DAY


def test_calm_counts_with_a_day_and_a_week_fire_seldom() -> None:
    """A thousand rows without an equal: some eight in four weeks would be chance; the floor leaves fewer."""
    assert sum(len(found(calm(28, seed))) for seed in range(4)) <= 8


def test_one_row_alone_is_no_event() -> None:
    values = calm(28)
    quiet = len(found(values))
    values[[3000, 4500, 6000]] *= 30
    assert len(found(values)) <= quiet


def test_a_slow_drift_that_no_row_shows_is_found_by_the_cusum() -> None:
    values = calm(28)
    start = 21 * DAY
    values[start : start + 3 * DAY] = values[start : start + 3 * DAY] * 1.8
    scores = anomalies(series(values))
    assert (scores.drift & (scores.scores > episodes.THRESHOLD))[start : start + 3 * DAY].any()


def test_after_a_gap_the_level_of_the_day_before_is_forgotten() -> None:
    values, rows = calm(24), np.arange(24 * DAY)
    values[14 * DAY :] = calm(24, mean=240.0)[14 * DAY :]  # the world is another one when the data come back
    seconds = START + STEP_S * rows + np.where(rows >= 14 * DAY, 30 * DAY_S, 0.0)
    scores = anomalies(series(values, seconds))
    back = 14 * DAY
    assert np.isnan(scores.expected[back : back + HOUR_S // STEP_S]).all()  # the first hour: nothing to compare with
    loudest = scores.scores[back : back + DAY // 2].max()
    assert loudest < 0.4  # a row alone may be told, for the spread is still the old one; what lasts would score 0.67


def test_the_first_day_is_not_scored() -> None:
    values = calm(8)
    values[100:120] *= 20
    assert not anomalies(series(values)).scores[:DAY].any()


def test_rarity_counts_the_rows_since_the_last_equal() -> None:
    surprise = np.array([0.0, 5.0, 1.0, 9.0, 4.0, 8.0, 2.0, 20.0, 10.0])
    assert rarity(surprise).tolist() == [0, 1, 0, 3, 1, 2, 0, 7, 1]


def test_what_two_tests_find_is_rarer_than_what_one_finds() -> None:
    lasting, alone = np.zeros(2001), np.zeros(2001)
    lasting[[500, 1000, 2000]], alone[[1000, 1500, 2000]] = (400, 400, 1500), (100, 100, 1500)
    found = together(lasting, alone)
    assert found[[500, 1000, 1500]] == pytest.approx([400, 900, 100])
    assert found[2000] == 2000  # of two thousand rows none can tell more: short series stay without alerts


def test_the_p_value_is_that_of_a_record() -> None:
    """A thousand rows without an equal: one chance in a thousand and one."""
    assert p_value(episodes.THRESHOLD) == pytest.approx(1 / 1001)
    assert [episodes.severity(rows / (rows + 2000)) for rows in (10, 1000, 4000, 10000)] == [
        "watch",
        "watch",
        "elevated",
        "severe",
    ]


@pytest.mark.parametrize(
    "values",
    [np.zeros(900), np.full(900, 7), np.array([3]), np.r_[np.zeros(800), np.full(100, 1e15)]],
    ids=["nothing ever", "never another", "one row", "nothing, then the largest"],
)
def test_degenerate_series_have_scores_between_0_and_1(values: np.ndarray) -> None:
    scores = anomalies(series(values)).scores
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1: no column timestamp and no column value"),
        ("timestamp,count\n", "line 1: no column value"),
        ("timestamp,value\n", "holds no rows"),
        ("timestamp,value\n2026-01-01 00:00,1\nsoon,2\n", "line 3: 'soon' is not a time"),
        ("timestamp,value\n2026-01-01 00:00,1\n2026-01-01 00:05,many\n", "line 3: 'many' is not a number"),
        ("timestamp,value\n2026-01-01 00:00,1\n2026-01-01 00:05\n", "line 3: 'an empty value' is not a number"),
        ("timestamp,value\n2026-01-01 00:00,-1\n", "line 2: -1 is no count"),
        ("timestamp,value\n2026-01-01 00:00,nan\n", "line 2: nan is no count"),
        ("timestamp,value\n2026-01-02 00:00,1\n2026-01-01 00:00,1\n", "line 3: 2026-01-01 00:00 comes before"),
    ],
)
def test_a_file_that_is_no_series_is_one_line_that_names_the_place(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "counts.csv"
    file.write_text(text)
    message = _refusal(lambda: read(file))
    assert str(file) in message
    assert reason in message


def _refusal(act: Callable[[], object]) -> str:
    with pytest.raises(UserError) as refused:
        act()
    return str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_bytes(b"\xff\xfe\x00\x01" * 50)
    assert "not a CSV text" in _refusal(lambda: read(tmp_path / "counts.csv"))


def test_a_clock_that_is_put_back_and_rows_that_repeat_are_kept_and_counted(tmp_path: Path) -> None:
    times = ("01:00", "01:30", "02:00", "01:30", "02:00", "02:00", "02:30", "06:30", "07:00")
    rows = "".join(f"2026-10-25 {time}:00,5\n" for time in times)
    (tmp_path / "autumn.csv").write_text("timestamp,value\n" + rows)
    found = read(tmp_path / "autumn.csv")
    assert found.oddities() == {"repeated": 1, "set_back": 1, "gaps": 1}
    assert len(anomalies(found).scores) == len(times)


@pytest.mark.skipif(not NAB.exists(), reason="the labelled series are not beside this checkout")
def test_the_known_events_of_the_taxi_series_are_found() -> None:
    """Thanksgiving, Christmas, New Year and the blizzard of January 2015: each within two days, and little else."""
    taxis = read(NAB / "nyc_taxi.csv")
    days = [alert.fired_at.date().isoformat() for alert in episodes.alerts(taxis, anomalies(taxis), episodes.THRESHOLD)]
    for event in (
        ("2014-11-27", "2014-11-28"),
        ("2014-12-24", "2014-12-25"),
        ("2015-01-01",),
        ("2015-01-26", "2015-01-27"),
    ):
        assert set(event) & set(days), event
    assert len(days) <= 8
