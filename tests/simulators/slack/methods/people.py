"""``auth.*``, ``users.*``, ``usergroups.*``, ``team.info`` and ``bots.info``."""

from __future__ import annotations

from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.protocol import JSON, Refused


def _test(ask: Ask) -> JSON:
    workspace = ask.workspace
    return {
        "url": f"https://{workspace.name.lower()}.slack.com/", "team": workspace.name, "user": workspace.bot.name,
        "team_id": workspace.team, "user_id": workspace.bot.id, "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }  # fmt: skip


def _revoke(ask: Ask) -> JSON:
    ask.installation.fault = "token_revoked"
    return {"revoked": True}


def _info(ask: Ask) -> JSON:
    return {"user": ask.user().as_json(ask.has("users:read.email"))}


def _list(ask: Ask) -> JSON:
    members = [each.as_json(ask.has("users:read.email")) for each in ask.workspace.users.values()]
    return {"members": members, "response_metadata": {"next_cursor": ""}}


def _by_email(ask: Ask) -> JSON:
    for user in ask.workspace.users.values():
        if user.email == ask.text("email") and not (user.deleted or user.is_stranger):
            return {"user": user.as_json(with_email=True)}
    raise Refused("users_not_found")


def _groups(ask: Ask) -> JSON:
    found = ask.workspace.groups.items()
    told: list[JSON] = [
        {"id": key, "team_id": ask.workspace.team, "handle": handle, "name": handle, "is_usergroup": True,
         "date_delete": 0, "user_count": len(users)}
        for key, (handle, users) in found
    ]  # fmt: skip
    if ask.true("include_users"):
        told = [{**each, "users": ask.workspace.groups[each["id"]][1]} for each in told]
    return {"usergroups": told}


def _group_users(ask: Ask) -> JSON:
    if ask.text("usergroup") not in ask.workspace.groups:
        raise Refused("no_such_subteam")
    return {"users": ask.workspace.groups[ask.text("usergroup")][1]}


def _team(ask: Ask) -> JSON:
    return {"team": {"id": ask.workspace.team, "name": ask.workspace.name, "domain": ask.workspace.name.lower()}}


def _bot(ask: Ask) -> JSON:
    workspace = ask.workspace
    if ask.text("bot") not in ("", workspace.bot_id):
        raise Refused("bot_not_found")
    return {"bot": {"id": workspace.bot_id, "user_id": workspace.bot.id, "name": workspace.bot.name,
                    "app_id": ask.core.config.app_id, "deleted": False}}  # fmt: skip


METHODS: dict[str, Method] = {
    "auth.test": _test,
    "auth.revoke": _revoke,
    "users.info": _info,
    "users.list": _list,
    "users.lookupByEmail": _by_email,
    "usergroups.list": _groups,
    "usergroups.users.list": _group_users,
    "team.info": _team,
    "bots.info": _bot,
}
