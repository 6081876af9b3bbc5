"""Address ranges that are not the public internet."""

from __future__ import annotations

NOT_PUBLIC_4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", "168.63.129.16/32",
)  # fmt: skip
"""IANA's special-purpose registry (RFC 6890), multicast and what is reserved, and the address at which Azure serves
its machines."""
