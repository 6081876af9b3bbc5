"""Keeps actions away from internal addresses: checked where the connection is made, so no name can be rebound.

A resolver alone is no defence: it is not asked for IP literals. ``socket_factory`` sees the final address of every
connect. ``ipaddress.is_global`` is not enough either: it passes NAT64, 6to4, multicast and metadata addresses.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from yarl import URL

from bot.domain.addresses import NOT_PUBLIC_4

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORBIDDEN_4 = tuple(map(ipaddress.IPv4Network, NOT_PUBLIC_4))
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out for the public network; the rest is local, reserved or multicast."""
_FORBIDDEN_6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20")))
"""Parts of it that lead elsewhere: Teredo and other tunnels, documentation, 6to4, the former test network."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""How a network without IPv4 reaches it (RFC 6052): the IPv4 address inside is what counts."""
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_OTHER_PROTOCOLS = frozenset(
    {0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
     110, 111, 113, 115, 117, 119, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389, 427, 445, 465, 512, 513, 514, 515,
     526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723,
     2049, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669,
     6679, 6697, 10080, 11211, 27017}
)  # fmt: skip
"""Ports of services that are not HTTP: the Fetch standard's "bad ports", and those of databases and queues."""
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_ODD_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
"""A host that ends in a number: some resolvers read ``0x7f.1`` or ``2130706433`` as an address."""


class ForbiddenAddress(OSError):
    """A connection that must not be made."""


@dataclass(frozen=True, slots=True)
class _Allowed:
    network: Network
    port: int | None

    def holds(self, address: Address, port: int) -> bool:
        return address in self.network and self.port in (None, port)


class AddressGuard:
    """Decides which addresses actions may reach: public unicast, and what the operator listed.

    ``internal`` entries are an address or a network such as ``10.1.0.0/16``, each with ``:port`` if only that port is
    meant; ``localhost`` stands for both loopback addresses. Other names are refused: a name can be pointed elsewhere.
    Raises ValueError that names every entry that is none of these.
    """

    def __init__(self, internal: Iterable[str] = ()) -> None:
        self._allowed = _read_entries(internal)

    def permits(self, address: Address, port: int) -> bool:
        """Whether a connection to exactly this address and port may be made."""
        return not self._objection(address, port)

    def check_url(self, url: URL) -> None:
        """Refuse what can be seen from the text, for a clear error. Raises ForbiddenAddress."""
        if url.scheme not in ("http", "https") or not url.raw_host:
            raise ForbiddenAddress("only http and https addresses may be called")
        if url.user is not None or url.password is not None:
            raise ForbiddenAddress("an address must not hold a user name or password")
        literal = _literal(url.raw_host)
        if literal is not None:
            self._check(literal, url.port or 0)
        elif _ODD_NUMBER.fullmatch(url.raw_host) or not _NAME.fullmatch(url.raw_host):
            raise ForbiddenAddress("the host of the address is neither a name nor an address in its usual form")

    def open_socket(self, info: Sequence[Any]) -> socket.socket:
        """``socket_factory`` of the one shared connector. Raises ForbiddenAddress before a packet is sent."""
        family, kind, protocol, _, target = info
        self._check(ipaddress.ip_address(str(target[0]).partition("%")[0]), int(target[1]))
        return socket.socket(family, kind, protocol)

    def _check(self, address: Address, port: int) -> None:
        objection = self._objection(address, port)
        if objection:
            raise ForbiddenAddress(objection)

    def _objection(self, address: Address, port: int) -> str:
        final = _unwrapped(address)
        if any(entry.holds(final, port) for entry in self._allowed):
            return ""
        if _is_internal(final):
            return "internal addresses may not be called"
        return "that port belongs to another protocol than HTTP" if port in _OTHER_PROTOCOLS else ""


def _literal(host: str) -> Address | None:
    """The address that is written there, if it is one; a zone such as ``%eth0`` only has meaning on this machine."""
    try:
        return None if "%" in host else ipaddress.ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that a connection to this one would reach, if it is wrapped in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _is_internal(address: Address) -> bool:
    """Everything but global unicast; tunnels that hide an IPv4 address count as internal whatever they hide."""
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in network for network in _FORBIDDEN_4)
    tunnelled = any(address in network for network in _FORBIDDEN_6) or int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    return address not in _UNICAST_6 or tunnelled


def _read_entries(texts: Iterable[str]) -> list[_Allowed]:
    entries: list[_Allowed] = []
    unread = []
    for text in texts:
        try:
            entries += _entry(text.strip())
        except ValueError:
            unread.append(repr(text))
    if unread:
        raise ValueError(f"{', '.join(unread)} cannot be read")
    return entries


def _entry(text: str) -> list[_Allowed]:
    host, port = text, None
    if found := re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?|([^:]+):(\d{1,5})", text):
        host = found.group(1) or found.group(3)
        digits = found.group(2) or found.group(4)
        port = int(digits) if digits else None
    hosts = ["127.0.0.1", "::1"] if host.lower() == "localhost" else [host]
    return [_Allowed(ipaddress.ip_network(one, strict=False), port) for one in hosts]
