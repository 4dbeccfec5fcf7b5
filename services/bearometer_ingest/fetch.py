"""Fetching under our own rules: http and https, public addresses, a cap on bytes and one on time, few redirects."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx2

from bearometer_shared.addresses import Resolver, is_public, resolve
from bearometer_shared.errors import BearometerError
from bearometer_shared.settings import Settings

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {
    "User-Agent": "Bearometer (news feed reader)",
    "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
}


class FetchError(BearometerError):
    """A document that could not be had, and why; `retry_after_s` is what the server asked for, if it did."""

    def __init__(self, reason: str, retry_after_s: float = 0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Page:
    """What a server answered; `unchanged` stands for 304, without content."""

    url: str
    content: bytes = b""
    content_type: str = ""
    etag: str = ""
    modified: str = ""
    unchanged: bool = False


class Fetcher:
    """Connects to the very address that was checked, so that a name that resolves differently later gains nothing."""

    def __init__(self, settings: Settings, resolver: Resolver = resolve) -> None:
        self._max_bytes, self._timeout_s = settings.feed_max_bytes, settings.feed_timeout_s
        self._any_address, self._resolve = settings.allow_private_addresses, resolver
        self._tls = ssl.create_default_context()

    async def fetch(self, url: str, etag: str = "", modified: str = "") -> Page:
        """One document, or word that it is unchanged since `etag` or `modified`. Raises FetchError with the reason."""
        known = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = HEADERS | {name: value for name, value in known.items() if value}
        try:
            async with asyncio.timeout(self._timeout_s), self._client() as client:
                return await self._follow(client, httpx2.URL(url), headers)
        except TimeoutError as error:
            raise FetchError(f"took longer than {self._timeout_s:g} s") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, UnicodeError) as error:
            raise FetchError(f"{type(error).__name__}: {error}") from error

    def _client(self) -> httpx2.AsyncClient:
        """One a document: no cookies and no connection of another host are left from the last, no proxy is asked."""
        limits = httpx2.Limits(max_keepalive_connections=0)
        timeout = httpx2.Timeout(self._timeout_s, connect=self._timeout_s / 3)
        return httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout, limits=limits)

    async def _follow(self, client: httpx2.AsyncClient, url: httpx2.URL, headers: dict[str, str]) -> Page:
        for _ in range(MAX_REDIRECTS + 1):
            async with self._open(client, url, headers) as response:
                if response.status_code not in REDIRECTS:
                    return await self._page(response, url)
                url = url.join(response.headers.get("Location", ""))
        raise FetchError(f"more than {MAX_REDIRECTS} redirects")

    @asynccontextmanager
    async def _open(
        self, client: httpx2.AsyncClient, url: httpx2.URL, headers: dict[str, str]
    ) -> AsyncIterator[httpx2.Response]:
        """Asks at the first address of the host that takes a connection."""
        *others, last = await self._addresses(url)
        for address in others:
            with suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                response = await client.send(_request(client, url, address, headers), stream=True)
                break
        else:
            response = await client.send(_request(client, url, last, headers), stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _addresses(self, url: httpx2.URL) -> list[str]:
        """The addresses of a URL's host, all of them checked."""
        host = _host(url)
        if url.scheme not in ("http", "https") or not host:
            raise FetchError(f"{url.scheme or 'a relative address'}: only http and https are fetched")
        addresses = await self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        refused = [address for address in addresses if not (self._any_address or is_public(address))]
        if refused:
            raise FetchError(f"{host} is at {refused[0]}, which is not a public address")
        return addresses

    async def _page(self, response: httpx2.Response, url: httpx2.URL) -> Page:
        headers = response.headers
        if response.status_code == 304:
            return Page(str(url), unchanged=True)
        if response.status_code != 200:
            raise FetchError(f"HTTP status {response.status_code}", _seconds(headers.get("Retry-After", "")))
        content = await self._content(response)
        kind, etag, modified = (headers.get(name, "") for name in ("Content-Type", "ETag", "Last-Modified"))
        return Page(str(url), content, kind, etag, modified)

    async def _content(self, response: httpx2.Response) -> bytes:
        """The body as it is unpacked, piece by piece, so that a small packed body cannot become a large one."""
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > self._max_bytes:
                raise FetchError(f"larger than {self._max_bytes} bytes")
        return bytes(content)


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii")


def _request(client: httpx2.AsyncClient, url: httpx2.URL, address: str, headers: dict[str, str]) -> httpx2.Request:
    """Goes to an address, and names the host to TLS, which checks its certificate, and to the server."""
    named = headers | {"Host": url.netloc.decode("ascii")}
    return client.build_request(
        "GET", url.copy_with(host=address), headers=named, extensions={"sni_hostname": _host(url)}
    )


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0
