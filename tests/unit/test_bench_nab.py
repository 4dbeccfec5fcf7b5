"""The benchmark's raw score: by hand, against the plain reading of the paper, and of files that are none."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bearometer_alerts.backtest import offered
from bearometer_cli.bench.nab import FOLDER, nab, rated, raw_scores
from bearometer_shared.errors import UserError

START = datetime(2026, 3, 2)  # noqa: DTZ001 - the benchmark's files name no zone
DATA = Path(__file__).parents[3] / "shared" / "data"
Windows = list[tuple[datetime, datetime]]


def at(rows: int) -> list[datetime]:
    return [START + timedelta(minutes=5 * row) for row in range(rows)]


def windows(*rows: tuple[int, int]) -> Windows:
    moments = at(1000)
    return [(moments[first], moments[last]) for first, last in rows]


def score(loud: Sequence[int], found: Windows, rows: int = 200) -> float:
    scores = [1.0 if row in loud else 0.0 for row in range(rows)]
    return float(raw_scores(rated(at(rows), scores, found), np.array([0.5]))[0])


def test_a_window_earns_by_its_earliest_detection_once() -> None:
    window = windows((100, 119))
    assert score([100], window) == pytest.approx(1.0)
    assert score([100, 105, 119], window) == pytest.approx(1.0)
    assert 0 < score([119], window) < score([110], window) < 1
    assert score([], window) == -1


def test_a_false_detection_costs_less_just_after_a_window() -> None:
    window = windows((100, 119))
    near, far, before = (score([100, row], window) - 1 for row in (120, 190, 60))
    assert -0.11 < near < 0
    assert far == before == pytest.approx(-0.11)
    assert near > score([100, 130], window) - 1


def test_the_first_part_of_a_series_is_not_scored() -> None:
    assert score([3, 20], windows((10, 20), (100, 119))) == -1  # one window counts, and is missed
    assert score([29], windows()) == 0
    assert score([30], windows()) == pytest.approx(-0.11)


def test_one_threshold_for_all_is_tried_at_every_score() -> None:
    chance, found = np.random.default_rng(4), windows((60, 80), (140, 150))
    scores = chance.random(200).round(2)
    one, limits = rated(at(200), scores.tolist(), found), np.unique(scores)
    by_hand = [plain_reading(scores, [(60, 80), (140, 150)], limit) for limit in limits]
    np.testing.assert_allclose(raw_scores(one, limits), by_hand)


def plain_reading(scores: np.ndarray, found: list[tuple[int, int]], limit: float) -> float:
    """Row by row, as the paper words it."""
    total, best = 0.0, dict.fromkeys(found, -1.0)
    for row in range(30, len(scores)):
        if scores[row] < limit:
            continue
        inside = [w for w in found if w[0] <= row <= w[1]]
        ended = [w for w in found if w[1] < row]
        if inside:
            first, last = inside[0]
            worth = sigmoid((row - last - 1) / (last - first + 1)) / sigmoid(-1)
            best[inside[0]] = max(best[inside[0]], worth)
        elif ended:
            place = (row - ended[-1][1]) / (ended[-1][1] - ended[-1][0])
            total += 0.11 * (sigmoid(place) if place <= 3 else -1)
        else:
            total -= 0.11
    return total + sum(best.values())


def sigmoid(place: float) -> float:
    return 2 / (1 + math.exp(5 * place)) - 1


@pytest.mark.skipif(not (DATA / FOLDER).exists(), reason="the labelled series are not beside this checkout")
def test_our_scores_of_the_tweet_counts_are_above_random_cut_forest() -> None:
    found = nab(DATA, offered.anomaly_scores)
    assert found["windows"] == 16
    assert 3.0 < found["score"] < 16
    assert found["score"] == pytest.approx(sum(found["series"].values()), abs=0.05)


def test_a_folder_without_labels_or_series_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"windows\.json"):
        nab(tmp_path, lambda _file: [])
    (tmp_path / "nab").mkdir()
    (tmp_path / "nab" / "windows.json").write_text('{"realTweets/gone.csv": []}')
    with pytest.raises(UserError, match=r"gone\.csv: No such file"):
        nab(tmp_path, lambda _file: [])
