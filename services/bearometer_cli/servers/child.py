"""A child process with a name, a log file, and an end: with its parent, when told, or at the next start."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bearometer_shared.errors import BearometerError

TETHER = Path(__file__).with_name("tether.py")
LOG_LIMIT = 20 * 1024 * 1024


class StartError(BearometerError):
    """A server or a service did not come up; the text names its log."""


@dataclass
class Child:
    """A running child. It leads its own session, so that Ctrl-C in the terminal reaches only us."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    end_signal: signal.Signals

    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.running():
            self.process.send_signal(self.end_signal)

    def kill(self) -> None:
        """Ends the child and what it has started, at once."""
        _kill_group(self.process.pid)
        self.process.wait()

    def stop(self, grace_s: float = 10) -> None:
        """Asks, waits, and then insists."""
        self.ask_to_stop()
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill()


def start(
    name: str,
    command: Sequence[str],
    home: Path,
    *,
    environment: Mapping[str, str] | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
    prefix: Sequence[str] = (),
) -> Child:
    """Starts a command as HOME's child of that name, after ending one that an earlier parent left behind.

    Call it from a thread that lives on: the child ends with the thread that started it. `prefix` is a command that
    runs the rest with other rights.
    """
    end_leftover(name, home)
    log = _open_log(home / "logs" / f"{name}.log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*prefix, *tethered(command, end_signal)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
    _record(name, home).write_text(f"{process.pid} {_started(process.pid)}\n")
    return Child(name, process, log, end_signal)


def tethered(command: Sequence[str], end_signal: signal.Signals = signal.SIGTERM) -> list[str]:
    """The command, such that it gets the signal when the thread that starts it ends."""
    return [sys.executable, "-I", "-S", str(TETHER), str(int(end_signal)), str(os.getpid()), *command]


def end_leftover(name: str, home: Path) -> None:
    """Ends the process that HOME's record of that name still points at. A number given to another process is left."""
    record = _record(name, home)
    record.parent.mkdir(parents=True, exist_ok=True)
    if not record.exists():
        return
    pid, _, started = record.read_text().strip().partition(" ")
    if pid.isdigit() and started and _started(int(pid)) == started:
        _end(int(pid), started)
    record.unlink()


def _end(pid: int, started: str, grace_s: float = 10) -> None:
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while _started(pid) == started:
        if time.monotonic() > deadline:
            _kill_group(pid)
        time.sleep(0.05)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _record(name: str, home: Path) -> Path:
    return home / "run" / f"{name}.pid"


def _started(pid: int) -> str:
    """When a living process started, in the kernel's ticks: with its number, a name that is never given twice."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if after_name[0] == "Z" else after_name[19]


def _open_log(path: Path) -> Path:
    """One earlier file is kept when a log has grown large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path
