"""POSTs to a checked address: no redirects, no proxy, and one deadline over all."""

import asyncio
import ssl
from collections.abc import Mapping

import httpx2

from bearometer_alerts.channel import GoneError, NotDeliveredError
from bearometer_shared.addresses import is_public, resolve

TIMEOUT_S = 10.0
GONE = 410


def address(url: str) -> httpx2.URL:
    """An http or https address. Raises ValueError that does not repeat it: it may hold a secret."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ValueError("not an address") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("not an http or https address")
    return parsed


class Poster:
    """POSTs to one URL. Answers are not read: only the status counts."""

    def __init__(self, url: str, *, any_address: bool, timeout_s: float = TIMEOUT_S) -> None:
        self._url, self._any_address, self._timeout_s = address(url), any_address, timeout_s
        self._tls = ssl.create_default_context()

    def post(self, body: str, headers: Mapping[str, str]) -> None:
        """Raises GoneError for 410, NotDeliveredError for whatever else is not 2xx, within the deadline."""
        status = self._status(body, {"Content-Type": "application/json", "User-Agent": "Bearometer", **headers})
        if status == GONE:
            raise GoneError("the receiver answered 410 Gone")
        if not 200 <= status < 300:
            raise NotDeliveredError(f"HTTP status {status}")

    def _status(self, body: str, headers: Mapping[str, str]) -> int:
        try:
            return asyncio.run(self._send(body, headers))
        except TimeoutError as error:
            raise NotDeliveredError(f"took longer than {self._timeout_s:g} s") from error
        except (httpx2.HTTPError, OSError, UnicodeError) as error:
            raise NotDeliveredError(f"{type(error).__name__}: {error}") from error

    async def _send(self, body: str, headers: Mapping[str, str]) -> int:
        """The deadline is one over all: a receiver that trickles bytes gains nothing."""
        async with asyncio.timeout(self._timeout_s), httpx2.AsyncClient(verify=self._tls, trust_env=False) as client:
            target = self._url.copy_with(host=await self._host())
            named = {**headers, "Host": self._url.netloc.decode("ascii")}
            tls_name = {"sni_hostname": self._url.raw_host.decode("ascii")}
            async with client.stream("POST", target, content=body, headers=named, extensions=tls_name) as response:
                return response.status_code

    async def _host(self) -> str:
        """The very address that is connected to, checked: a name that resolves differently later gains nothing."""
        host, port = self._url.raw_host.decode("ascii"), self._url.port or (443 if self._url.scheme == "https" else 80)
        addresses = await resolve(host, port)
        refused = [address for address in addresses if not is_public(address)]
        if refused and not self._any_address:
            raise NotDeliveredError(f"{host} is at {refused[0]}, which is not a public address")
        return addresses[0]
