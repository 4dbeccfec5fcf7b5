"""The jars of Apache Kafka, fetched by Maven once a machine and shared by every home."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from bearometer_cli.servers.child import StartError

VERSION = "4.3.1"
POM = Path(__file__).parents[3] / "deploy" / "kafka" / "pom.xml"


def folder() -> Path:
    """Where they lie, fetched or not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bearometer" / f"kafka-{VERSION}"


def fetch() -> Path:
    """The folder with the jars, fetched if need be. Raises StartError where Maven is missing or reaches nothing.

    Several processes may call it at once: one fetches, the others wait.
    """
    jars = folder()
    if not jars.exists():
        jars.parent.mkdir(parents=True, exist_ok=True)
        with jars.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not jars.exists():
                _download(jars)
    return jars


def _download(jars: Path) -> None:
    if not (maven := shutil.which("mvn")):
        raise StartError("Maven is missing")
    half = jars.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={half}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(f"Maven could not fetch Kafka: {_first_error(done.stdout + done.stderr)}")
    half.rename(jars)


def _first_error(output: str) -> str:
    return next((line for line in output.splitlines() if "ERROR" in line), output.strip())[:300]
