"""What Kafka's own tools are told."""

from base64 import urlsafe_b64decode
from uuid import UUID

from bearometer_cli.servers.kafka import cluster_id


def test_a_cluster_id_never_looks_like_an_option() -> None:
    awkward = cluster_id(UUID(bytes=b"\xf8" + bytes(15)))  # "-AAAA..." in Kafka's writing: one start in 64 failed
    assert not awkward.startswith("-")
    assert len(urlsafe_b64decode(awkward + "==")) == 16
