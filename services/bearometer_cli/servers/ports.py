"""Free ports of this machine: the remembered one, the preferred one, or the next."""

import socket
from pathlib import Path

LOCAL = "127.0.0.1"


def free(preferred: int, taken: frozenset[int] = frozenset(), host: str = LOCAL) -> int:
    """The first free port from `preferred` on, none of `taken`; any free one where `preferred` is 0."""
    candidates = range(preferred, min(preferred + 100, 65536)) if preferred else ()
    return next((port for port in candidates if port not in taken and is_free(port, host)), 0) or _any(host)


def remembered(folder: Path, preferred: int, taken: frozenset[int] = frozenset()) -> int:
    """As `free`, but the port of the last start comes first. The choice is kept in the folder."""
    note = folder / "port"
    last = int(note.read_text()) if note.exists() else 0
    port = last if last and last not in taken and is_free(last) else free(preferred, taken)
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{port}\n")
    return port


def is_free(port: int, host: str = LOCAL) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are closing do not count
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def answers(port: int, host: str = LOCAL) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _any(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
