"""Which machines we fetch from and post to: only those that the whole internet can reach."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

Resolver = Callable[[str, int], Awaitable[list[str]]]

# Forms that carry an IPv4 address inside: what they reach depends on a gateway, so none of them counts as public.
_EMBEDDING = [
    ipaddress.ip_network(block)
    for block in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
]


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, in the system's order. Raises OSError where there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is neither private, loopback, link-local, reserved, multicast nor one inside another."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast and not any(found in block for block in _EMBEDDING)
