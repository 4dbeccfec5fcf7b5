"""Fetching under our own rules, against a server on this machine that misbehaves in every way."""

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bearometer_ingest.fetch import Fetcher, FetchError, Page
from bearometer_shared.addresses import is_public
from bearometer_shared.settings import Settings

FEED = b"<rss version='2.0'><channel><item><title>Fed holds</title></item></channel></rss>"
STATUSES = {"/gone": 410, "/busy": 503, "/nothing": 204}


class Site(BaseHTTPRequestHandler):
    """Answers by path, and keeps what it was asked."""

    asked: list["Site"]
    until_closed: threading.Event

    def do_GET(self) -> None:
        self.asked.append(self)
        name = self.path.partition("?")[0]
        if name == "/feed" and self.headers.get("If-None-Match") == '"1"':
            self._answer(304, b"")
        elif name == "/feed":
            self._answer(200, FEED, ("ETag", '"1"'), ("Last-Modified", "yesterday"), ("Content-Type", "text/xml"))
        elif name == "/to":
            self._answer(302, b"", ("Location", self.path.partition("?")[2]))
        elif name == "/loop":
            self._answer(302, b"", ("Location", "/loop"))
        elif name == "/bomb":
            self._answer(200, gzip.compress(b"a" * 50_000_000), ("Content-Encoding", "gzip"))
        elif name == "/endless":
            self._drip(b"HTTP/1.0 200 OK\r\n\r\n", b"a" * 4096, 0)
        elif name == "/slow-body":
            self._drip(b"HTTP/1.0 200 OK\r\n\r\n", b"a", 0.05)
        elif name == "/slow-header":
            self._drip(b"HTTP/1.0 200 OK\r\nX: ", b"a", 0.05)
        else:
            self._answer(STATUSES.get(name, 404), b"", ("Retry-After", "120"))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, head: bytes, piece: bytes, pause_s: float) -> None:
        try:
            self.wfile.write(head)
            while not self.until_closed.wait(pause_s):
                self.wfile.write(piece)
        except OSError:
            return

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def asked() -> list[Site]:
    return []


@pytest.fixture
def site(asked: list[Site]) -> Iterator[str]:
    closed = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Site,), {"asked": asked, "until_closed": closed}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{server.server_port}"
    closed.set()
    server.shutdown()
    server.server_close()


Hosts = dict[str, list[str]]


def fetch(url: str, resolved: Hosts | None = None, etag: str = "", /, **overrides: object) -> Page:
    """Fetches with names looked up in `resolved`; an address stands for itself."""

    async def resolver(host: str, port: int) -> list[str]:
        if resolved and host in resolved:
            return resolved[host]
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)][:1]

    settings = Settings.model_validate({"allow_private_addresses": True, "feed_timeout_s": 5} | overrides)
    return asyncio.run(Fetcher(settings, resolver).fetch(url, etag))


def refusal(url: str, resolved: Hosts | None = None, /, **overrides: object) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, resolved, "", **overrides)
    return str(caught.value)


def test_a_document_comes_with_what_to_ask_with_next_time(site: str) -> None:
    page = fetch(f"{site}/feed")
    assert page == Page(f"{site}/feed", FEED, "text/xml", '"1"', "yesterday")
    assert fetch(f"{site}/feed", None, page.etag).unchanged


def test_a_private_address_is_not_even_connected_to(site: str, asked: list[Site]) -> None:
    assert "127.0.0.1, which is not a public address" in refusal(f"{site}/feed", allow_private_addresses=False)
    assert asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    said = refusal("http://feed.test/", {"feed.test": ["8.8.8.8", "10.0.0.1"]}, allow_private_addresses=False)
    assert said == "feed.test is at 10.0.0.1, which is not a public address"


def test_a_redirect_to_a_private_address_is_refused(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host counts as public here, since nothing public can be had in a test; the second is checked."""
    monkeypatch.setattr("bearometer_ingest.fetch.is_public", lambda address: address == "127.0.0.1")
    target = f"{site}/to?http://inside.test/"
    said = refusal(target, {"inside.test": ["169.254.169.254"]}, allow_private_addresses=False)
    assert said == "inside.test is at 169.254.169.254, which is not a public address"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "data:text/xml,x"])
def test_only_http_is_fetched_at_first_and_after_a_redirect(site: str, target: str) -> None:
    assert "only http and https" in refusal(target)
    assert "only http and https" in refusal(f"{site}/to?{target}")


def test_redirects_are_followed_but_not_for_ever(site: str) -> None:
    assert fetch(f"{site}/to?/feed").url == f"{site}/feed"
    assert refusal(f"{site}/loop") == "more than 5 redirects"


def test_the_connection_goes_to_the_address_that_was_checked_under_the_hosts_name(site: str, asked: list[Site]) -> None:
    """A name that is looked up again when connecting could have moved meanwhile to an address inside."""
    port = site.rpartition(":")[2]
    fetch(f"http://news.test:{port}/feed", {"news.test": ["127.0.0.1"]})
    assert asked[0].headers["Host"] == f"news.test:{port}"


def test_tls_is_asked_for_the_hosts_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hello: list[bytes] = []

        def listen() -> None:
            connection, _ = server.accept()
            with connection:
                hello.append(connection.recv(4096))

        listener = threading.Thread(target=listen)
        listener.start()
        refusal(f"https://news.test:{server.getsockname()[1]}/", {"news.test": ["127.0.0.1"]})
        listener.join()
    assert b"news.test" in hello[0]


def test_the_next_address_is_tried_where_one_takes_no_connection(site: str) -> None:
    port = site.rpartition(":")[2]
    assert fetch(f"http://news.test:{port}/feed", {"news.test": ["::1", "127.0.0.1"]}).content == FEED


@pytest.mark.parametrize("path", ["/bomb", "/endless"])
def test_a_body_is_cut_off_at_the_cap_however_it_is_packed(site: str, path: str) -> None:
    assert refusal(site + path, feed_max_bytes=100_000) == "larger than 100000 bytes"


@pytest.mark.parametrize("path", ["/slow-body", "/slow-header"])
def test_the_time_cap_counts_from_the_first_byte_to_the_last(site: str, path: str) -> None:
    """A server that sends a byte now and then never lets a read time out."""
    assert refusal(site + path, feed_timeout_s=0.5) == "took longer than 0.5 s"


def test_what_the_server_says_of_itself_is_the_reason(site: str) -> None:
    with pytest.raises(FetchError, match="HTTP status 503") as caught:
        fetch(f"{site}/busy")
    assert caught.value.retry_after_s == 120
    assert refusal(f"{site}/gone") == "HTTP status 410"
    assert refusal(f"{site}/nothing") == "HTTP status 204"


@pytest.mark.parametrize(
    "url", ["http://", "http://[bad/", "http://nobody-answers.test:1/", "relative", "http://\udcff/"]
)
def test_an_address_that_cannot_be_fetched_is_a_reason_too(url: str) -> None:
    assert refusal(url, {"nobody-answers.test": ["127.0.0.1"]})


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1"),
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)
