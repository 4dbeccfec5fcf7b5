"""Apache Kafka on one node (KRaft: broker and controller in one process)."""

import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from bearometer_cli.servers import child, java, kafka_jars, ports
from bearometer_cli.servers.child import StartError
from bearometer_cli.servers.server import Server, wait_until

PORT = 8703
MAX_RECORD = 8 * 1024 * 1024 + 4096  # our largest record and its envelope

LOGGER = "-Dorg.slf4j.simpleLogger."
JAVA_OPTIONS = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    f"{LOGGER}defaultLogLevel=warn",
    f"{LOGGER}showDateTime=true",
)

# A short broker session: after a kill -9 the controller waits for the dead broker's to end.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
message.max.bytes={max_record}
"""


def start(home: Path, preferred: int = PORT) -> Server:
    """Starts Kafka on HOME/kafka and waits until it answers. Raises StartError where Java or the jars are missing."""
    if not (found := java.find()):
        raise StartError(f"Java {java.NEEDED} or newer is missing")
    folder = (home / "kafka").absolute()
    run = [found.path, *JAVA_OPTIONS, "-cp", f"{kafka_jars.fetch()}/*"]
    child.end_leftover("kafka", home)
    port = ports.remembered(folder, preferred)
    configuration = _configuration(folder, port)
    _format(run, folder, configuration)
    process = child.start("kafka", [*run, "kafka.Kafka", str(configuration)], home)
    address = f"{ports.LOCAL}:{port}"
    wait_until(lambda: ports.answers(port) and answers(address), process)
    return Server(address, f"{address}, Apache Kafka {kafka_jars.VERSION} on Java {found.version}", process)


def answers(address: str) -> bool:
    """Whether a broker takes requests there."""
    try:
        client = KafkaAdminClient(bootstrap_servers=address, bootstrap_timeout_ms=3000)
        client.close()
    except (KafkaError, OSError):
        return False
    return True


def _configuration(folder: Path, port: int) -> Path:
    path = folder / "server.properties"
    controller = ports.free(port + 1 if port == PORT else 0)
    path.write_text(PROPERTIES.format(port=port, controller=controller, data=folder / "data", max_record=MAX_RECORD))
    return path


def _format(run: list[str], folder: Path, configuration: Path) -> None:
    """Marks the data folder as ours, once."""
    if (folder / "data" / "meta.properties").exists():
        return
    identity = f"--cluster-id={cluster_id(uuid.uuid4())}"
    command = [*run, "kafka.tools.StorageTool", "format", identity, "-c", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartError(f"Kafka could not prepare {folder}: {(done.stderr or done.stdout).strip()[-300:]}")


def cluster_id(identity: uuid.UUID) -> str:
    """A UUID as Kafka writes it. One in 64 begins with a dash, which its tools would read as an option: not here."""
    return "B" + urlsafe_b64encode(identity.bytes).decode().rstrip("=")[1:]
