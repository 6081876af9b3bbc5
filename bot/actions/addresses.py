"""Keeps actions away from internal addresses: checked where the connection is made, so no name can be rebound.

A resolver alone is no defence: it is not asked for IP literals. ``socket_factory`` sees the final address of every
connect. ``ipaddress.is_global`` is not enough either: it passes NAT64, 6to4, multicast and metadata addresses.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from yarl import URL

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORBIDDEN = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32", "::/8", "100::/64", "2001::/23", "2001:db8::/32",
            "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))
_OTHER_PROTOCOLS = frozenset(
    {7, 9, 13, 19, 21, 22, 23, 25, 42, 53, 110, 111, 119, 135, 139, 143, 161, 179, 389, 445, 465, 514, 563, 587, 636,
     873, 993, 995, 2049, 2375, 2376, 3306, 3389, 5432, 5900, 6379, 6667, 9200, 11211, 27017}
)  # fmt: skip


class ForbiddenAddress(OSError):
    """A connection that must not be made."""


@dataclass(frozen=True, slots=True)
class _Allowed:
    network: Network
    port: int | None


class AddressGuard:
    """Decides which addresses actions may reach: public unicast, and what the operator listed.

    ``internal`` entries are ``address``, ``address:port`` or a network such as ``10.1.0.0/16``.
    Raises ValueError for an entry that is none of them.
    """

    def __init__(self, internal: Iterable[str] = ()) -> None:
        self._allowed = [_entry(text) for text in internal]

    def permits(self, address: Address, port: int) -> bool:
        """Whether a connection to exactly this address and port may be made."""
        listed = (entry for entry in self._allowed if address in entry.network)
        if any(entry.port in (None, port) for entry in listed):
            return True
        return port not in _OTHER_PROTOCOLS and not any(_is_forbidden(one) for one in _readings(address))

    def check_url(self, url: URL) -> None:
        """Refuse what can be seen from the text, for a clear error. Raises ForbiddenAddress."""
        if url.scheme not in ("http", "https") or not url.host:
            raise ForbiddenAddress("only http and https addresses may be called")
        if url.user or url.password:
            raise ForbiddenAddress("an address must not hold a user name or password")
        try:
            literal = ipaddress.ip_address(url.host.rstrip(".").partition("%")[0])
        except ValueError:
            return
        if not self.permits(literal, url.port or 443):
            raise ForbiddenAddress("internal addresses may not be called")

    def open_socket(self, info: Sequence[Any]) -> socket.socket:
        """``socket_factory`` of the one shared connector. Raises ForbiddenAddress before a packet is sent."""
        family, kind, protocol, _, target = info
        if not self.permits(ipaddress.ip_address(str(target[0]).partition("%")[0]), int(target[1])):
            raise ForbiddenAddress("internal addresses may not be called")
        return socket.socket(family, kind, protocol)


def _entry(text: str) -> _Allowed:
    host, port = text.strip(), None
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = int(rest[1:]) if rest.startswith(":") else None
    elif host.count(":") == 1:
        host, _, digits = host.partition(":")
        port = int(digits)
    return _Allowed(ipaddress.ip_network({"localhost": "127.0.0.1"}.get(host, host), strict=False), port)


def _readings(address: Address) -> list[Address]:
    """The address and every IPv4 address that is wrapped in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _EMBEDDING):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    wrapped = [one for one in inner if one is not None]
    return wrapped or [address]


def _is_forbidden(address: Address) -> bool:
    return any(address.version == network.version and address in network for network in _FORBIDDEN)
