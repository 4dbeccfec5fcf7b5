"""The broker of one machine: Apache Kafka where it can run, else Tansu, saying what that costs."""

from pathlib import Path

from bearometer_cli.servers import java, kafka, kafka_jars, tansu
from bearometer_cli.servers.child import StartError
from bearometer_cli.servers.kafka import PORT
from bearometer_cli.servers.server import Server

INSTALL = "for Apache Kafka install Maven and Java 17 (Debian: apt-get install maven default-jre-headless)"


def start(home: Path, preferred: int = PORT) -> Server:
    """Starts a broker and waits until it answers. Raises StartError if neither comes up."""
    try:
        _check()
    except StartError as missing:
        server = tansu.start(home, preferred)
        server.warning = f"{missing}, so {tansu.COST}; {INSTALL}"
        return server
    return kafka.start(home, preferred)


def _check() -> None:
    """Raises StartError where Java or the jars cannot be had; a Kafka that has them and fails is loud instead."""
    if not java.find():
        raise StartError(f"Java {java.NEEDED} is missing")
    kafka_jars.fetch()
