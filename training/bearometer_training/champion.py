"""The shipped champion: what fine-tuning added to the default base, made into an artifact on first use.

The merge, the export and the quantization take about half a minute and need torch; afterwards the artifact is found in
the store, and nothing of that is even imported.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference.artifact import DELTA, Manifest, file_sha256, read_manifest
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import Settings
from bearometer_training import data

SHIPPED = Path(__file__).parent / "champion"


def ensure(settings: Settings, say: Callable[[str], None], shipped: Path = SHIPPED) -> Path:
    """The shipped champion as a local, verified artifact folder. `say` is told of slow steps before they begin.

    Raises ArtifactError where the shipped files are damaged or what is made of them fails its checks.
    """
    manifest, store = read_manifest(shipped), Store(settings)
    try:
        return store.fetch(manifest.version)
    except ArtifactError:
        with TemporaryDirectory(prefix="bearometer-") as scratch:
            _build(shipped, manifest, Path(scratch), say)
            return store.fetch(store.put(Path(scratch), manifest.version))


def _build(shipped: Path, manifest: Manifest, folder: Path, say: Callable[[str], None]) -> None:
    say(f"preparing model {manifest.version}: loading torch")
    from bearometer_training import base, export  # torch is slow to load, and only this first time needs it

    if file_sha256(shipped / DELTA) != manifest.files.get(DELTA):
        raise ArtifactError(f"{shipped / DELTA}: its SHA-256 is not the manifest's; install this release again")
    base.require(manifest.base)
    shutil.copyfile(shipped / DELTA, folder / DELTA)
    say("merging with the base, exporting to ONNX, quantizing, checking that the quantized model agrees")
    made = {"parent", "recipe", "data_snapshot", "code", "created_at", "metrics"}
    kept = made | {"max_tokens", "marks_figures", "temperatures"}
    lineage = {name: getattr(manifest, name) for name in kept}
    texts = [row.text for row in data.read(data.GOLDEN)]
    export.seal_graphs(folder, manifest.base.name, texts, **lineage)
