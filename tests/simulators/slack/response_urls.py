"""``response_url``: five posts within thirty minutes, by whoever has the address."""

from __future__ import annotations

import json

from aiohttp import web

from tests.simulators.slack import limits
from tests.simulators.slack.core import Core
from tests.simulators.slack.model import Message, ResponseUrl
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.workspace import Workspace


async def answer(request: web.Request, core: Core, workspaces: dict[str, Workspace]) -> web.Response:
    """One post."""
    found = core.response_urls.get(request.match_info["key"])
    if found is None:
        return _refused("invalid_url", 404)
    team, place = found
    if core.clock.now() > place.expires:
        return _refused("expired_url", 404)
    if not place.left:
        return _refused("used_url", 404)
    place.left -= 1
    try:
        respond(workspaces[team], place, json.loads(await request.text()))
    except Refused as refusal:
        return _refused(refusal.error, 400)
    return web.Response(text="ok")


def _refused(error: str, status: int) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=status)


def respond(workspace: Workspace, place: ResponseUrl, said: JSON) -> None:
    """Delete, replace or add, as the body says. Only the person sees it, unless it says ``in_channel``."""
    original = place.message
    if said.get("delete_original"):
        if original:
            workspace.remove(original)
        return
    limits.check_content(said)
    blocks = limits.check_blocks(said.get("blocks"))
    workspace.watch("response_url", said)
    if said.get("replace_original") and original:
        _replace(workspace, original, said, blocks)
    else:
        workspace.post(_new(workspace, place, said, blocks))


def _replace(workspace: Workspace, original: Message, said: JSON, blocks: list[JSON]) -> None:
    if original.user != workspace.bot.id:
        raise Refused("cant_update_message")
    previous = original.as_json(workspace.files)
    original.text, original.blocks = limits.shown(str(said.get("text") or "")), blocks
    original.edited = {"user": workspace.bot.id, "ts": workspace.core.ids.ts()}
    original.stream = None
    workspace.change(original, previous)


def _new(workspace: Workspace, place: ResponseUrl, said: JSON, blocks: list[JSON]) -> Message:
    public = said.get("response_type") == "in_channel"
    return Message(
        place.channel, workspace.core.ids.ts(), workspace.bot.id, limits.shown(str(said.get("text") or "")),
        workspace.team, blocks=blocks, thread_ts=said.get("thread_ts") or place.thread_ts, bot_id=workspace.bot_id,
        app_id=workspace.core.config.app_id, only_for=None if public else place.user,
    )  # fmt: skip
