"""Distillation: a smaller model learns what larger ones say, of texts that nobody labelled too."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_artifact
import tiny_bert
import torch
import typer
from typer.testing import CliRunner

from bearometer_shared.inference.engine import Engine
from bearometer_training import base, model, teacher
from bearometer_training.examples import Example, examples
from bearometer_training.loss import Loss, topic_weights
from bearometer_training.settings import Progress, Settings
from bearometer_training.train import train
from bearometer_training.train_command import train as command

pytestmark = pytest.mark.usefixtures("one_thread")

TEXTS = [row.text for row in (*small_artifact.ROWS, *small_artifact.UNSEEN)]


def test_a_model_without_any_label_learns_what_its_teacher_says(tmp_path: Path) -> None:
    asked: list[tuple[int, int]] = []
    teachers = [small_artifact.folder()]
    taught = teacher.teach([Example(text) for text in TEXTS], teachers, tmp_path, lambda *at: asked.append(at))
    assert asked[-1] == (len(TEXTS), len(TEXTS))
    losses: list[float] = []
    how = Settings(epochs=30, batch=8, rate=5e-3, distil=1.0)
    reader = model.reader(base.locate())
    train(tiny_bert.heads(), reader, taught, how, lambda at: losses.append(at.loss))
    entropy = _entropy(taught)  # what is left of the loss when the answers are the teacher's own
    assert losses[-1] - entropy < 0.5 * (losses[0] - entropy)


def _entropy(taught: list[Example]) -> float:
    rows = [np.array(said) for example in taught for said in example.soft.values()]
    return float(sum(-(row * np.log(row + 1e-9)).sum() for row in rows)) / len(taught)


def test_several_teachers_are_averaged_and_asked_once(tmp_path: Path) -> None:
    folder = small_artifact.folder()
    found = [Example("Fenwick warns of a loss"), Example(("Fenwick warns of a loss", "Fenwick"))]
    single, pair = teacher.teach(found, [folder, folder], tmp_path, lambda *_: None)
    (said,) = Engine.load(folder).probabilities(["Fenwick warns of a loss"], "sentiment")
    assert single.soft["sentiment"] == pytest.approx(said[0].tolist(), abs=1e-6)
    assert set(single.soft) == {"sentiment", "topic"}
    assert set(pair.soft) == {"entity"}
    again = teacher.teach(found, [tmp_path / "gone"], tmp_path, lambda *_: None)  # the kept answers are enough
    assert again == [single, pair]


def test_labels_and_teachers_share_the_loss() -> None:
    logits = (torch.zeros(1, 3), torch.zeros(1, 20), torch.zeros(1, 3))
    logits[0][0, 0] = 2.0
    said = Example("a", sentiment="negative", soft={"sentiment": [0.0, 0.0, 1.0]})
    labelled, both, taught = (
        float(Loss(0.0, topic_weights([], 0.0), share)(logits, [said])) for share in (0.0, 0.5, 1.0)
    )
    assert labelled < both < taught
    assert both == pytest.approx((labelled + taught) / 2)
    assert float(Loss(0.0, topic_weights([], 0.0))(logits, [replace(said, soft={})])) == pytest.approx(labelled)


def test_the_command_distils_labelled_rows_and_news_without_labels(tmp_path: Path) -> None:
    rows, news, app = tmp_path / "labels.jsonl", tmp_path / "news.jsonl", typer.Typer()
    labelled = [{"text": row.text, "sentiment": row.sentiment, "topic": row.topic} for row in small_artifact.ROWS]
    rows.write_text("".join(json.dumps(row) + "\n" for row in labelled))
    news.write_text("".join(json.dumps({"title": text}) + "\n" for text in TEXTS))
    app.command()(command)
    words = f"--train {rows} --eval {rows} --recipe head --epochs 1 --unlabelled {news}".split()
    assert "--teacher" in str(CliRunner().invoke(app, [*words, "--out", str(tmp_path / "untaught")]).exception)
    words += ["--out", str(tmp_path / "model"), "--teacher", str(small_artifact.folder())]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    plan = json.loads((tmp_path / "model" / "settings.json").read_text())
    assert plan["teachers"] == [Engine.load(small_artifact.folder()).version]


def test_drills_join_every_epoch_anew() -> None:
    shown: list[Progress] = []
    how = Settings(epochs=2, batch=8, drills=16)
    train(tiny_bert.heads(), model.reader(base.locate()), examples(small_artifact.ROWS), how, shown.append)
    assert shown[-1].step == shown[-1].steps >= 2 * (12 + 16) // 8
