"""An artifact as a Hugging Face-style folder: what transformers loads, and our own files beside it."""

import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import MANIFEST, Manifest
from bearometer_training import export, recipes

HEADS_FILE = "heads.safetensors"
CARD = "README.md"
MARKS = 'It reads "profit 12 mn ↑ vs 9 mn ↓": texts go through `bearometer_shared.inference.figures.marked` first.'
FIGURES = ("n", "accuracy", "macro_f1", "ece")


def write(source: Path, out: Path) -> list[str]:
    """Writes the artifact in `source` to `out`: its files, the whole encoder, the heads, a model card.

    Returns notes on what could not be written. Raises ArtifactError where the artifact or its base is damaged.
    """
    manifest = artifact.verify(source)
    out.mkdir(parents=True, exist_ok=True)
    for name in (*manifest.files, MANIFEST):
        shutil.copyfile(source / name, out / name)
    (out / CARD).write_text(card(manifest), "utf-8")
    if not recipes.is_plain(manifest.recipe):
        return [f"no plain checkpoint: recipe {manifest.recipe} leaves tensors that a plain BERT has no place for"]
    model = export.resume(source)
    model.encoder.save_pretrained(out)
    heads = {
        name: weight.contiguous() for name, weight in model.state_dict().items() if not name.startswith("encoder.")
    }
    save_file(heads, out / HEADS_FILE)
    return []


def card(manifest: Manifest) -> str:
    """The model card: where the model comes from, how it did, and how it is used."""
    facts = {
        "base": f"{manifest.base.name} (SHA-256 {manifest.base.sha256})",
        "parent": manifest.parent or "none, trained from the base",
        "recipe": manifest.recipe,
        "data": manifest.data_snapshot,
        "code": manifest.code,
        "made": f"{manifest.created_at:%Y-%m-%d %H:%M} UTC",
    }
    lines = [
        f"---\nlibrary_name: transformers\nbase_model: {manifest.base.name}\n---",
        f"# Bearometer model {manifest.version}\n",
        "Sentiment, topic, and sentiment towards an entity, of financial news.\n",
        *(f"- {name}: {value or 'unknown'}" for name, value in facts.items()),
        "\n## Figures\n",
        *_figures(manifest.metrics),
        "\n## Use\n",
        "`bearometer models import DIR` takes this folder, and `bearometer score --model DIR TEXT` scores with it.",
        "`transformers.AutoModel.from_pretrained(DIR)` loads the encoder; the heads, linear layers on the mean of its",
        f"token vectors, are in {HEADS_FILE}.",
        *([MARKS] if manifest.marks_figures else []),
    ]
    return "\n".join(lines) + "\n"


def _figures(metrics: dict[str, Any]) -> list[str]:
    """A line for each head of each set that the model was judged on."""
    found = []
    for name, heads in metrics.items():
        for head, report in heads.items() if isinstance(heads, dict) else ():
            if isinstance(report, dict) and "accuracy" in report:
                told = ", ".join(f"{figure} {report[figure]:.4g}" for figure in FIGURES if figure in report)
                found.append(f"- {name}, {head}: {told}")
    return found
