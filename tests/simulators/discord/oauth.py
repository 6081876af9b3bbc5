"""Linking accounts: a person's consent, codes, access tokens, and what these tell of the person."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.simulators.discord import shapes
from tests.simulators.discord.core import Core
from tests.simulators.discord.model import Consent, Grant, User
from tests.simulators.discord.protocol import JSON, Refused, refused, timestamp

CODE_SECONDS = 600.0
TOKEN_SECONDS = 604_800
_SCOPES = frozenset({"identify", "email", "guilds", "guilds.members.read", "openid", "bot", "applications.commands"})


class InvalidRequest(Exception):
    """The consent page shows this to the person."""


class InvalidGrant(Exception):
    """``POST /oauth2/token`` answers with an OAuth error."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **({"error_description": description} if description else {})}


def check(core: Core, query: Mapping[str, str]) -> frozenset[str]:
    """The scopes of a request for consent."""
    if query.get("client_id") != core.application:
        raise InvalidRequest("Unknown Application")
    uris = core.config.redirect_uris
    if not query.get("redirect_uri") or (uris is not None and query["redirect_uri"] not in uris):
        raise InvalidRequest("Invalid OAuth2 redirect_uri")
    if query.get("response_type") != "code":
        raise InvalidRequest("Unsupported response_type")
    scopes = frozenset(query.get("scope", "").split())
    if not scopes or scopes - _SCOPES:
        raise InvalidRequest("The requested scope is invalid, unknown, or malformed.")
    return scopes


def consent(core: Core, user: User, query: Mapping[str, str], *, agrees: bool = True) -> str:
    """The address that the person's browser is sent back to."""
    scopes = check(core, query)
    told = {"state": query["state"]} if "state" in query else {}
    if not agrees:
        told |= {"error": "access_denied", "error_description": "The resource owner denied the request"}
        return f"{query['redirect_uri']}?{urlencode(told)}"
    code = core.ids.secret("code.")
    expires = core.clock.now() + CODE_SECONDS
    core.consents[code] = Consent(user.id, scopes, expires, query["redirect_uri"], query.get("code_challenge"))
    return f"{query['redirect_uri']}?{urlencode({'code': code, **told})}"


def access(core: Core, form: Mapping[str, str], basic: tuple[str, str] | None) -> JSON:
    """A code or a refresh token for an access token."""
    client, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if client != core.application or secret != core.config.client_secret:
        raise InvalidGrant("invalid_client", status=401)
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(core, form)
        case "refresh_token":
            return _refresh(core, form.get("refresh_token", ""))
    raise InvalidGrant("unsupported_grant_type")


def _exchange(core: Core, form: Mapping[str, str]) -> JSON:
    found = core.consents.get(form.get("code", ""))
    if found is None or found.used or core.clock.now() > found.expires:
        raise InvalidGrant("invalid_grant", 'Invalid "code" in request.')
    if found.redirect_uri != form.get("redirect_uri"):
        raise InvalidGrant("invalid_grant", 'Invalid "redirect_uri" in request.')
    if found.challenge and found.challenge != _challenge(form.get("code_verifier", "")):
        raise InvalidGrant("invalid_grant", 'Invalid "code_verifier" in request.')
    found.used = True
    return _granted(core, found.user, found.scopes)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _refresh(core: Core, refresh: str) -> JSON:
    for each in core.grants.values():
        if each.refresh == refresh and not each.revoked:
            each.revoked = True
            return _granted(core, each.user, each.scopes)
    raise InvalidGrant("invalid_grant", 'Invalid "refresh_token" in request.')


def _granted(core: Core, user: str, scopes: frozenset[str]) -> JSON:
    token, refresh = core.ids.secret("access."), core.ids.secret("refresh.")
    core.grants[token] = Grant(user, scopes, core.clock.now() + TOKEN_SECONDS, refresh)
    return {
        "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "refresh_token": refresh,
        "scope": " ".join(sorted(scopes)),
    }  # fmt: skip


def revoke(core: Core, token: str) -> None:
    """An access or refresh token is worth nothing any more."""
    for key, each in core.grants.items():
        if token in (key, each.refresh):
            each.revoked = True


def grant(core: Core, token: str) -> Grant:
    """What a good access token stands for."""
    found = core.grants.get(token)
    if found is None or found.revoked or core.clock.now() >= found.expires:
        raise refused(0)
    return found


def own_user(core: Core, token: str) -> JSON:
    """``GET /users/@me`` of a person: the e-mail address only with its scope, and it may be missing."""
    found = grant(core, token)
    if "identify" not in found.scopes:
        raise Refused(403, 50025, "Invalid OAuth2 access token")
    user = core.users[found.user]
    told = {**shapes.user(user), "locale": user.locale, "mfa_enabled": False, "flags": 0, "premium_type": 0}
    return {**told, "email": user.email, "verified": user.verified} if "email" in found.scopes else told


def authorization(core: Core, token: str) -> JSON:
    """``GET /oauth2/@me``."""
    found = grant(core, token)
    application = {"id": core.application, "name": core.config.name, "icon": None, "description": ""}
    told: JSON = {"application": application, "scopes": sorted(found.scopes), "expires": timestamp(found.expires)}
    return {**told, "user": shapes.user(core.users[found.user])} if "identify" in found.scopes else told
