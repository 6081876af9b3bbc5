"""Shippo: tracking. Order 50000 answers 503, 50002 never answers in time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from demo.vendors.access import bearer

if TYPE_CHECKING:
    from demo.world import State

_PARCELS = {
    "12345": ("ups", "TRANSIT", "Louisville", "KY", "Departed from the sorting centre", 2),
    "12377": ("fedex", "DELIVERED", "Portland", "OR", "Delivered at the front door", -1),
    "12390": ("usps", "FAILURE", "Reno", "NV", "Address could not be found, parcel is held", 3),
}


def routes(state: State) -> list[web.RouteDef]:
    async def track(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["SHIPPO_API_KEY"], "ShippoToken"):
            return web.json_response({"detail": "Invalid token."}, status=401)
        order = request.match_info["order"]
        if order == "50000":
            return web.json_response({"detail": "Service temporarily unavailable."}, status=503)
        if order == "50002":
            await asyncio.sleep(60)
        if order not in _PARCELS:
            return web.json_response({"detail": "Not found."}, status=404)
        carrier, status, city, region, words, days = _PARCELS[order]
        when = state.now() - timedelta(hours=7)
        scan = {
            "status": status, "status_details": words, "status_date": when.isoformat(),
            "location": {"city": city, "state": region, "country": "US"},
        }  # fmt: skip
        eta = (state.now() + timedelta(days=days)).date().isoformat()
        return web.json_response(
            {
                "carrier": carrier,
                "tracking_number": order,
                "eta": eta,
                "tracking_status": scan,
                "tracking_history": [scan],
            }
        )

    return [web.get("/shippo/tracks/{order}", track)]
