"""Slack's chat.postMessage: answers 200 with ``ok`` true or false, as Slack does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from demo.vendors.access import bearer

if TYPE_CHECKING:
    from demo.world import State


def routes(state: State) -> list[web.RouteDef]:
    async def post(request: web.Request) -> web.Response:
        if not bearer(request, state.keys["SLACK_BOT_TOKEN"]):
            return web.json_response({"ok": False, "error": "invalid_auth"})
        body = await request.json()
        if not body.get("text"):
            return web.json_response({"ok": False, "error": "no_text"})
        if body.get("channel") != "#hr-approvals":
            return web.json_response({"ok": False, "error": "channel_not_found"})
        state.wrote("slack.message", body)
        stamp = f"{state.now().timestamp():.6f}"
        return web.json_response({"ok": True, "channel": "C0HRAPPR", "ts": stamp, "message": {"text": body["text"]}})

    return [web.post("/slack/api/chat.postMessage", post)]
