"""Which code made a model, whether it was installed from a release or runs from a changed checkout."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

SOURCES = Path(__file__).parent


@cache
def code_version() -> str:
    """The release and a hash of the training kit's sources, as `0.1.0+1f2e3d4c5b6a`."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(str(path.relative_to(SOURCES)).encode() + path.read_bytes())
    return f"{version('bearometer')}+{digest.hexdigest()[:12]}"
