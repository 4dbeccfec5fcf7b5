"""The champion that ships, made here as a newcomer's first start makes it."""

from pathlib import Path

from bearometer_shared.inference import artifact
from bearometer_training import export


def test_its_quantized_graph_agrees_with_the_exact_one_and_serves(model_store: Path) -> None:
    (folder,) = (path.parent for path in model_store.glob(f"*/{artifact.MANIFEST}"))
    manifest = artifact.verify(folder)
    assert manifest.metrics["int8"]["label_agreement"] >= export.MIN_AGREEMENT
    assert manifest.metrics["int8"]["mean_score_difference"] <= export.MAX_DRIFT
    assert manifest.serve == artifact.INT8
