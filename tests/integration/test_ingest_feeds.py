"""The ingest service as a process: a feeds' server on this machine, a real Kafka, and the way out."""

import os
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from stack import wait_for

from bearometer_cli.servers import child, ports
from bearometer_cli.servers.child import Child
from bearometer_shared.clock import SystemClock
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.settings import Settings
from bearometer_shared.wire import News, decode

COMMAND = str(Path(sys.executable).parent / "bearometer-ingest")
HTML = b"<!DOCTYPE html><html><body>Access denied</body></html>"


def rss(*titles: str) -> bytes:
    items = "".join(f"<item><title>{title}</title><guid>urn:feeds:{title}</guid></item>" for title in titles)
    return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


@dataclass
class Site:
    """Documents by path, each with an ETag of its length, and how often a visitor knew one already."""

    documents: dict[str, bytes]
    address: str = ""
    unchanged: int = 0

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = self.documents[request.path]
        tag = f'"{len(body)}"'
        known = request.headers.get("If-None-Match") == tag
        self.unchanged += known
        request.send_response(304 if known else 200)
        request.send_header("ETag", tag)
        request.send_header("Content-Length", "0" if known else str(len(body)))
        request.end_headers()
        request.wfile.write(b"" if known else body)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site({"/wire": rss("Fed holds", "ECB cuts"), "/page": HTML})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.answer(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    server.server_close()


Start = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the service with settings by name; what still runs at the end is ended."""
    running: list[Child] = []

    def start(**settings: object) -> Child:
        chosen = {f"BEAROMETER_{name.upper()}": str(value) for name, value in settings.items()}
        running.append(child.start("ingest", [COMMAND], tmp_path, environment={**os.environ, **chosen}))
        return running[-1]

    yield start
    for each in running:
        each.stop()


def feeds(folder: Path, *lines: str) -> Path:
    file = folder / "feeds"
    file.write_text("\n".join(lines))
    return file


def titles(kafka: str, source: str) -> list[str]:
    """What of a source stands on the topic, among what other tests left there."""
    now, name = SystemClock().now(), source.encode()
    with closing(RealLog(Settings(kafka=kafka))) as log:
        ours = [record.value for record in log.read(NEWS_RAW) if name in (record.value or b"")]
    return sorted(item.title for item in (decode(value, now, 10**7) for value in ours) if isinstance(item, News))


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own service
        return str(answer.read().decode())


def test_a_feeds_items_arrive_once_and_what_is_no_feed_is_told(
    kafka_address: str, site: Site, start: Start, tmp_path: Path
) -> None:
    port = ports.free(0)
    file = feeds(tmp_path, f"wire-1={site.address}/wire", f"page={site.address}/page")
    service = start(
        kafka=kafka_address, feeds=file, feed_interval_s=0.2, allow_private_addresses=True, metrics_port=port
    )
    wait_for(lambda: site.unchanged, "a conditional visit")
    site.documents["/wire"] = rss("Fed holds", "ECB cuts", "BoE waits")
    wait_for(lambda: "BoE waits" in titles(kafka_address, "wire-1"), "the third item")
    assert titles(kafka_address, "wire-1") == ["BoE waits", "ECB cuts", "Fed holds"]
    assert get(f"http://127.0.0.1:{port}/readyz") == "ok\n"
    assert 'bearometer_feed_items_total{feed="wire-1"} 3.0' in get(f"http://127.0.0.1:{port}/metrics")
    service.stop()
    assert service.process.returncode == 0
    said = service.log.read_text()
    assert said.count("not a feed; it begins with: <!DOCTYPE html>") == 1
    assert "ingest has stopped" in said


def test_a_private_address_is_refused_unless_it_is_allowed(
    kafka_address: str, site: Site, start: Start, tmp_path: Path
) -> None:
    service = start(kafka=kafka_address, feeds=feeds(tmp_path, f"wire-2={site.address}/wire"), feed_interval_s=0.2)
    wait_for(lambda: "127.0.0.1, which is not a public address" in service.log.read_text(), "the refusal")
    assert titles(kafka_address, "wire-2") == []


def test_without_feeds_the_service_idles_healthily_and_says_so(kafka_address: str, start: Start) -> None:
    port = ports.free(0)
    service = start(kafka=kafka_address, metrics_port=port)
    wait_for(lambda: "no feeds are named, idling" in service.log.read_text(), "the word")
    assert get(f"http://127.0.0.1:{port}/readyz") == "ok\n"
    service.stop()
    assert service.process.returncode == 0


def test_a_wrong_feeds_file_is_one_line(start: Start, tmp_path: Path) -> None:
    service = start(kafka="127.0.0.1:1", feeds=feeds(tmp_path, "file:///etc/passwd"))
    assert service.process.wait(30) == 2
    assert service.log.read_text().count("\n") == 1


def test_kafka_away_at_the_start_is_waited_for_and_a_stop_is_obeyed(start: Start, tmp_path: Path, site: Site) -> None:
    service = start(kafka="127.0.0.1:1", feeds=feeds(tmp_path, f"{site.address}/wire"))
    wait_for(lambda: "kafka is away; holding on" in service.log.read_text(), "the word")
    service.stop()
    assert service.process.returncode == 0
