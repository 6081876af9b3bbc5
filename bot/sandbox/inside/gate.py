"""Runs in a container of its own with the right to set packet filters: turns one JSON argument into nftables rules.

``filter``: on the engine's machine, for all that comes from one bridge. ``list``: inside the network of one container.
Standard library only.
"""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Order = dict[str, Any]


OURS = re.compile(r"table inet (dh[0-9a-f]{10})\b")
TRIES = 100
PAUSE = 0.1


def main() -> int:
    """Apply the rules in one step: all of them or none."""
    order = json.loads(sys.argv[1])
    if order["what"] == "list":
        return applied(list_rules(order))
    with alone():
        sweep()
        return applied(filter_rules(order))


def applied(rules: str) -> int:
    """Hand rules to nft; 0 if it took them."""
    done = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True, check=False)  # noqa: S607
    killed = f"nft was ended by signal {-done.returncode}, as where memory is short" if done.returncode < 0 else ""
    sys.stderr.write(done.stderr or killed)
    return abs(done.returncode)


def sweep() -> None:
    """Take away the tables of services that have ended: nft holds all tables in memory while it changes one.

    A service makes its bridge before it comes here, so a table without a bridge is nobody's.
    """
    listed = subprocess.run(["nft", "list", "tables", "inet"], text=True, capture_output=True, check=False)  # noqa: S607
    bridges = {name for _, name in socket.if_nameindex()}
    stale = [name for name in OURS.findall(listed.stdout) if name not in bridges]
    if stale:
        applied("".join(f"delete table inet {name}\n" for name in stale))


@contextmanager
def alone() -> Iterator[None]:
    """One gate at a time on a machine: a sweep must not take a table that is just being made.

    A name in the abstract namespace belongs to the network that all gates share, and is free again when its owner dies.
    """
    with socket.socket(socket.AF_UNIX) as lock:
        for _ in range(TRIES):
            try:
                lock.bind("\0deskhand-gate")
            except OSError:
                time.sleep(PAUSE)
            else:
                break
        else:
            sys.exit("another service has been setting its filter for too long")
        yield


def filter_rules(order: Order) -> str:
    """From the bridge: the internet, the machine's own name servers, and what an operator allowed; nothing else."""
    bridge, closed = order["bridge"], ", ".join(order["closed"])
    allowed = "\n".join(f"    {line}" for line in (*name_servers(), *endpoints(order["inside"])))
    return f"""
add table inet {bridge}
delete table inet {bridge}
table inet {bridge} {{
  chain allowed {{
    ct state established,related accept
{allowed}
  }}
  chain forward {{
    type filter hook forward priority filter - 10; policy accept;
    iifname != "{bridge}" return
    jump allowed
    meta nfproto ipv6 drop
    ip daddr {{ {closed} }} reject with icmp admin-prohibited
  }}
  chain input {{
    type filter hook input priority filter - 10; policy accept;
    iifname != "{bridge}" return
    jump allowed
    meta nfproto ipv6 drop
    reject with icmp admin-prohibited
  }}
}}
"""


def list_rules(order: Order) -> str:
    """From this container: the endpoints of a list and nothing else, no name server either."""
    allowed = "\n".join(f"    {line}" for line in endpoints(order["allowed"]))
    return f"""
table inet deskhand {{
  chain output {{
    type filter hook output priority filter; policy drop;
    oifname "lo" ip daddr 127.0.0.0/8 ip daddr != 127.0.0.11 accept
    ct state established,related accept
{allowed}
    reject with icmpx admin-prohibited
  }}
}}
"""


def name_servers() -> list[str]:
    """Names must be looked up, and the servers for that are often inside."""
    with open("/etc/resolv.conf") as file:  # noqa: PTH123
        fields = [line.split() for line in file]
    addresses = [words[1] for words in fields if len(words) > 1 and words[0] == "nameserver" and ":" not in words[1]]
    return [f"ip daddr {address} meta l4proto {{ tcp, udp }} th dport 53 accept" for address in addresses]


def endpoints(pairs: Iterable[tuple[str, int]]) -> list[str]:
    """One rule for each address or network and its port; port 0 is any."""
    return [f"ip daddr {address}" + (f" tcp dport {port}" if port else "") + " accept" for address, port in pairs]


if __name__ == "__main__":
    sys.exit(main())
