"""Zendesk: open tickets with the state of their SLA policies side-loaded, as ``include=slas`` gives them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from demo.vendors.access import basic

if TYPE_CHECKING:
    from demo.world import State

_TICKETS = (
    (48211, "Checkout fails with a 502 for all EU users", "urgent", "billing", "Priya Shah", 24, "first_reply_time"),
    (48190, "Invoice for November is missing", "high", "billing", "Tom Becker", 55, "next_reply_time"),
    (48175, "Cannot sign in after password reset", "high", "identity", None, 97, "first_reply_time"),
    (48166, "Export stops at 10,000 rows", "normal", "data", "Ines Costa", 171, "requester_wait_time"),
    (48151, "Question about seat limits", "normal", "billing", "Priya Shah", 540, "first_reply_time"),
    (48102, "Feature idea: dark mode in reports", "low", "product", None, 2900, "requester_wait_time"),
)


def routes(state: State) -> list[web.RouteDef]:
    async def search(request: web.Request) -> web.Response:
        user, token = basic(request)
        if not user.endswith("/token") or token != state.keys["ZENDESK_API_TOKEN"]:
            return web.json_response({"error": "Couldn't authenticate you"}, status=401)
        results = [_ticket(state, *row) for row in _TICKETS]
        return web.json_response({"results": results, "count": len(results), "next_page": None, "previous_page": None})

    return [web.get("/zendesk/api/v2/search.json", search)]


def _ticket(
    state: State, id: int, subject: str, priority: str, team: str, assignee: str | None, minutes: int, metric: str  # noqa: A002
) -> dict[str, Any]:  # fmt: skip
    breach = state.now() + timedelta(minutes=minutes)
    return {
        "id": id, "subject": subject, "priority": priority, "status": "open", "tags": [team],
        "group": {"name": team}, "assignee": {"name": assignee} if assignee else None,
        "created_at": (state.now() - timedelta(hours=5)).isoformat(),
        "slas": {"policy_metrics": [{"breach_at": breach.isoformat(), "stage": "active", "metric": metric}]},
    }  # fmt: skip
