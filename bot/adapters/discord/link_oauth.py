"""Who somebody is, as Discord tells with their consent: a code for a token, one look, and the token is given back.

Sources: docs.discord.com, OAuth2 (``/oauth2/token``, ``/oauth2/token/revoke``) and ``GET /users/@me``; the e-mail
address may be missing, and ``/oauth2/@me`` never has it (discord-api-docs#3839).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.errors import DeskhandError

log = logging.getLogger(__name__)

_SCOPES = "identify email"
_LARGEST = 64 * 1024
_WORD = re.compile(r"[a-z_]{1,40}")
_OURS = frozenset({"invalid_client", "unauthorized_client", "invalid_request", "invalid_scope"})


class ConsentRefused(DeskhandError):
    """Discord did not take a call. ``ours`` says that the set-up is wrong, so that an operator must mend it."""

    def __init__(self, what: str, word: str) -> None:
        super().__init__(f"Discord refused {what}: {word}")
        self.ours = word in _OURS


class ConsentUnreachable(DeskhandError):
    """Discord did not answer, or not in its own words."""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """The app as Discord's OAuth2 knows it, and where people reach this service."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    public_url: str = ""
    """Of this service, as browsers see it, such as ``https://desk.example.com``."""
    api_base: str = "https://discord.com/api/v10"
    authorize_url: str = "https://discord.com/oauth2/authorize"
    seconds: float = 10.0
    """How long Discord may take to answer a call."""

    @property
    def complete(self) -> bool:
        """Whether all is set that a link by consent needs."""
        return bool(self.client_id and self.client_secret and self.public_url)

    def page(self, name: str) -> str:
        """The address of one of our pages."""
        return f"{self.public_url.rstrip('/')}/discord/{name}"

    def consent_page(self, state: str) -> str:
        """Where Discord asks the person."""
        query = {"response_type": "code", "client_id": self.client_id, "scope": _SCOPES, "prompt": "consent"}
        return f"{self.authorize_url}?{urlencode({**query, 'redirect_uri': self.page('linked'), 'state': state})}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A Discord account as its owner let us see it."""

    user: str
    email: str
    """Empty where Discord does not vouch for it."""


class Consent:
    """Reads who gave consent. ``session`` is shared and sends nothing of its own accord."""

    def __init__(self, config: LinkConfig, session: aiohttp.ClientSession) -> None:
        self._config = config
        self._session = session

    async def identity(self, code: str) -> Identity:
        """What the person's browser brought, turned into who they are. Raises ConsentRefused or ConsentUnreachable."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._config.page("linked")}
        told = await self._call("POST", "/oauth2/token", form=grant)
        token = str(told.get("access_token") or "")
        if not token:
            raise ConsentUnreachable("Discord gave no token")
        try:
            return _identity(await self._call("GET", "/users/@me", token=token))
        finally:
            await self._give_back(token)

    async def _give_back(self, token: str) -> None:
        """The token and the one that renews it are worth nothing any more; should that fail, they expire in a week."""
        try:
            await self._call("POST", "/oauth2/token/revoke", form={"token": token, "token_type_hint": "access_token"})
        except DeskhandError as error:
            log.warning("a person's token was not revoked: %s", error)

    async def _call(
        self, method: str, path: str, *, form: Mapping[str, str] | None = None, token: str = ""
    ) -> Mapping[str, Any]:
        headers = {"User-Agent": f"DiscordBot ({self._config.public_url}, 1)", "Accept": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        client = {"client_id": self._config.client_id, "client_secret": self._config.client_secret}
        try:
            async with self._session.request(
                method, f"{self._config.api_base}{path}", data={**client, **form} if form else None, headers=headers,
                timeout=aiohttp.ClientTimeout(self._config.seconds), allow_redirects=False,
            ) as answer:  # fmt: skip
                return _told(f"{method} {path}", answer.status, await _body(answer))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError) as error:
            # Not the error's own words, nor the error itself in a log: what was sent may stand in them.
            raise ConsentUnreachable(f"Discord did not answer {method} {path} ({type(error).__name__})") from None


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """What came, up to the most that an honest answer has. Raises ValueError."""
    body = b""
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _LARGEST:
            raise ValueError("too long")
    return body


def _told(what: str, status: int, body: bytes) -> Mapping[str, Any]:
    """The object that Discord answered with. Raises ValueError for anything else."""
    if status == 429 or status >= 500:
        raise ConsentUnreachable(f"Discord did not answer {what} ({status})")
    told = json.loads(body or b"{}")
    if not isinstance(told, dict):
        raise ValueError("no object")  # noqa: TRY004 - it is what came, not what we passed
    if status != 200:
        word = str(told.get("error", ""))
        raise ConsentRefused(what, word if _WORD.fullmatch(word) else str(status))
    return told


def _identity(told: Mapping[str, Any]) -> Identity:
    email = told.get("email") if told.get("verified") is True else None
    return Identity(str(told.get("id") or ""), email if isinstance(email, str) else "")
