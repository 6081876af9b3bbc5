"""How the app comes into a workspace: ``/slack/install`` leads to Slack, ``/slack/oauth_redirect`` back."""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import timedelta
from urllib.parse import urlencode

from aiohttp import web

from bot.adapters.slack.installations import Installations, OAuthApp, Safe
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.errors import DeskhandError
from bot.ports import Clock

log = logging.getLogger(__name__)

STATE_MINUTES = 10
"""How long a person may take."""
_COOKIE = "deskhand-slack-install"
_STATE = "slack install"


class InstallPages:
    """``clock`` tells when an unfinished install is too old."""

    def __init__(self, installations: Installations, safe: Safe, app: OAuthApp, clock: Clock) -> None:
        self._installations = installations
        self._safe = safe
        self._app = app
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application."""
        return [web.get("/slack/install", self._begin), web.get("/slack/oauth_redirect", self._finish)]

    async def _begin(self, _: web.Request) -> web.Response:
        until = self._clock() + timedelta(minutes=STATE_MINUTES)
        state = self._safe.sealing.encrypt(str(until.timestamp()), _STATE)
        query = {"client_id": self._app.client_id, "scope": ",".join(self._app.scopes), "state": state}
        query |= {"redirect_uri": self._app.redirect_url} if self._app.redirect_url else {}
        response = web.Response(status=302, headers={"Location": f"{self._app.authorize_url}?{urlencode(query)}"})
        secure = self._app.redirect_url.startswith("https:")
        response.set_cookie(
            _COOKIE, state, max_age=STATE_MINUTES * 60, httponly=True, secure=secure, samesite="Lax", path="/slack"
        )
        return response

    async def _finish(self, request: web.Request) -> web.Response:
        if not await self._is_ours(request.query.get("state", ""), request.cookies.get(_COOKIE, "")):
            return _page(400, "This link was used before, is too old, or was opened in another browser. Begin again.")
        if not request.query.get("code"):
            return _page(400, "Nothing was installed, as Slack was not given leave.")
        try:
            made = await self._installations.install(request.query["code"])
        except SlackRefused as refused:
            log.warning("an install failed: %s", refused)
            return _page(400, _REFUSALS.get(refused.error, "Slack refused the install. Begin again."))
        except SlackUnreachable as error:
            log.warning("an install failed: %s", error)
            return _page(502, "Slack did not answer. Begin again in a minute.")
        log.info("installed in the workspace %s", made.team)
        return _page(200, f"Deskhand is installed in {made.name or made.team}. You can close this page.")

    async def _is_ours(self, state: str, cookie: str) -> bool:
        """Made here, for this browser, not too old, and for the first time back, in whichever process."""
        if not state or not hmac.compare_digest(state.encode(), cookie.encode()):
            return False
        try:
            until = float(self._safe.sealing.decrypt(state, _STATE))
        except DeskhandError:
            return False
        now = self._clock()
        once = f"slack-install/{hashlib.sha256(state.encode()).hexdigest()}"
        return now.timestamp() < until and await self._safe.claims.claim(once, now)


_REFUSALS = {
    "org_wide_install": "Deskhand cannot be installed for a whole organisation; install it into a workspace.",
    "team_not_allowed": "This workspace is not on the list of those that may install Deskhand.",
}


def _page(status: int, text: str) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    response = web.Response(status=status, text=f"{text}\n", headers=headers)
    response.del_cookie(_COOKIE, path="/slack")
    return response
