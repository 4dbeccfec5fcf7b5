"""A real small artifact: it learned, its quantized graph agrees, and nothing that was tampered with loads."""

import shutil
from pathlib import Path

import pytest
import small_artifact
import torch

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.engine import Engine
from bearometer_shared.settings import Settings
from bearometer_training import base, champion, data, export, model


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return small_artifact.copy(tmp_path / "copy")


def test_training_on_a_few_dozen_rows_is_felt_on_texts_it_never_saw() -> None:
    engine = Engine.load(small_artifact.folder(), threads=1)
    found = [score.sentiment for score in engine.score([row.text for row in small_artifact.UNSEEN])]
    assert found == [row.sentiment for row in small_artifact.UNSEEN]


def test_int8_serves_while_it_agrees_and_fp32_does_where_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = artifact.verify(small_artifact.folder())
    found = made.metrics["int8"]
    agrees = found["label_agreement"] >= export.MIN_AGREEMENT and found["mean_score_difference"] <= export.MAX_DRIFT
    assert made.serve == (artifact.INT8 if agrees else artifact.FP32)
    shutil.copyfile(small_artifact.folder() / artifact.DELTA, tmp_path / artifact.DELTA)
    monkeypatch.setattr(export, "MIN_AGREEMENT", 1.1)
    again = export.seal_graphs(tmp_path, base.DEFAULT, [row.text for row in small_artifact.ROWS])
    assert again.serve == artifact.FP32


def test_the_manifest_tells_the_lineage() -> None:
    manifest = artifact.verify(small_artifact.folder())
    assert manifest.base.sha256 == base.DEFAULT_SHA256
    assert manifest.data_snapshot == data.snapshot(small_artifact.ROWS)
    assert manifest.version == manifest.files[artifact.DELTA][:12]
    assert set(manifest.files) == {artifact.DELTA, artifact.TOKENIZER, artifact.FP32, artifact.INT8}


@pytest.mark.parametrize("name", [artifact.DELTA, artifact.TOKENIZER, artifact.FP32, artifact.INT8])
def test_one_flipped_bit_is_noticed(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    small_artifact.rewrite(copy / name, bytes(content))
    with pytest.raises(ArtifactError, match="SHA-256"):
        Engine.load(copy)


@pytest.mark.parametrize("name", [artifact.INT8, artifact.MANIFEST])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        Engine.load(copy)


def test_a_manifest_that_is_none_is_refused(copy: Path) -> None:
    small_artifact.rewrite(copy / artifact.MANIFEST, b"{}")
    with pytest.raises(ArtifactError, match="invalid fields"):
        Engine.load(copy)


def test_a_model_is_not_trained_further_on_another_base(copy: Path) -> None:
    manifest = artifact.read_manifest(copy)
    other = manifest.base.model_copy(update={"sha256": "0" * 64})
    (copy / artifact.MANIFEST).unlink()
    artifact.seal(copy, manifest.model_copy(update={"base": other}))
    with pytest.raises(ArtifactError, match="made from other weights"):
        export.resume(copy)


def test_weights_that_are_no_numbers_never_become_an_artifact(tmp_path: Path) -> None:
    broken = model.build(base.locate())
    with torch.no_grad():
        broken.sentiment.weight[0, 0] = float("nan")
    with pytest.raises(ArtifactError, match="not finite"):
        export.write(broken, tmp_path / "out", ["a text"], base_name=base.DEFAULT)


def test_a_graph_that_answers_otherwise_than_its_model_is_refused() -> None:
    stranger = model.build(base.locate()).eval()
    with pytest.raises(ArtifactError, match="does not answer as the model does"):
        export.check_export(stranger, small_artifact.folder(), [row.text for row in small_artifact.UNSEEN])


def test_the_shipped_champion_is_made_once_and_then_found(tmp_path: Path) -> None:
    shipped, said = tmp_path / "shipped", list[str]()
    shipped.mkdir()
    for name in (artifact.DELTA, artifact.MANIFEST):
        shutil.copyfile(small_artifact.folder() / name, shipped / name)
    settings = Settings(home=tmp_path / "home")
    first = champion.ensure(settings, said.append, shipped)
    assert said
    assert artifact.verify(first).version == artifact.read_manifest(shipped).version
    said.clear()
    assert champion.ensure(settings, said.append, shipped) == first
    assert not said


def test_a_damaged_shipped_champion_is_refused(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    shutil.copyfile(small_artifact.folder() / artifact.MANIFEST, shipped / artifact.MANIFEST)
    (shipped / artifact.DELTA).write_bytes(b"damaged")
    with pytest.raises(ArtifactError, match="install this release again"):
        champion.ensure(Settings(home=tmp_path / "home"), lambda line: None, shipped)
