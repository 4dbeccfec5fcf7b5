"""`bench learning`: what the drift keeps from whom, what the figures say, and that a cut-off run goes on."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bearometer_cli.bench import learning, learning_drift, learning_stage
from bearometer_cli.bench.learning_drift import FILE, REPORTING, ROUNDS
from bearometer_cli.bench.learning_stage import Stage, Watch, stage
from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_training.data import Row
from bearometer_training.settings import Progress

TOPICS = ("Macro", "Earnings", "Dividend")


class Macro:
    """Finds everything to be about Macro."""

    @classmethod
    def load(cls, folder: Path) -> "Macro":
        return cls()

    def score(self, texts: Sequence[str]) -> list[Score]:
        return [Score(0, 0, 1_000_000, "Macro", 1_000_000) for _ in texts]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"text": f"row {n} {'bitcoin' if n % 7 == 0 else ''}", "topic": TOPICS[n % 3]} for n in range(600)]
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_the_starting_model_sees_nothing_new_and_no_one_sees_what_judges(folder: Path) -> None:
    drift = learning_drift.made(folder, 150, REPORTING)
    assert len(drift.start) == 150
    assert [len(labels) for labels in drift.rounds] == [10] * ROUNDS
    assert not any(REPORTING.is_new(row) for row in (*drift.start, *drift.judging["old"]))
    assert all(REPORTING.is_new(row) for row in (*drift.labels(ROUNDS), *drift.judging["new"]))
    assert {row.topic for row in drift.labels(ROUNDS)} == set(TOPICS), "new words come under old topics too"
    taught = {row.text for row in (*drift.start, *drift.labels(ROUNDS))}
    assert not taught & {row.text for rows in drift.judging.values() for row in rows}


def test_the_drift_that_settings_were_chosen_on_shares_nothing_with_the_one_that_reports() -> None:
    assert not learning_drift.CHOOSING.topics & REPORTING.topics
    assert not learning_drift.CHOOSING.words & REPORTING.words


def test_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="twitter_topic"):
        learning_drift.made(tmp_path, 150, REPORTING)


def made(old: float, new: float, seconds: float) -> Stage:
    return Stage(Path(), {"old": old, "new": new}, seconds)


def test_forgetting_is_the_worst_rounds_and_gain_the_last_ones() -> None:
    ways = {
        "none": [made(0.70, 0.20, 100)] * 2,
        "naive": [made(0.50, 0.50, 5), made(0.40, 0.60, 5)],
        "ours": [made(0.68, 0.40, 10), made(0.71, 0.56, 12)],
        "full": [made(0.71, 0.50, 100), made(0.72, 0.60, 120)],
    }
    found = learning.figures(ways)
    assert found["rounds"][1]["ours"] == {"old": 0.71, "new": 0.56}
    assert (found["forgetting_points"], found["gain_share"], found["cost_share"]) == (2.0, 0.9, 0.1)


def test_a_stage_that_is_kept_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_stage, "Engine", Macro)
    makes: list[Path] = []

    def make(folder: Path, watch: Watch) -> None:
        makes.append(folder)
        folder.mkdir()
        watch.stage("training")
        watch(Progress(1, 2, 0.5, 30.0))
        watch.stage("exporting")

    said: list[str] = []
    judging = {"old": [Row("a", topic="Macro")], "new": [Row("b", topic="IPO"), Row("c", topic="Macro")]}
    first, second = (stage(tmp_path / "ours-1", make, judging, said.append) for _ in range(2))
    assert first == second
    assert first.accuracy == {"old": 1.0, "new": 0.5}
    assert len(makes) == 1
    assert said[0] == "ours-1: step 1 of 2, 30 s left of it"
