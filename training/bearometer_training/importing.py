"""Model folders from elsewhere: only what can be checked is taken, and nothing that could run code."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import DELTA, FP32, INT8, MANIFEST, TOKENIZER, Manifest
from bearometer_shared.inference.engine import Engine

PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".msgpack"}
NEEDED = {DELTA, TOKENIZER, FP32}


@contextmanager
def checked(source: Path) -> Iterator[Path]:
    """A scratch copy of the artifact in `source`, and of nothing else there, after every check.

    Raises ArtifactError in one line: pickles, another file or content than the manifest's, a model that is not the one
    that it says it is.
    """
    if not source.is_dir():
        raise ArtifactError(f"{source}: no such folder")
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in PICKLES:
            raise ArtifactError(f"{path}: pickled or foreign weights are not taken, since they could run code")
    manifest = artifact.verify(source)
    _check_manifest(source, manifest)
    with TemporaryDirectory(prefix="bearometer-") as scratch:
        for name in (*manifest.files, MANIFEST):
            shutil.copyfile(source / name, Path(scratch) / name)
        for graph in {manifest.serve, FP32}:
            Engine.load(Path(scratch), graph=graph).check()  # verifies the copy again: the source may change meanwhile
        yield Path(scratch)


def _check_manifest(source: Path, manifest: Manifest) -> None:
    names = set(manifest.files)
    if odd := names - NEEDED - {INT8}:
        raise ArtifactError(f"{source / MANIFEST}: names {min(odd)}, which is no part of an artifact")
    if missing := (NEEDED | {manifest.serve}) - names:
        raise ArtifactError(f"{source / MANIFEST}: does not name {min(missing)}")
    if manifest.version != manifest.files[DELTA][:12]:
        raise ArtifactError(f"{source / MANIFEST}: version {manifest.version} is not the hash of its weights")
    if not manifest.golden:
        raise ArtifactError(f"{source / MANIFEST}: holds no golden answers to check the model by")
