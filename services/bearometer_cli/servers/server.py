"""What the servers share: the handle of a running one, its password, and waiting until it answers."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bearometer_cli.servers.child import Child, StartError


@dataclass
class Server:
    """A running server: its address for the settings (there may be a password in it), and where it is, for people."""

    address: str
    where: str
    child: Child
    warning: str = ""

    def stop(self) -> None:
        self.child.stop(grace_s=20)


def password(folder: Path) -> str:
    """A server's password, made at its first start and kept where only we can read it."""
    path = folder / "password"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16))
    return path.read_text()


def wait_until(answers: Callable[[], bool], child: Child, limit_s: float = 60) -> None:
    """Blocks until the server answers. Raises StartError if it ends before, or takes too long (it is stopped then)."""
    deadline = time.monotonic() + limit_s
    while not answers():
        if not child.running():
            raise StartError(
                f"{child.name} ended with {child.process.returncode} at its start: {_last_line(child.log)}"
            )
        if time.monotonic() > deadline:
            child.stop()
            raise StartError(f"{child.name} did not answer within {limit_s:.0f} s; see {child.log}")
        time.sleep(0.05)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"{lines[-1][:300]} ({log})" if lines else f"see {log}"
