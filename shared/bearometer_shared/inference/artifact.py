"""The model artifact: a folder that says what it is and proves that nobody changed it.

manifest.json       version, lineage, labels, metrics and the SHA-256 of every other file
delta.safetensors   what fine-tuning added to the base
tokenizer.json      the tokenizer, whole
model.onnx          fp32 graph;  model.int8.onnx  the quantized one
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from bearometer_shared.errors import ArtifactError

MANIFEST = "manifest.json"
DELTA = "delta.safetensors"
TOKENIZER = "tokenizer.json"
FP32 = "model.onnx"
INT8 = "model.int8.onnx"


class Base(BaseModel):
    """The pre-trained checkpoint that a model starts from; `sha256` is of its weights."""

    name: str
    sha256: str


class Golden(BaseModel):
    """What the model answered for a text when it was made; `signed` in millionths."""

    text: str
    signed: int
    topic: str


class Manifest(BaseModel):
    """What an artifact is. `files` maps each file to its SHA-256; `serve` names the graph to load; the logits of a
    head are divided by its temperature; `marks_figures` says that it reads figures marked by how they compare; `code`
    names the sources that trained it."""

    version: str
    parent: str | None = None
    base: Base
    recipe: str = "full"
    data_snapshot: str = ""
    code: str = ""
    created_at: datetime
    sentiments: list[str]
    topics: list[str]
    temperatures: dict[str, float] = Field(default_factory=dict)
    max_tokens: int = 128
    marks_figures: bool = False
    serve: str = INT8
    metrics: dict[str, Any] = Field(default_factory=dict)
    golden: list[Golden] = Field(default_factory=list)
    files: dict[str, str] = Field(default_factory=dict)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an artifact. Raises ArtifactError where it is missing or unreadable."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise ArtifactError(f"{folder}: no readable {MANIFEST} ({error.strerror})") from error
    except ValidationError as error:
        raise ArtifactError(f"{folder / MANIFEST}: {error.error_count()} invalid fields") from error


def verify(folder: Path) -> Manifest:
    """Checks every file against the manifest. Raises ArtifactError naming the first that differs."""
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if path.resolve().parent != folder.resolve() or not path.is_file():
            raise ArtifactError(f"{folder}: {name} is missing")
        if file_sha256(path) != expected:
            raise ArtifactError(f"{path}: its SHA-256 is not the manifest's; the file was changed or cut short")
    return manifest


def seal(folder: Path, manifest: Manifest) -> Manifest:
    """Writes the manifest with the hashes of the folder's files, atomically, and returns it."""
    files = {p.name: file_sha256(p) for p in sorted(folder.iterdir()) if p.is_file() and p.name != MANIFEST}
    sealed = manifest.model_copy(update={"files": files})
    draft = folder / (MANIFEST + ".part")
    draft.write_text(sealed.model_dump_json(indent=2) + "\n")
    draft.replace(folder / MANIFEST)
    return sealed
