"""What containers may reach: a network of our own with a filter outside of it (docs/decisions/0002)."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from docker.errors import APIError, DockerException, NotFound

from bot.domain.addresses import NOT_PUBLIC_4
from bot.errors import SandboxError
from bot.sandbox.containers import labels
from bot.sandbox.engine import DockerEngine, removed
from bot.sandbox.house import Endpoint
from bot.sandbox.inside import GATE

_GATE_HOST = {
    "cap_drop": ["ALL"], "cap_add": ["NET_ADMIN"], "security_opt": ["no-new-privileges"], "read_only": True,
    "mem_limit": "768m", "pids_limit": 16,
}  # fmt: skip


class Egress:
    """The network of one service on one engine. ``inside`` are the endpoints within that may be reached all the same.

    ``filtered`` is False where an operator takes the risk: containers then reach whatever the engine's machine does.
    """

    def __init__(
        self, engine: DockerEngine, image: str, instance: str, inside: Sequence[Endpoint], *, filtered: bool
    ) -> None:
        self._engine = engine
        self._image = image
        self._instance = instance
        self._inside = list(inside)
        self._filtered = filtered
        self._lock = asyncio.Lock()
        self._applied = False
        self._made = False
        self.name = "dh" + hashlib.sha256(instance.encode()).hexdigest()[:10]
        """Of the network and its bridge; an interface's name has at most 15 characters."""

    def allow(self, endpoints: Sequence[Endpoint]) -> None:
        """Let containers reach these too, from the next time the filter is applied."""
        self._inside += endpoints
        self._applied = False

    async def ready(self) -> str:
        """The network's name once it is there and filtered. Raises SandboxError."""
        async with self._lock:
            if not self._applied:
                await self.gateway()
                if self._filtered:
                    order = {"what": "filter", "bridge": self.name, "inside": self._inside, "closed": NOT_PUBLIC_4}
                    await self._gate(order, "host")
                self._applied = True
        return self.name

    def forget(self) -> None:
        """The engine may have been started anew: look again next time."""
        self._applied = False

    async def gateway(self) -> str:
        """The address at which containers see the engine's machine. Raises SandboxError."""
        network = await self._engine.call(lambda client: _network(client, self.name, self._instance))
        self._made = True
        pool = network["IPAM"]["Config"][0]
        return str(pool.get("Gateway") or next(ipaddress.ip_network(pool["Subnet"]).hosts())).partition("/")[0]

    async def limit(self, container: str, endpoints: Sequence[Endpoint]) -> None:
        """Leave one container nothing but ``endpoints``: rules in its own network, which it has no right to change."""
        await self._gate({"what": "list", "allowed": list(endpoints)}, f"container:{container}")

    async def close(self) -> None:
        """Remove the network, unless another process of this service uses it."""
        if self._made:
            with suppress(SandboxError):
                await self._engine.call(lambda client: _network_removed(client, self.name))

    async def _gate(self, order: Mapping[str, Any], network: str) -> None:
        named, owed = labels(self._instance), self._engine.owed
        problem = await self._engine.call(lambda client: _gate_run(client, self._image, named, order, network, owed))
        if problem:
            raise SandboxError(
                f"Python actions cannot run: their network could not be filtered ({problem}). The engine must allow "
                "containers with NET_ADMIN on its own network; DESKHAND_SANDBOX_EGRESS=open runs them unfiltered"
            )


async def resolved(hosts: Sequence[str]) -> tuple[dict[str, str], list[Endpoint]]:
    """The addresses of an allow-list: what to write into the container's hosts file, and what to let through.

    Raises SandboxError for a name that has no IPv4 address.
    """
    names: dict[str, str] = {}
    endpoints: list[Endpoint] = []
    for entry in hosts:
        host, _, port = entry.partition(":")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, family=socket.AF_INET, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise SandboxError(
                f"{host} of allowed_hosts cannot be found; check the name or the name servers"
            ) from error
        names[host] = str(found[0][4][0])
        endpoints.append((names[host], int(port or 0)))
    return names, endpoints


def endpoint(entry: str) -> Endpoint | None:
    """``10.0.0.5``, ``10.0.0.5:8443`` or ``10.0.0.0/8``; None for what no container can reach (loopback, IPv6)."""
    address, _, port = entry.partition(":")
    try:
        network = ipaddress.IPv4Network(address, strict=False)
    except ValueError:
        return None
    return None if network.is_loopback else (str(network), int(port or 0))


def _network(client: Any, name: str, instance: str) -> Mapping[str, Any]:
    try:
        return dict(client.inspect_network(name))
    except NotFound:
        client.create_network(
            name,
            driver="bridge",
            check_duplicate=True,
            labels=labels(instance),
            options={"com.docker.network.bridge.name": name, "com.docker.network.bridge.enable_icc": "false"},
        )
        return dict(client.inspect_network(name))


def _network_removed(client: Any, name: str) -> None:
    with suppress(NotFound, APIError):
        client.remove_network(name)


def _gate_run(
    client: Any, image: str, named: Mapping[str, str], order: Mapping[str, Any], network: str, owed: set[str]
) -> str:
    """Run the gate once; what is wrong, or nothing. Its container is ``owed`` if it cannot be removed."""
    host = client.create_host_config(network_mode=network, **_GATE_HOST)
    made = client.create_container(
        image, command=["python3", "-c", GATE, json.dumps(order)], user="0:0", labels=dict(named), host_config=host
    )["Id"]
    try:
        client.start(made)
        if client.wait(made, timeout=20)["StatusCode"] == 0:
            return ""
        lines = client.logs(made, stdout=False, stderr=True).decode(errors="replace").strip().splitlines()
        return lines[0][:200] if lines else "nft failed"
    except APIError as error:
        return str(error.explanation)[:200]
    finally:
        try:
            removed(client, made)
        except (DockerException, OSError):
            owed.add(made)
