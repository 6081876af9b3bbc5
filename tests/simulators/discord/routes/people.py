"""Users, the application, the gateway's address, and the consent of people."""

from __future__ import annotations

from tests.simulators.discord import oauth, shapes
from tests.simulators.discord.protocol import JSON, refused
from tests.simulators.discord.routes.asking import Ask, Handler

_SESSIONS = 1000


def me(ask: Ask) -> JSON:
    """The bot itself, or the person whose token this is."""
    return oauth.own_user(ask.core, ask.bearer) if ask.bearer else shapes.own_user(ask.core.bot)


def user(ask: Ask) -> JSON:
    """Any user."""
    found = ask.core.users.get(ask.arguments["user"])
    if found is None:
        raise refused(10013)
    return shapes.user(found)


def authorization(ask: Ask) -> JSON:
    """What a person's token is for."""
    return oauth.authorization(ask.core, ask.bearer)


def open_dm(ask: Ask) -> JSON:
    """Direct messages with somebody who shares a guild with the bot."""
    found = ask.core.users.get(str(ask.form.body.get("recipient_id")))
    if found is None:
        raise refused(10013)
    shared = any({found.id, ask.core.bot.id} <= each.members.keys() for each in ask.core.guilds.values())
    if found.bot or not shared:
        raise refused(50007)
    return shapes.channel(ask.core, ask.core.dm(found))


def application(ask: Ask) -> JSON:
    """The app as the portal has it."""
    core = ask.core
    owner = shapes.user(next(iter(core.users.values())))
    flags = 1 << 19 if core.config.intents & (1 << 15) else 0
    return {
        "id": core.application, "name": core.config.name, "icon": None, "description": "", "summary": "",
        "bot_public": True, "bot_require_code_grant": False, "owner": owner, "verify_key": "0" * 64, "team": None,
        "flags": flags, "hook": True, "interactions_endpoint_url": core.config.interactions_url,
        "redirect_uris": sorted(core.config.redirect_uris or ()), "bot": shapes.user(core.bot), "tags": [],
        "role_connections_verification_url": None, "approximate_guild_count": len(core.guilds),
        "integration_types_config": {"0": {}},
    }  # fmt: skip


def gateway(ask: Ask) -> JSON:
    """Where the gateway is."""
    return {"url": f"{ask.core.url.replace('http', 'ws', 1)}/gateway"}


def gateway_for_bot(ask: Ask) -> JSON:
    """The same, with shards and how many sessions may still begin today."""
    used = len(ask.core.gateway.identifies)
    limit = {"total": _SESSIONS, "remaining": max(0, _SESSIONS - used), "reset_after": 86_400_000, "max_concurrency": 1}
    return {**gateway(ask), "shards": ask.core.config.shards, "session_start_limit": limit}


ROUTES: dict[str, Handler] = {
    "GET /users/@me": me,
    "GET /oauth2/@me": authorization,
    "GET /oauth2/applications/@me": application,
    "GET /applications/@me": application,
    "GET /users/{user}": user,
    "POST /users/@me/channels": open_dm,
    "GET /gateway": gateway,
    "GET /gateway/bot": gateway_for_bot,
}
