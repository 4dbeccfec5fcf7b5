"""What ships of a trained model: the difference to its base, and a manifest that knows it."""

from pathlib import Path

import pytest
import small_artifact

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact
from bearometer_training import champion, shipping

LARGEST = 12_000_000  # bytes


def trained(home: Path) -> Path:
    """The small artifact as the command `train` leaves one, with its figures and settings."""
    folder = small_artifact.copy(home / "trained")
    report = {"n": 3, "accuracy": 0.123456, "macro_f1": 0.5, "weighted_f1": 0.5, "ece": 0.1, "classes": {}}
    manifest = artifact.read_manifest(folder)
    metrics = manifest.metrics | {"eval": {"sentiment": report}, "settings": {"epochs": 6}}
    small_artifact.rewrite(
        folder / artifact.MANIFEST, manifest.model_copy(update={"metrics": metrics}).model_dump_json().encode()
    )
    return folder


def test_only_the_difference_and_its_manifest_ship(tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    shipping.ship(trained(tmp_path), tmp_path / "shipped")
    assert {file.name for file in (tmp_path / "shipped").iterdir()} == {artifact.DELTA, artifact.MANIFEST}
    manifest = artifact.read_manifest(tmp_path / "shipped")
    assert manifest.files == {artifact.DELTA: artifact.file_sha256(tmp_path / "shipped" / artifact.DELTA)}
    assert manifest.metrics["eval"]["sentiment"] == {
        "n": 3,
        "accuracy": 0.1235,
        "macro_f1": 0.5,
        "weighted_f1": 0.5,
        "ece": 0.1,
    }


def test_a_damaged_artifact_does_not_ship(tmp_path: Path) -> None:
    folder = trained(tmp_path)
    small_artifact.rewrite(folder / artifact.INT8, b"no graph")
    with pytest.raises(ArtifactError):
        shipping.ship(folder, tmp_path)


def test_what_ships_is_small_and_whole() -> None:
    manifest = artifact.read_manifest(champion.SHIPPED)
    assert artifact.file_sha256(champion.SHIPPED / artifact.DELTA) == manifest.files[artifact.DELTA]
    assert (champion.SHIPPED / artifact.DELTA).stat().st_size < LARGEST
