"""Stripe: refunds, charges, customers, subscriptions. Order 50000 makes it fail, 50001 limits the rate."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from demo.vendors.access import basic, bearer

if TYPE_CHECKING:
    from demo.world import State

_REFUNDS = (
    ("re_3PqA12345", "12345", 8900, "usd", "succeeded", 3),
    ("re_3PqB12377", "12377", 4250, "eur", "pending", 1),
    ("re_3PqC12390", "12390", 12000, "jpy", "failed", 6),
)
_CHARGES = (
    ("ch_3PxK0001", 4999, "succeeded", True, False, "dana.reyes@harbor.example", 26),
    ("ch_3PxK0002", 4999, "succeeded", False, False, "dana.reyes@harbor.example", 26),
    ("ch_3PxK0003", 1900, "succeeded", True, True, "dana.reyes@harbor.example", 200),
    ("ch_3PxK0004", 9900, "succeeded", True, False, "kim.otieno@lumen.example", 50),
)
_CUSTOMERS = {
    "alex.morgan@northwind.example": ("cus_Q1alex", "Alex Morgan", "Pro annual", "active", 47, False),
    "dana.reyes@harbor.example": ("cus_Q2dana", "Dana Reyes", "Team monthly", "active", 12, True),
    "kim.otieno@lumen.example": ("cus_Q3kim", "Kim Otieno", "Starter monthly", "past_due", 3, False),
}


def routes(state: State) -> list[web.RouteDef]:  # noqa: C901 - one small function for each path
    """The parts of the API that the shipped actions use."""

    def stamp(hours: float) -> int:
        return int((state.now() + timedelta(hours=hours)).timestamp())

    def refused(request: web.Request) -> web.Response | None:
        key = state.keys["STRIPE_API_KEY"]
        if bearer(request, key) or basic(request)[0] == key:
            return None
        return _error(401, "invalid_request_error", "Invalid API Key provided.")

    async def refunds(request: web.Request) -> web.Response:
        return refused(request) or _listed("/v1/refunds", [_refund(*row, stamp) for row in _REFUNDS])

    async def search(request: web.Request) -> web.Response:
        query = request.query.get("query", "")
        if answer := refused(request):
            return answer
        if "50000" in query:
            return _error(500, "api_error", "An error occurred while processing your request.")
        if "50001" in query:
            limited = _error(429, "invalid_request_error", "Too many requests hit the API too quickly.")
            limited.headers["Retry-After"] = "1"
            return limited
        found = [_customer(email, *row) for email, row in _CUSTOMERS.items() if f'"{email}"' in query]
        return web.json_response({"object": "search_result", "data": found, "has_more": False, "url": request.path})

    async def charges(request: web.Request) -> web.Response:
        return refused(request) or _listed("/v1/charges", [_charge(*row, stamp) for row in _CHARGES])

    async def subscriptions(request: web.Request) -> web.Response:
        wanted = request.query.get("customer", "")
        rows = [row for row in _CUSTOMERS.values() if row[0] == wanted]
        return refused(request) or _listed("/v1/subscriptions", [_subscription(row, stamp) for row in rows])

    return [
        web.get("/stripe/v1/refunds", refunds),
        web.get("/stripe/v1/charges", charges),
        web.get("/stripe/v1/customers/search", search),
        web.get("/stripe/v1/subscriptions", subscriptions),
    ]


def _listed(url: str, data: list[dict[str, Any]]) -> web.Response:
    return web.json_response({"object": "list", "url": url, "has_more": False, "data": data})


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)


def _refund(id: str, order: str, amount: int, currency: str, status: str, days: int, stamp: Any) -> dict[str, Any]:  # noqa: A002
    return {
        "id": id, "object": "refund", "amount": amount, "currency": currency, "status": status,
        "created": stamp(-24 * days), "charge": f"ch_{order}", "reason": "requested_by_customer",
        "failure_reason": "expired_or_canceled_card" if status == "failed" else None,
        "metadata": {"order_id": order, "invoice_url": f"https://invoice.example/i/{order}"},
    }  # fmt: skip


def _charge(
    id: str, amount: int, status: str, captured: bool, refunded: bool, email: str, hours: int, stamp: Any  # noqa: A002
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": id, "object": "charge", "amount": amount, "currency": "usd", "status": status, "captured": captured,
        "refunded": refunded, "created": stamp(-hours), "billing_details": {"email": email},
    }  # fmt: skip


def _customer(email: str, id: str, name: str, *_: object) -> dict[str, Any]:  # noqa: A002
    return {"id": id, "object": "customer", "email": email, "name": name}


def _subscription(row: tuple[str, str, str, str, int, bool], stamp: Any) -> dict[str, Any]:
    customer, _, plan, status, days, ends = row
    return {
        "id": f"sub_{customer[4:]}", "object": "subscription", "customer": customer, "status": status,
        "current_period_end": stamp(24 * days), "cancel_at_period_end": ends,
        "items": {"data": [{"price": {"nickname": plan, "unit_amount": 2900, "currency": "usd"}}]},
    }  # fmt: skip
