"""The servers of one machine that the settings do not give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bearometer_cli.servers import broker, postgres, valkey
from bearometer_cli.servers.server import Server
from bearometer_shared.settings import Settings


@dataclass(frozen=True)
class Kind:
    """A server that can be started here: the setting that would replace it, and how that is written."""

    title: str
    setting: str
    start: Callable[[Path], Server]
    wrap: Callable[[str], Any]


KINDS = (
    Kind("Postgres", "database_url", postgres.start, SecretStr),
    Kind("Valkey", "redis_url", valkey.start, SecretStr),
    Kind("Kafka", "kafka", broker.start, str),
)


def missing(configuration: Settings) -> Iterator[Kind]:
    """The kinds that the settings leave to us."""
    for kind in KINDS:
        given = getattr(configuration, kind.setting)
        if not (given.get_secret_value() if isinstance(given, SecretStr) else given):
            yield kind
