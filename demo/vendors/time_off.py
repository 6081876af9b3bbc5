"""The HR balance and SAP's time-off requests: a request lowers the balance."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aiohttp import web

from demo.vendors.access import bearer

if TYPE_CHECKING:
    from demo.world import State

_DAYS = 12


def routes(state: State) -> list[web.RouteDef]:
    async def balance(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["HR_TOKEN"]):
            return web.json_response({"error": "invalid token"}, status=401)
        user = request.query.get("user", "")
        if not user:
            return web.json_response({"error": "user is required"}, status=400)
        taken = [w["start_date"] for w in state.writes if w["kind"] == "pto" and w["employee_email"] == user]
        return web.json_response(
            {"user": user, "remaining": _DAYS - len(taken), "booked": taken, "last_used": f"{state.now().year}-03-03"}
        )

    async def book(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["SAP_API_TOKEN"]):
            return web.json_response({"error": {"code": "401", "message": "Unauthorized"}}, status=401)
        body = await request.json()
        try:
            date.fromisoformat(str(body.get("start_date")))
        except ValueError:
            return web.json_response({"error": {"code": "400", "message": "start_date must be YYYY-MM-DD"}}, status=400)
        number = 4891 + state.wrote("pto", body)
        return web.json_response({"request_id": str(number), "status": "SUBMITTED", **body}, status=201)

    return [web.get("/hr/pto", balance), web.post("/sap/api/v2/timeoff", book)]
