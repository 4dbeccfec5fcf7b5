"""A model as a folder: it goes out and comes back whole, others can load it, and nothing tampered with comes in."""

import json
from pathlib import Path

import pytest
import small_artifact
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Golden, Manifest
from bearometer_training import export, folder, importing, lineage


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    assert folder.write(small_artifact.folder(), tmp_path / "out") == []
    return tmp_path / "out"


def reseal(source: Path, **changes: object) -> None:
    """A manifest that fits the files, whoever wrote them."""
    manifest = artifact.read_manifest(source)
    files = {name: artifact.file_sha256(source / name) for name in manifest.files if (source / name).exists()}
    changed = manifest.model_copy(update={"files": files} | changes)
    (source / artifact.MANIFEST).write_text(changed.model_dump_json())


def test_what_goes_out_comes_in_again_and_nothing_else(exported: Path) -> None:
    with importing.checked(exported) as found:
        assert artifact.verify(found) == artifact.verify(small_artifact.folder())
        assert {path.name for path in found.iterdir()} == {*artifact.verify(found).files, artifact.MANIFEST}


def test_a_bare_artifact_comes_in_too() -> None:
    with importing.checked(small_artifact.folder()) as found:
        assert artifact.verify(found)


def test_transformers_loads_the_encoder_and_the_heads_are_beside_it(exported: Path) -> None:
    trained = export.resume(small_artifact.folder())
    loaded = AutoModel.from_pretrained(exported, add_pooling_layer=False, local_files_only=True).eval()
    ids = torch.tensor([[101, 2204, 2739, 102]])
    with torch.no_grad():
        wanted, got = trained.encoder(ids).last_hidden_state, loaded(ids).last_hidden_state
    assert torch.allclose(wanted, got, atol=1e-5)
    assert set(load_file(exported / folder.HEADS_FILE)) == {
        f"{head}.{part}" for head in ("sentiment", "topic", "entity") for part in ("weight", "bias")
    }


def test_the_card_says_how_the_model_reads_figures(exported: Path) -> None:
    manifest = artifact.read_manifest(exported)
    assert "figures.marked" in (exported / folder.CARD).read_text("utf-8")
    assert "figures.marked" not in folder.card(manifest.model_copy(update={"marks_figures": False}))


def test_the_card_names_lineage_and_figures(exported: Path) -> None:
    card = (exported / folder.CARD).read_text()
    manifest = artifact.read_manifest(exported)
    for part in (manifest.version, manifest.base.sha256, manifest.data_snapshot, manifest.code, "pretrained(DIR)"):
        assert part and part in card
    judged = manifest.model_copy(update={"metrics": {"golden": {"sentiment": {"n": 300, "accuracy": 0.8125}}}})
    assert "- golden, sentiment: n 300, accuracy 0.8125" in folder.card(judged)


def test_what_a_plain_encoder_cannot_hold_is_said(tmp_path: Path) -> None:
    source = small_artifact.copy(tmp_path / "adapted")
    manifest = artifact.read_manifest(source).model_copy(update={"recipe": "adapter"})
    small_artifact.rewrite(source / artifact.MANIFEST, manifest.model_dump_json().encode())
    [note] = folder.write(source, tmp_path / "out")
    assert "recipe adapter" in note
    assert not (tmp_path / "out" / "config.json").exists()
    assert artifact.verify(tmp_path / "out")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "weights.pt", "sub/optimizer.PKL", "model.ckpt"])
def test_pickles_are_refused(exported: Path, name: str) -> None:
    (exported / name).parent.mkdir(exist_ok=True)
    (exported / name).write_bytes(b"\x80\x04.")
    with pytest.raises(ArtifactError, match="could run code") as refused, importing.checked(exported):
        pass
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [artifact.DELTA, artifact.TOKENIZER, artifact.FP32, artifact.INT8])
def test_a_changed_file_is_refused(exported: Path, name: str) -> None:
    content = bytearray((exported / name).read_bytes())
    content[len(content) // 2] ^= 1
    (exported / name).write_bytes(bytes(content))
    with pytest.raises(ArtifactError, match="SHA-256 is not the manifest's"), importing.checked(exported):
        pass


def test_a_link_out_of_the_folder_is_refused(exported: Path, tmp_path: Path) -> None:
    outside = tmp_path / "tokenizer.json"
    (exported / artifact.TOKENIZER).rename(outside)
    (exported / artifact.TOKENIZER).symlink_to(outside)
    with pytest.raises(ArtifactError, match="missing"), importing.checked(exported):
        pass


def wrong(manifest: Manifest) -> list[tuple[dict[str, object], str]]:
    files = manifest.files
    return [
        ({"version": "0" * 12}, "not the hash of its weights"),
        ({"version": "../escape"}, "not the hash of its weights"),
        ({"files": files | {"notes.txt": "0"}}, "notes.txt"),
        ({"files": {name: files[name] for name in files if name != artifact.FP32}}, "does not name model.onnx"),
        ({"serve": "other.onnx"}, "does not name other.onnx"),
        ({"golden": []}, "no golden answers"),
        (
            {"golden": [Golden(text=small_artifact.GOOD[0], signed=-1_000_000, topic="Macro"), *manifest.golden]},
            "as another model would",
        ),
    ]


@pytest.mark.parametrize("number", range(7))
def test_a_manifest_that_claims_what_is_not_so_is_refused(exported: Path, number: int) -> None:
    changes, reason = wrong(artifact.read_manifest(exported))[number]
    (exported / "notes.txt").write_text("0")
    if "notes.txt" in str(changes):
        changes = {"files": changes["files"] | {"notes.txt": artifact.file_sha256(exported / "notes.txt")}}  # type: ignore[operator]  # a dict
    reseal(exported, **changes)
    with pytest.raises(ArtifactError, match=reason), importing.checked(exported):
        pass


def test_what_is_no_folder_of_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no such folder"), importing.checked(tmp_path / "none"):
        pass
    with pytest.raises(ArtifactError, match=r"no readable manifest\.json"), importing.checked(tmp_path):
        pass
    (tmp_path / artifact.MANIFEST).write_text(json.dumps({"version": "a"}))
    with pytest.raises(ArtifactError, match="invalid fields"), importing.checked(tmp_path):
        pass


def test_a_model_says_which_code_made_it() -> None:
    assert artifact.read_manifest(small_artifact.folder()).code == lineage.code_version()
