"""A proxy of HTTP, and a Slack that nobody reaches but through it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.simulators.slack import SlackSimulator

NAME = "slack.example.invalid"
"""No name server knows it (RFC 2606)."""


class Proxy:
    """Takes every connection to one port, whatever host is asked for; ``asked`` holds what each asked for first."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._port = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first request on."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.split()[1].decode())
            there = await asyncio.open_connection("127.0.0.1", self._port)
            there[1].write(head)
            await asyncio.gather(_carry(reader, there[1]), _carry(there[0], writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def behind_a_proxy(slack: SlackSimulator) -> AsyncIterator[tuple[Proxy, str]]:
    """From now on all addresses of this Slack bear a name that the proxy alone knows; the proxy's own address."""
    proxy = Proxy(urlsplit(slack.url).port or 0)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    slack.core.url = f"http://{NAME}"
    async with server:
        yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
