"""The services of one machine: the command, the ports and the sign of readiness of each."""

import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bearometer_cli.servers import ports
from bearometer_shared.settings import Settings

METRICS_PORT = 8710


@dataclass(frozen=True)
class Service:
    """A child process to run; `ready` is an address that answers 200 when it does its work."""

    name: str
    command: tuple[str, ...]
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)


def place(configuration: Settings) -> Settings:
    """The settings with ports that are free now: the preferred ones, or the next."""
    api = ports.free(configuration.api_port, host=configuration.api_host)
    dashboard = ports.free(configuration.dashboard_port, frozenset({api}), configuration.dashboard_host)
    url = f"http://{_reachable(configuration.api_host)}:{api}"
    return configuration.model_copy(update={"api_port": api, "dashboard_port": dashboard, "api_url": url})


def plan(configuration: Settings, scorers: int) -> list[Service]:
    """Every service, in the order in which they start."""
    dashboard = f"http://{_reachable(configuration.dashboard_host)}:{configuration.dashboard_port}"
    metrics = _metrics_ports(configuration)
    return [
        Service("api", (_program("api"),), f"{configuration.api_url}/readyz", _port("API", configuration.api_port)),
        *(_worker(f"scorer-{n + 1}", "scorer", next(metrics)) for n in range(scorers)),
        _worker("alerts", "alerts", next(metrics)),
        _worker("ingest", "ingest", next(metrics)),
        Service(
            "dashboard",
            (_program("dashboard"),),
            f"{dashboard}/healthz",  # all that it needs is the API, and it says on its page when that is away
            _port("DASHBOARD", configuration.dashboard_port),
        ),
        *(_worker(f"retrainer-{role}", "retrainer", next(metrics), role) for role in ROLES),
    ]


ROLES = ("worker-gpu", "worker-default", "beat")


def _worker(name: str, program: str, port: int, *arguments: str) -> Service:
    """A service that says on its metrics port whether it is ready."""
    environment = {"BEAROMETER_METRICS_PORT": str(port)}
    return Service(name, (_program(program), *arguments), f"http://{ports.LOCAL}:{port}/readyz", environment)


def _port(service: str, port: int) -> dict[str, str]:
    return {f"BEAROMETER_{service}_PORT": str(port)}


def _program(name: str) -> str:
    """The console command beside this Python, whatever the path says."""
    return str(Path(sysconfig.get_path("scripts")) / f"bearometer-{name}")


def _metrics_ports(configuration: Settings) -> Iterator[int]:
    taken = {configuration.api_port, configuration.dashboard_port}
    while True:
        port = ports.free(METRICS_PORT, frozenset(taken))
        taken.add(port)
        yield port


def _reachable(host: str) -> str:
    """The address under which this machine reaches a listener."""
    return ports.LOCAL if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
