"""`bearometer train` and `evaluate` as a data scientist meets them."""

import json
from pathlib import Path

import pytest
import small_artifact
import typer
from typer.testing import CliRunner, Result

from bearometer_shared.errors import UserError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.engine import Engine
from bearometer_training.evaluate_command import evaluate
from bearometer_training.score_command import score
from bearometer_training.train_command import train

ROWS = [
    {"text": row.text, "sentiment": row.sentiment, "topic": row.topic, "entities": {row.text.split()[0]: row.sentiment}}
    for row in small_artifact.ROWS
]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return file


def run(command: object, *words: str | Path) -> Result:
    app = typer.Typer()
    app.command()(command)  # type: ignore[type-var]  # any of our commands
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_model_is_trained_by_any_recipe_and_measured_in_every_head(labels: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    words = ["--train", labels, "--eval", labels, "--out", out, "--recipe", "lora", "--epochs", "1", "--json"]
    found = run(train, *words)
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert {"sentiment", "topic", "entity"} <= set(told)
    manifest = artifact.verify(out)
    assert manifest.recipe == "lora"
    assert manifest.marks_figures
    assert set(manifest.temperatures) == {"sentiment", "topic", "entity"}
    assert list((out / "curves").iterdir())  # TensorBoard's
    again = run(train, *words)
    assert isinstance(again.exception, UserError)
    assert "finished model" in str(again.exception)


def test_an_artifact_is_trained_further_with_its_own_heads(labels: Path, tmp_path: Path) -> None:
    start, out = small_artifact.copy(tmp_path / "old"), tmp_path / "model"
    unmarked = artifact.verify(start).model_copy(update={"marks_figures": False, "max_tokens": 64})
    small_artifact.rewrite(start / artifact.MANIFEST, unmarked.model_dump_json().encode())
    words = ["--train", labels, "--eval", labels, "--from", start, "--epochs", "1", "--rate", "1e-6"]
    found = run(train, *words, "--out", out, "--json")
    assert found.exit_code == 0, found.output
    manifest = artifact.verify(out)
    assert manifest.parent == artifact.verify(start).version
    assert manifest.metrics["settings"]["head_rate"] == 0
    assert (manifest.marks_figures, manifest.max_tokens) == (False, 64)  # it reads as it was taught
    texts = [row.text for row in small_artifact.UNSEEN]
    asked = [[score.sentiment for score in Engine.load(folder, threads=1).score(texts)] for folder in (start, out)]
    assert asked[0] == asked[1]  # at so small a rate it knows what it knew
    refused = run(train, *words, "--out", tmp_path / "other", "--base", "another")
    assert "--base another" in str(refused.exception)


def test_what_is_trained_further_may_stay_near_what_it_was(labels: Path, tmp_path: Path) -> None:
    start, config = small_artifact.copy(tmp_path / "old"), tmp_path / "near.toml"
    words = ["--train", labels, "--eval", labels, "--epochs", "1", "--rate", "1e-2", "--config", config]
    config.write_text("blend = 1e-6")
    assert run(train, *words, "--from", start, "--out", tmp_path / "near").exit_code == 0
    texts = [row.text for row in small_artifact.UNSEEN]
    before, after = (
        [score.signed for score in Engine.load(f, threads=1).score(texts)] for f in (start, tmp_path / "near")
    )
    assert after == pytest.approx(before, abs=100_000)  # of a million; temperatures are set anew
    refused = run(train, *words, "--out", tmp_path / "base")
    assert "blend = 1e-06: only what is trained --from an artifact" in str(refused.exception)
    config.write_text("blend = 1.5")
    refused = run(train, *words, "--from", start, "--out", tmp_path / "far")
    assert "blend = 1.5 is not above 0 and up to 1" in str(refused.exception)


def test_a_run_with_other_settings_does_not_go_on_from_here(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "settings.json").write_text('{"epochs": 99}\n')
    found = run(train, "--train", labels, "--eval", labels, "--out", tmp_path / "begun")
    assert "no run of these settings" in str(found.exception)


def test_an_unknown_recipe_is_named_before_anything_is_loaded(labels: Path, tmp_path: Path) -> None:
    found = run(train, "--train", labels, "--eval", labels, "--out", tmp_path / "model", "--recipe", "magic")
    assert isinstance(found.exception, UserError)
    assert "'magic'" in str(found.exception)


def test_an_evaluation_has_its_pictures_and_its_rate(labels: Path, tmp_path: Path) -> None:
    words = ["--data", labels, "--model", small_artifact.folder(), "--no-behaviour"]
    found = run(evaluate, *words, "--plots", tmp_path / "pictures", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["rate"] > 0
    assert told["entity"]["n"] == len(ROWS)
    for head in ("sentiment", "topic", "entity"):
        assert (tmp_path / "pictures" / f"{head}.png").read_bytes().startswith(b"\x89PNG")


def test_rows_without_any_label_are_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "bare.jsonl").write_text('{"text": "Nothing known"}\n')
    found = run(evaluate, "--data", tmp_path / "bare.jsonl", "--model", small_artifact.folder())
    assert "no row carries a label" in str(found.exception)


def test_a_score_names_its_words_and_the_sentiment_towards_an_entity() -> None:
    words = ["--model", small_artifact.folder(), "--entity", "Fenwick", "--explain"]
    found = run(score, "Fenwick warns of a loss", *words, "--json")
    told = json.loads(found.stdout)
    assert [word["word"] for word in told["words"]] == ["Fenwick", "warns", "of", "a", "loss"]
    assert set(told["entities"]) == {"Fenwick"}
    assert "towards Fenwick" in run(score, "Fenwick warns of a loss", *words).stdout
