"""Services as processes on the real servers: what end-to-end tests start and look at."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

from sqlalchemy import Engine, text

from bearometer_cli.bench.rig import environment
from bearometer_cli.servers import child
from bearometer_cli.servers.child import Child
from bearometer_shared.clock import SystemClock
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import transaction

SCRIPTS = Path(sys.executable).parent
DATA = Path(__file__).parents[2] / "shared" / "data"


@dataclass
class Stack:
    """Settings that point at the real servers, and the services that a test starts on them."""

    settings: Settings
    database: Engine
    children: dict[str, Child] = field(default_factory=dict)

    def start(self, service: str, *words: str, name: str = "", **settings: Any) -> Child:
        """Starts a service; a `name` of its own tells several of a kind apart."""
        own = environment(self.settings.model_copy(update=settings) if settings else self.settings)
        name = name or "-".join([service, *words])
        command = [str(SCRIPTS / service), *words]
        self.children[name] = child.start(name, command, self.settings.home, environment=own)
        return self.children[name]

    def run(self, *words: str, timeout: float = 240) -> CompletedProcess[str]:
        """Runs a `bearometer` command to its end."""
        command = [str(SCRIPTS / "bearometer"), *words]
        own = environment(self.settings)
        return run(command, env=own, capture_output=True, text=True, timeout=timeout, check=False)

    def rows(self, query: str, **parameters: Any) -> list[Any]:
        with transaction(self.database) as connection:
            return list(connection.execute(text(query), parameters))

    def one(self, query: str, **parameters: Any) -> Any:
        return self.rows(query, **parameters)[0][0]


def wait_for(condition: Callable[[], Any], what: str, limit_s: float = 90) -> Any:
    """Polls until `condition` holds; fails by name if it never does."""
    clock, waited = SystemClock(), 0.0
    while not (found := condition()):
        assert waited < limit_s, f"waited {limit_s:.0f} s for {what}"
        clock.sleep(0.1)
        waited += 0.1
    return found
