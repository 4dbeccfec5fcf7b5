"""The search over settings: what it counts, what it leaves behind, and what it refuses; on a small random BERT."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import optuna
import pytest
import tiny_bert
import torch
import typer
from optuna.trial import FixedTrial, TrialState
from typer.testing import CliRunner, Result

from bearometer_shared.errors import UserError
from bearometer_training import base, model, settings, train, tune, tune_command, tune_report
from bearometer_training.data import Row
from bearometer_training.judged import Judged
from bearometer_training.settings import Progress, Settings

pytestmark = pytest.mark.usefixtures("one_thread")

WORDS = {"negative": "loss warning default", "neutral": "meeting agenda calendar", "positive": "profit record surge"}
NAMES = ("Ardent", "Bexley", "Corvo", "Dunmore", "Eskil", "Farrow", "Gildern", "Hallam")
ROWS = [Row(f"{name} {words}", label, "Earnings", ((name, label),)) for name in NAMES for label, words in WORDS.items()]
JUDGING = [Row("Inver profit record", "positive", None, (("Inver", "positive"),)), ROWS[0]]
START = Settings(epochs=1, batch=16, rate=5e-3)


@pytest.fixture(scope="module")
def task() -> tune.Task:
    taught, measuring, heads = tune.divide(ROWS, JUDGING)
    return tune.Task(tiny_bert.heads, model.reader(base.locate()), taught, measuring, heads, START)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    file = tmp_path / "labels.jsonl"
    rows = [asdict(row) | {"entities": dict(row.entities)} for row in ROWS]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    app.command()(tune_command.tune)
    return CliRunner().invoke(app, [str(word) for word in words])


def searched(folder: Path, task: tune.Task, trials: int) -> list[optuna.trial.FrozenTrial]:
    folder.mkdir(exist_ok=True)
    with tune.opened(folder) as study:
        tune.search(study, task, trials)
        return study.get_trials()


def test_a_search_that_was_killed_goes_on_as_if_it_had_not_been(task: tune.Task, tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", task, 3)
    searched(tmp_path / "cut", task, 2)
    with tune.opened(tmp_path / "cut") as study:
        study.ask()  # what a kill leaves: a trial that seems to run for ever
    resumed = searched(tmp_path / "cut", task, 3)
    assert [trial.state.name for trial in resumed] == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
    counted = [trial for trial in resumed if trial.state == TrialState.COMPLETE]
    assert [(trial.params, trial.value) for trial in counted] == [(trial.params, trial.value) for trial in whole]
    assert len({trial.params["rate"] for trial in whole}) == 3  # no draw is made twice
    assert len(searched(tmp_path / "cut", task, 3)) == 4  # three are done: nothing is left to do


def test_trials_differ_in_nothing_but_their_settings_and_the_first_is_the_start(
    task: tune.Task, tmp_path: Path
) -> None:
    drawn: list[float] = []

    def build() -> model.Heads:
        drawn.append(torch.rand(1).item())  # as fresh heads are
        return tiny_bert.heads()

    torch.manual_seed(99)  # whatever came before
    first, other = searched(tmp_path, replace(task, build=build), 2)
    assert drawn[0] == drawn[1]
    assert tune.proposed(first, START) == START != tune.proposed(other, START)


def test_what_it_finds_is_settings_that_train_accepts(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "build", lambda folder: tiny_bert.heads())
    (tmp_path / "start.toml").write_text("epochs = 1\nbatch = 24\n")
    words = ["--train", labels, "--config", tmp_path / "start.toml", "--out", tmp_path / "search"]
    found = run(*words, "--trials", "2", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert (told["trials"], told["pruned"], told["heads"]) == (2, 0, ["sentiment", "topic", "entity"])
    assert told["best"]["score"] == max(row["score"] for row in told["ranking"]) >= told["start"]
    assert asdict(settings.from_file(Path(told["config"]))) == told["best"]["settings"]
    assert Path(told["history"]).read_bytes().startswith(b"\x89PNG")
    table = run(*words, "--trials", "2").stdout  # nothing is left to do but to tell
    assert "2 trials, 0 of them pruned" in table
    assert "bearometer train --config" in table
    other = run(*words, "--recipe", "head")
    assert "no run of these settings and rows" in str(other.exception)


def test_an_unknown_recipe_is_one_line_before_anything_is_loaded(labels: Path, tmp_path: Path) -> None:
    found = run("--train", labels, "--out", tmp_path / "search", "--recipe", "magic")
    assert isinstance(found.exception, UserError)
    assert "'magic'" in str(found.exception)
    assert "\n" not in str(found.exception)
    assert not (tmp_path / "search").exists()


def test_a_trial_below_the_median_is_pruned_and_counts(
    task: tune.Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[object] = []

    def quick(*given: object) -> object:
        found, *_, report = given
        trained.append(found)
        assert callable(report)
        for step in range(1, 9):
            report(Progress(step, 8, 0.5, 0.0))
        return found

    monkeypatch.setattr(tune.Task, "score", lambda task, found: -len(trained) / 100)  # each worse than those before
    monkeypatch.setattr(train, "train", quick)
    with tune.opened(tmp_path) as study:
        tune.search(study, task, 6)
        tune_report.draw(study, tmp_path / "history.png")
        facts = tune_report.facts(study, task)
        assert len(tune.ended(study)) == 6
        assert study.get_trials()[5].state == TrialState.PRUNED
        assert list(study.get_trials()[5].intermediate_values) == [1]  # a quarter of the way
    assert (facts["pruned"], facts["best"]["trial"], facts["start"]) == (1, 0, -0.01)


def test_trials_that_do_not_fit_the_memory_count_and_never_win(
    task: tune.Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def large(*given: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(train, "train", large)
    with tune.opened(tmp_path) as study:
        tune.search(study, task, 2)
        with pytest.raises(UserError, match="none of 2 trials reached its end"):
            tune_report.facts(study, task)


def test_a_model_that_diverged_is_hopeless(task: tune.Task, tmp_path: Path) -> None:
    def diverged() -> model.Heads:
        found = tiny_bert.heads()
        torch.nn.init.constant_(found.topic.bias, torch.nan)
        return found

    with tune.opened(tmp_path) as study:
        tune.search(study, replace(task, build=diverged), 1)
        assert [trial.state.name for trial in study.get_trials()] == ["PRUNED"]


def test_no_trial_begins_when_the_time_is_over(task: tune.Task, tmp_path: Path) -> None:
    with tune.opened(tmp_path) as study:
        tune.search(study, task, 2, seconds=0)
        assert not study.get_trials()


def test_answers_come_in_order_whatever_batch_they_were_in(task: tune.Task) -> None:
    judged = Judged(tiny_bert.heads(), task.reader)
    texts = [f"{row.text} " * (n % 4 + 1) for n, row in enumerate(ROWS * 3)]
    together, alone = judged.score(texts), [judged.score([text])[0] for text in texts[:5]]
    for one, other in zip(together, alone, strict=False):
        assert (one.sentiment, one.topic) == (other.sentiment, other.topic)
        assert one.signed == pytest.approx(other.signed, abs=10)
    assert judged.score([]) == judged.towards([]) == []


def test_the_rows_that_judge_the_final_model_are_never_seen() -> None:
    taught, measuring, heads = tune.divide(ROWS, JUDGING)
    assert heads == ["sentiment", "topic", "entity"]
    assert not {row.text for row in taught} & {row.text for row in measuring}
    assert {row.text for row in [*taught, *measuring]} == {row.text for row in ROWS[1:]}
    assert tune.divide(ROWS, [Row("Inver profit", "positive")])[2] == ["sentiment"]


@pytest.mark.parametrize(
    ("rows", "judging", "reason"),
    [
        (ROWS[:1], JUDGING, "none to train on"),
        ([replace(row, topic=None) for row in ROWS], [Row("Inver", topic="Earnings")], "no label for topic"),
        (ROWS, [Row("Inver")], "none of the rows to judge by"),
    ],
)
def test_rows_too_few_to_search_with_are_the_users_mistake(rows: list[Row], judging: list[Row], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        tune.divide(rows, judging)


def test_the_space_holds_any_start() -> None:
    for start in (START, replace(START, batch=24, epochs=9, average=0.9, balance=2.0, decay=0.5, warmup=0.4)):
        assert tune.proposed(FixedTrial(asdict(start)), start) == start


def test_two_searches_never_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "up 50%? #1"  # marks that an address would read in its own way
    folder.mkdir()
    with tune.opened(folder), pytest.raises(UserError, match="another search runs there"), tune.opened(folder):
        pass
    assert (folder / tune.STUDY).is_file()


def test_a_damaged_study_is_one_line(tmp_path: Path) -> None:
    (tmp_path / tune.STUDY).write_bytes(b"no database at all" * 100)
    with pytest.raises(UserError, match="cannot be read as a study"), tune.opened(tmp_path):
        pass
