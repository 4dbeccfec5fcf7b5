"""Real servers and services in a temporary home, for one benchmark."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from sqlalchemy import Engine

from bearometer_cli.servers import broker, child, postgres, valkey
from bearometer_cli.servers.child import Child
from bearometer_shared.clock import SystemClock
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.settings import Settings
from bearometer_shared.storage import partitions, session
from bearometer_shared.storage.migrations import migrate

SCRIPTS = Path(sys.executable).parent


@dataclass
class Rig:
    """Settings that point at the rig's servers, and its services."""

    settings: Settings
    database: Engine
    environment: dict[str, str]

    def start(self, service: str, *role: str, name: str = "") -> Child:
        """Starts a service as `up` does, as a child process with a log of its own; a `name` tells several apart."""
        name, command = name or "-".join((service, *role)), [str(SCRIPTS / service), *role]
        return child.start(name, command, self.settings.home, environment=self.environment)

    def run(self, *words: str) -> None:
        """Runs a `bearometer` command to its end. Raises StartError where it fails."""
        name = "-".join(words[:2])
        process = child.start(
            name, [str(SCRIPTS / "bearometer"), *words], self.settings.home, environment=self.environment
        )
        if process.process.wait():
            raise child.StartError(f"bearometer {' '.join(words)} failed; see {process.log}")


def memory_mib(process: Child, figure: str) -> float:
    """What the system says of a child's memory: `VmRSS`, what it holds now, or `VmHWM`, the most that it held."""
    lines = Path(f"/proc/{process.process.pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(figure)) / 1024, 1)


@contextmanager
def rig(retrain_labels: int | None = None) -> Iterator[Rig]:
    """Starts the servers, migrates and prepares the champion; all of it is gone afterwards.

    With `retrain_labels`, the fresh labels that start a run, there is a Valkey for the retrainer too.
    """
    with TemporaryDirectory(prefix="bearometer-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # Postgres runs under another name when we are root
        servers = [broker.start(home, preferred=0), postgres.start(home, preferred=0)]
        settings = Settings(
            home=home,
            kafka=servers[0].address,
            database_url=SecretStr(servers[1].address),
            session_timeout_s=30,  # the scorer is stopped while items are laid out for it
        )
        if retrain_labels:
            servers.append(valkey.start(home, preferred=0))
            learning = {"redis_url": SecretStr(servers[-1].address), "retrain_labels": retrain_labels}
            settings = Settings(**{name: getattr(settings, name) for name in settings.model_fields_set} | learning)
        database = session.connect(settings)
        try:
            migrate(database)
            with session.transaction(database) as connection:
                partitions.ensure(connection, SystemClock().now().date())
            RealLog(settings).ensure_topics()
            made = Rig(settings, database, environment(settings))
            made.run("models", "prepare")
            yield made
        finally:
            database.dispose()
            for server in reversed(servers):
                server.stop()


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a service that is to have exactly these settings: what was set, and nothing of ours."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BEAROMETER_")}
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    plain = {n: v.get_secret_value() if isinstance(v, SecretStr) else str(v) for n, v in given.items() if v is not None}
    return ours | {f"BEAROMETER_{name.upper()}": value for name, value in plain.items()}
