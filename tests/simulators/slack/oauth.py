"""Installing the app into workspaces, and rotating its tokens. docs.slack.dev/authentication/using-token-rotation."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from tests.simulators.slack.core import Core
from tests.simulators.slack.model import Consent, Installation
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.workspace import TOKEN_SECONDS, Workspace

CODE_SECONDS = 600.0


def consent(core: Core, workspace: Workspace, user: str, query: Mapping[str, str]) -> str:
    """The address that the person's browser is sent back to."""
    if query.get("client_id") != core.config.client_id:
        raise Refused("invalid_client_id")
    code = core.ids.new("code.")
    scopes = frozenset(each for each in query.get("scope", "").split(",") if each)
    redirect = query.get("redirect_uri", "")
    core.consents[code] = Consent(workspace.team, user, scopes, core.clock.now() + CODE_SECONDS, redirect)
    return f"{redirect}?{urlencode({'code': code, 'state': query.get('state', '')})}"


def access(core: Core, workspaces: Mapping[str, Workspace], arguments: JSON) -> JSON:
    """``oauth.v2.access``: a code or a refresh token for an access token."""
    if arguments.get("client_id") != core.config.client_id:
        raise Refused("invalid_client_id")
    if arguments.get("client_secret") != core.config.client_secret:
        raise Refused("bad_client_secret")
    if arguments.get("grant_type") == "refresh_token":
        return _refresh(core, workspaces, str(arguments.get("refresh_token", "")))
    found = core.consents.get(str(arguments.get("code", "")))
    if found is None or core.clock.now() > found.expires:
        raise Refused("invalid_code")
    if found.used:
        raise Refused("code_already_used")
    if found.redirect_uri and arguments.get("redirect_uri", found.redirect_uri) != found.redirect_uri:
        raise Refused("bad_redirect_uri")
    found.used = True
    workspace = workspaces[found.team]
    return _told(core, workspace, workspace.install(found.scopes), found.user)


def _refresh(core: Core, workspaces: Mapping[str, Workspace], token: str) -> JSON:
    """A refresh token works once; the access token before it lives on until it expires."""
    found = next((each for each in core.installations.values() if each.refresh == token), None)
    if found is None or found.fault:
        raise Refused("invalid_refresh_token")
    found.refresh = None
    workspace = workspaces[found.team]
    return _told(core, workspace, workspace.install(found.scopes), "")


def _told(core: Core, workspace: Workspace, made: Installation, user: str) -> JSON:
    told: JSON = {
        "access_token": made.token, "token_type": "bot", "scope": ",".join(sorted(made.scopes)),
        "bot_user_id": workspace.bot.id, "app_id": core.config.app_id, "enterprise": None,
        "is_enterprise_install": False,
        "team": {"name": workspace.name, "id": workspace.team}, "authed_user": {"id": user},
    }  # fmt: skip
    if made.refresh:
        told |= {"refresh_token": made.refresh, "expires_in": TOKEN_SECONDS}
    return told
