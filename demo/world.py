"""One server that answers like Stripe, Statuspage, Jira, Zendesk, Shippo and the rest, with data that never ages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from aiohttp import web

from demo.vendors import billing, chat, jira, products, shippo, statuspage, time_off, zendesk

Now = Callable[[], datetime]

KEYS: Mapping[str, str] = {
    "STRIPE_API_KEY": "sk_test_demo_5f2c9a71b3e84d60",
    "STATUSPAGE_API_KEY": "demo-statuspage-8c41d2f7a9b0",
    "JIRA_BASIC": "c3VwcG9ydEBub3J0aHdpbmQuZXhhbXBsZTpkZW1vLWppcmEtdG9rZW4tM2I5ZTVkN2MxZjIy",
    "ZENDESK_API_TOKEN": "demo-zendesk-token-6a1d8e4b90c7",
    "SHIPPO_API_KEY": "shippo_test_demo_27d4b6f8a1c3",
    "PRODUCT_DB_API_KEY": "demo-product-key-91c5e7a3d2f4",
    "ANALYTICS_API_KEY": "demo-analytics-key-4e8b1c6d7f90",
    "INVENTORY_API_KEY": "demo-inventory-key-7d2f9b5a3c18",
    "HR_TOKEN": "demo-hr-token-0c6e4a8b2d97",
    "SAP_API_TOKEN": "demo-sap-token-f1a7c3e95b46",
    "SLACK_BOT_TOKEN": "xoxb-demo-482913-77c0de5a1f",
}
"""The only credentials that the world accepts; they open nothing else."""

PATHS: Mapping[str, str] = {
    "STRIPE_BASE_URL": "/stripe",
    "STATUSPAGE_BASE_URL": "/statuspage",
    "JIRA_BASE_URL": "/jira",
    "ZENDESK_BASE_URL": "/zendesk",
    "SHIPPO_BASE_URL": "/shippo",
    "PRODUCT_DB_BASE_URL": "/product",
    "ANALYTICS_BASE_URL": "/analytics",
    "INVENTORY_BASE_URL": "/inventory",
    "HR_BASE_URL": "/hr",
    "SAP_BASE_URL": "/sap",
    "SLACK_BASE_URL": "/slack",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who the demo's user is."""

    name: str = "Alex Morgan"
    email: str = "alex.morgan@northwind.example"
    groups: tuple[str, ...] = ("Support",)


@dataclass(slots=True)
class State:
    """What POSTs have changed since the start."""

    now: Now
    keys: Mapping[str, str] = field(default_factory=lambda: KEYS)
    writes: list[dict[str, Any]] = field(default_factory=list)

    def wrote(self, kind: str, record: dict[str, Any]) -> int:
        """Keep a write; gives its number among its kind."""
        self.writes.append({"kind": kind, **record})
        return sum(entry["kind"] == kind for entry in self.writes)


@dataclass(frozen=True, slots=True)
class World:
    """Where the world is and what opens it."""

    host: str
    port: int
    addresses: tuple[str, ...]
    person: Person = Person()

    @property
    def variables(self) -> dict[str, str]:
        """Base addresses, by the names that the shipped actions use."""
        return {name: f"http://{self.host}:{self.port}{path}" for name, path in PATHS.items()}

    @property
    def secrets(self) -> dict[str, str]:
        """The keys, by the names that the shipped actions use."""
        return dict(KEYS)


def application(now: Now) -> web.Application:
    """The whole world as one application."""
    state = State(now)
    app = web.Application()
    for vendor in (billing, statuspage, jira, zendesk, shippo, products, time_off, chat):
        app.router.add_routes(vendor.routes(state))

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"world": "deskhand demo"})

    async def log(_: web.Request) -> web.Response:
        return web.json_response(state.writes)

    app.router.add_get("/world/health", health)
    app.router.add_get("/world/log", log)
    return app


@asynccontextmanager
async def open_world(hosts: Sequence[str], port: int, now: Now) -> AsyncIterator[World]:
    """Serve the world on ``hosts``, or share the one that another process serves on ``port`` already.

    The last host is the one that actions are told, as containers must reach it too. Raises OSError if the port
    belongs to another program.
    """
    if port and await running(port):
        yield attached(hosts, port)
        return
    runner = web.AppRunner(application(now), access_log=None)
    await runner.setup()
    try:
        for host in hosts:
            port = port or (runner.addresses[0][1] if runner.addresses else 0)
            await web.TCPSite(runner, host, port).start()
        yield attached(hosts, port or runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def running(port: int) -> bool:
    """Whether a world answers on this machine's ``port``."""
    with suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
        timeout = aiohttp.ClientTimeout(total=2)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://127.0.0.1:{port}/world/health") as response,
        ):
            return bool((await response.json()).get("world") == "deskhand demo")
    return False


def attached(hosts: Sequence[str], port: int) -> World:
    """The world on ``port``, whether or not it is served at the moment."""
    return World(hosts[-1], port, tuple(f"{host}:{port}" for host in hosts))
