"""Runs another `bearometer` command as a person would; what it prints is seen."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from bearometer_cli.home import environment
from bearometer_cli.servers.child import tethered
from bearometer_shared.errors import BearometerError
from bearometer_shared.settings import Settings


def run(configuration: Settings, *arguments: str, look: Callable[[], None] = lambda: None) -> None:
    """Waits for the command; `look` is called meanwhile. Raises BearometerError if it fails."""
    command = tethered([sys.executable, "-m", "bearometer_cli", *arguments])
    with subprocess.Popen(command, env={**os.environ, **environment(configuration)}) as process:
        try:
            while process.poll() is None:
                look()
                time.sleep(0.1)
        finally:
            process.terminate()
    if process.returncode:
        raise BearometerError(f"`bearometer {' '.join(arguments)}` ended with {process.returncode}")
