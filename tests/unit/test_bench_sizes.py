"""`bench sizes`: what is said of an artifact, and how artifacts stand beside each other. Never how fast they are."""

import json
from pathlib import Path

import pytest
import small_artifact

from bearometer_cli.bench import sizes
from bearometer_cli.bench.commands import bench
from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.inference import artifact
from bearometer_training import export

TEXTS = ["profit up", "loss widens at a maker of valves", "bank halts withdrawals", "oil falls", "cocoa steady"]
SEALED = {"n": 10, "accuracy": 0.9, "macro_f1": 0.85, "classes": {}}


def judged(folder: Path) -> Path:
    """The small artifact with sealed figures of one head."""
    small_artifact.copy(folder)
    manifest = artifact.read_manifest(folder)
    (folder / artifact.MANIFEST).unlink()
    artifact.seal(folder, manifest.model_copy(update={"metrics": {"eval": {"topic": SEALED}}}))
    return folder


def test_parameters_are_those_of_the_model() -> None:
    folder = small_artifact.folder()
    loaded = export.load(folder, artifact.read_manifest(folder).base.name)
    wanted = sum(weight.numel() for weight in loaded.parameters())
    assert sizes.parameters(folder / artifact.FP32) == pytest.approx(wanted, rel=1e-4)


def test_artifacts_stand_beside_each_other_with_their_sealed_figures(tmp_path: Path) -> None:
    bare, known = small_artifact.folder(), judged(tmp_path / "known")
    found = sizes.sizes([bare, known], TEXTS, 1, lambda line: None)
    assert list(found) == [str(bare), str(known)]
    assert found[str(bare)]["times"] == 1.0
    assert all(one["rate"] > 0 for one in found.values())
    assert found[str(bare)]["quality"] == {}
    assert found[str(known)]["quality"] == {"topic": {"n": 10, "accuracy": 0.9, "macro_f1": 0.85}}
    assert found[str(bare)]["megabytes"] == found[str(known)]["megabytes"]
    head, first, second = sizes.table(found)
    assert head.split() == ["model", "parameters", "MB", "headlines/s", "times", "topic"]
    assert first.endswith("  -")
    assert second.endswith("0.900 / 0.850")
    assert len(head) == len(first) == len(second)


def test_a_damaged_artifact_is_named(tmp_path: Path) -> None:
    folder = small_artifact.copy(tmp_path / "copy")
    small_artifact.rewrite(folder / artifact.TOKENIZER, b"{}")
    with pytest.raises(ArtifactError, match=artifact.TOKENIZER):
        sizes.sizes([folder], TEXTS, 1, lambda line: None)


def test_the_command_wants_models_and_other_benchmarks_want_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name folders of trained models"):
        bench("sizes")
    with pytest.raises(UserError, match="bench score takes no model"):
        bench("score", [Path("model")])


def test_the_command_prints_one_object_or_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    news, folder = tmp_path / "news.jsonl", small_artifact.folder()
    news.write_text("".join(json.dumps({"title": f"profit up {n}"}) + "\n" for n in range(50)))
    bench("sizes", [folder], items=50, file=news, as_json=True)
    assert set(json.loads(capsys.readouterr().out)) == {str(folder)}
    bench("sizes", [folder], items=50, file=news)
    assert capsys.readouterr().out.startswith("model")
