"""Statuspage: incidents that are not resolved yet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from demo.vendors.access import bearer

if TYPE_CHECKING:
    from demo.world import State


def routes(state: State) -> list[web.RouteDef]:
    async def unresolved(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["STATUSPAGE_API_KEY"], "OAuth"):
            return web.json_response({"error": "Could not authenticate"}, status=401)
        began = state.now() - timedelta(minutes=52)
        latest = state.now() - timedelta(minutes=9)
        incident = {
            "id": "p31zjtct2jer",
            "name": "Slow responses and 502 errors in the EU region",
            "status": "identified",
            "impact": "major",
            "shortlink": "https://status.example/incidents/p31zjtct2jer",
            "created_at": began.isoformat(),
            "components": [{"name": "API (EU)"}, {"name": "Checkout"}],
            "incident_updates": [
                {
                    "status": "identified",
                    "created_at": latest.isoformat(),
                    "body": "A database replica in Frankfurt falls behind. Traffic is moving to Dublin; "
                    "we expect normal speed within 40 minutes. Retrying failed requests helps meanwhile.",
                },
                {
                    "status": "investigating",
                    "created_at": began.isoformat(),
                    "body": "We are looking into slow answers.",
                },
            ],
        }
        return web.json_response([incident])

    return [web.get("/statuspage/v1/pages/{page}/incidents/unresolved", unresolved)]
