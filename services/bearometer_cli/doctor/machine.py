"""The machine itself: Python, disk, ports, and what only tests or containers need."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

from bearometer_cli.doctor.finding import Finding
from bearometer_cli.servers import ports
from bearometer_shared.settings import Settings, settings

NEEDED_GB = 2.0


def findings() -> Iterator[Finding]:
    yield python()
    yield disk(settings())
    yield free_ports(settings())
    yield chromium()
    yield docker()


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer", essential=True)


def disk(configuration: Settings) -> Finding:
    """Free space where HOME is, or will be."""
    home = configuration.home.absolute()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    text = f"{free_gb:.0f} GB free for {configuration.home}"
    return Finding("Disk", free_gb >= NEEDED_GB, text, f"{NEEDED_GB:.0f} GB are needed", essential=True)


def free_ports(configuration: Settings) -> Finding:
    wanted = (configuration.api_port, configuration.dashboard_port)
    taken = [str(port) for port in wanted if port and not ports.is_free(port)]
    text = f"{', '.join(taken)} in use; `up` takes the next ones" if taken else f"{wanted[0]} and {wanted[1]} are free"
    return Finding("Ports", True, text)


def chromium() -> Finding:
    path = shutil.which("chromium")
    text = path or "only the browser tests need it"
    return Finding("Chromium", bool(path), text, "apt-get install chromium fonts-dejavu-core")


def docker() -> Finding:
    """The client alone is not enough: the engine is asked."""
    text = "only docker-compose.yml needs it"
    if not (client := shutil.which("docker")):
        return Finding("Docker engine", False, text, "install Docker")
    try:
        asked = subprocess.run(
            [client, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return Finding("Docker engine", False, f"the client finds no engine; {text}", "start Docker")
    return Finding("Docker engine", True, asked.stdout.strip())
