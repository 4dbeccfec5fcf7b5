"""The tables of `bench training`: who learns from what, with which settings. The learning is tested elsewhere."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import small_artifact

from bearometer_cli.bench import training
from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_training import data
from bearometer_training.examples import Example
from bearometer_training.settings import Settings


class Optimist:
    """Finds everything good."""

    def score(self, texts: Sequence[str]) -> list[Score]:
        return [Score(0, 0, 1_000_000, "Macro", 1_000_000) for _ in texts]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return [Opinion(0, 0, 1_000_000) for _ in pairs]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    for name, file in training.SETS.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        rows = [{"text": f"{name} {n}", "sentiment": "positive"} for n in range(80)]
        (tmp_path / file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.fixture(autouse=True)
def few_seed_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tmp_path / "seed.jsonl"
    few.write_text("".join(data.SEED.read_text().splitlines(keepends=True)[:400]))
    monkeypatch.setattr(data, "SEED", few)


def test_each_run_leaves_out_what_its_name_says(sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[set[str], Settings, bool]] = []

    def learn(found: Sequence[Example], how: Settings) -> Optimist:
        taught = any(example.soft for example in found)
        runs.append(({str(example.input).split()[0] for example in found} & set(training.SETS), how, taught))
        return Optimist()

    monkeypatch.setattr(training, "learn", learn)
    said: list[str] = []
    tables = training.training(sets, 40, small_artifact.folder(), sets / "kept", said.append)
    assert [set(table) for table in tables.values()] == [
        {"plain", *training.MEASURES},
        {"distilled", "the teacher itself"},
        {"head", "adapter", "lora", "adalora", "prefix", "prompt"},
        {*training.SETS, "seed"},
        {*training.SETS, "seed"},
    ]
    assert tables["sets left out"]["tweets"]["tweets sentiment"] == 1.0
    names = [line.split(":")[0] for line in said if not line.startswith("the teacher itself")]
    by_name = dict(zip(names, runs, strict=True))
    assert [name for name in names if by_name[name][2]] == ["distilled"]
    assert by_name["without tweets"][0] == {"topics", "entities"}
    assert by_name["only tweets"][0] == {"tweets"}
    assert by_name["PGD"][1].attacks == 2
    assert all(how.blend == 1 for _, how, _ in runs)
    assert by_name["lora"][1].recipe == "lora"
    assert training.training(sets, 40, small_artifact.folder(), sets / "kept", said.append) == tables
    assert len(runs) == len(names)  # nothing is learnt twice


def test_a_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="twitter_sentiment"):
        training.training(tmp_path, 10, tmp_path, tmp_path, print)
