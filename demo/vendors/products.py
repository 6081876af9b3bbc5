"""The company's own services: accounts, usage analytics, inventory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from demo.vendors.access import bearer

if TYPE_CHECKING:
    from demo.world import State

_ACCOUNTS = {
    "alex.morgan@northwind.example": ("Pro", 8, 25, ["api", "reports", "webhooks"]),
    "dana.reyes@harbor.example": ("Team", 5, 5, ["reports"]),
    "kim.otieno@lumen.example": ("Enterprise", 112, 500, ["api", "reports", "webhooks", "sso", "audit log"]),
}
_AFFECTED = (
    ("Harbor Freightways", "Enterprise", "EU", 1820), ("Lumen Clinics", "Enterprise", "EU", 990),
    ("Northwind Trading", "Pro", "EU", 410), ("Juniper Books", "Pro", "US", 75), ("Sakura Foods", "Pro", "APAC", 22),
)  # fmt: skip
_STOCK = {
    ("blue widget", "xl"): 3, ("blue widget", "m"): 41, ("blue widget", ""): 44, ("red widget", ""): 0,
    ("travel mug", ""): 120,
}  # fmt: skip


def routes(state: State) -> list[web.RouteDef]:
    async def account(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["PRODUCT_DB_API_KEY"]):
            return web.json_response({"message": "unauthorized"}, status=401)
        found = _ACCOUNTS.get(request.query.get("email", "").lower())
        if found is None:
            return web.json_response({"message": "account not found"}, status=404)
        plan, used, limit, features = found
        return web.json_response({"plan": plan, "seats_used": used, "seats_limit": limit, "features": features})

    async def affected(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["ANALYTICS_API_KEY"]):
            return web.json_response({"message": "unauthorized"}, status=401)
        region = request.query.get("region", "").upper()
        rows = [row for row in _AFFECTED if region in ("", "ALL", row[2])]
        accounts = [
            {"name": name, "plan": plan, "region": where, "failed_requests": n} for name, plan, where, n in rows
        ]
        return web.json_response(
            {"incident_type": request.query.get("type"), "region": region or "all", "accounts": accounts}
        )

    async def stock(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["INVENTORY_API_KEY"]):
            return web.json_response({"message": "unauthorized"}, status=401)
        product, variant = request.query.get("product", ""), request.query.get("variant", "")
        quantity = _STOCK.get((product.lower(), variant.lower()))
        if quantity is None:
            return web.json_response({"message": f"no such product: {product}"}, status=404)
        restock = (state.now() + timedelta(days=9)).date().isoformat()
        others = [
            f"{name} {size}".strip().title()
            for (name, size), left in _STOCK.items()
            if left and name != product.lower()
        ]
        return web.json_response(
            {"product": product, "variant": variant or None, "quantity": quantity,
             "ships_in_days": 2 if quantity else None, "restock_date": None if quantity else restock,
             "alternatives": [] if quantity else others[:3],
             "page": f"https://shop.example/products/{product.lower().replace(' ', '-')}"}
        )  # fmt: skip

    return [
        web.get("/product/v1/accounts/lookup", account),
        web.get("/analytics/v1/impact", affected),
        web.get("/inventory/v1/stock", stock),
    ]
