"""Makes a trained artifact the champion that ships: `python -m bearometer_training.shipping DIR`.

Only what fine-tuning added is kept, with its manifest; graphs and tokenizer are made again where it is first used.
"""

import shutil
import sys
from pathlib import Path

from bearometer_shared.inference import artifact
from bearometer_training.champion import SHIPPED

FIGURES = ("n", "accuracy", "macro_f1", "weighted_f1", "ece")


def ship(folder: Path, target: Path = SHIPPED) -> None:
    """Copies the difference of the artifact in `folder` and writes a manifest for it. Raises ArtifactError."""
    manifest = artifact.verify(folder)
    shutil.copyfile(folder / artifact.DELTA, target / artifact.DELTA)
    heads = {
        head: {name: round(report[name], 4) for name in FIGURES} for head, report in manifest.metrics["eval"].items()
    }
    kept = {
        "files": {artifact.DELTA: manifest.files[artifact.DELTA]},
        "golden": [],
        "metrics": {"eval": heads, "settings": manifest.metrics["settings"]},
    }
    (target / artifact.MANIFEST).write_text(manifest.model_copy(update=kept).model_dump_json(indent=2) + "\n")


if __name__ == "__main__":
    ship(Path(sys.argv[1]))
