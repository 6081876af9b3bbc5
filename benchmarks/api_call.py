"""API calls: what filling, guarding and reading add to a bare aiohttp call of the same request, p50 at most 3 ms.

Both ways call the same server on loopback in turns. Prints one JSON object; exits 1 when the bound is missed.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter

import aiohttp
from aiohttp import web

from bot.actions.addresses import AddressGuard
from bot.actions.api_call import ApiCallExecutor, open_session
from bot.domain.action import ActionSpec, Effect, HttpCall, Parameter, ParameterType
from bot.domain.plan import ActionCall
from bot.domain.run import Asker
from bot.ports import Given

BOUND_MS = 3.0
CALLS, WARM_UP = 1_000, 100
ORDER = {"id": "12345", "status": "shipped", "items": [{"sku": f"SKU-{n}", "amount": n * 1.5} for n in range(10)]}


async def quiet(_piece: str) -> None: ...


class OneSecret:
    async def reveal(self, names: Sequence[str]) -> Mapping[str, str]:
        return dict.fromkeys(names, "sk_live_0123456789")


def order_lookup(base: str) -> ActionCall:
    endpoint = "{SHOP_BASE_URL}/v1/orders/{order_id}?by={GURUBASE_USER_EMAIL}"
    work = HttpCall("GET", endpoint, headers=(("Authorization", "Bearer {SHOP_KEY}"),))
    order_id = Parameter("order_id", ParameterType.STRING, "Order number", required=True)
    spec = ActionSpec(
        "order-lookup", "Order lookup", "When asked", Effect.READ, work,
        parameters=(order_id,), secrets=("SHOP_KEY",), variables={"SHOP_BASE_URL": base},
    )  # fmt: skip
    return ActionCall("call", spec, {"order_id": "12345"})


async def bare(session: aiohttp.ClientSession, base: str) -> None:
    headers = {"Authorization": "Bearer sk_live_0123456789"}
    async with session.get(f"{base}/v1/orders/12345?by=alex%40acme.example", headers=headers) as response:
        await response.json()


async def measured(base: str) -> tuple[list[float], list[float]]:
    """Seconds of each bare call and of each of ours."""
    guard = AddressGuard(["127.0.0.1"])
    theirs, ours = [], []
    async with open_session(guard) as session, aiohttp.ClientSession() as plain:
        api = ApiCallExecutor(session, guard, OneSecret(), {}, "desk", lambda: datetime.now(UTC))
        call, given = order_lookup(base), Given("run", Asker("alex@acme.example"))
        for _ in range(WARM_UP + CALLS):
            begun = perf_counter()
            await bare(plain, base)
            between = perf_counter()
            result = await api.execute(call, given, quiet)
            ours.append(perf_counter() - between)
            theirs.append(between - begun)
            assert result.succeeded, result.detail
    return theirs[WARM_UP:], ours[WARM_UP:]


async def run() -> tuple[float, float]:
    async def answer(_request: web.BaseRequest) -> web.Response:
        return web.json_response(ORDER)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        theirs, ours = await measured(f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
    return statistics.median(theirs) * 1000, statistics.median(ours) * 1000


def main() -> int:
    bare_ms, ours_ms = asyncio.run(run())
    added = ours_ms - bare_ms
    ok = added <= BOUND_MS
    figures = {"bare_p50_ms": bare_ms, "ours_p50_ms": ours_ms, "added_p50_ms": added, "bound_ms": BOUND_MS}
    print(json.dumps({**{name: round(value, 3) for name, value in figures.items()}, "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
