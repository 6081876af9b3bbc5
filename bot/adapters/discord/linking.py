"""Linking a Discord account with an e-mail address: by Discord's word, with consent, or by a code in the web chat.

Bots are never told an e-mail address (discord-api-docs#1737). Both ways begin with ``/link`` in Discord, so that it is
known whose account it is; both last ten minutes and work once, in whichever process they end.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Protocol
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.adapters.discord.link_oauth import Consent, ConsentRefused, ConsentUnreachable, LinkConfig
from bot.domain.audit import AuditEvent
from bot.domain.link import Link, LinkRefused
from bot.domain.person import Sender
from bot.errors import DeskhandError
from bot.ports import AuditLog, Claims, Clock, Links, Sealing

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=10)
"""How long a person may take."""
WRONG_TRIES = 5
"""Wrong codes of one person in a minute."""
_STATE = "discord link"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U; who reads or types them means 1 and 0."""
_LOOK_ALIKES = str.maketrans("OIL", "011")
_CODE_BYTES = 5
_CODE_LENGTH = 8
_EMAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_OLD_ADDRESS = "This link was used before, is too old, or is not complete. Type /link in Discord for a new one."
_OLD_CODE = "This code is wrong, was used before, or is older than 10 minutes. Type /link in Discord for a new one."
_NO_CONSENT = "Nothing was linked, as Discord was not given leave. Type /link in Discord to try again."
_SOMEBODY_ELSE = (
    "Nothing was linked: this link belongs to another Discord account than the one your browser is signed in with. "
    "Sign in with the account that typed /link, and type it again for a new link."
)
_NO_EMAIL = (
    "Nothing was linked: your Discord account has no verified e-mail address. Add or verify one in Discord under "
    "User Settings, My Account; then type /link again."
)
_UNKNOWN_HERE = (
    "Nothing was linked: this chat has no proof of who you are. "
    "Use the link that /link in Discord shows, or ask whoever runs Deskhand."
)
_TOO_OFTEN = "Too many wrong codes. Wait a minute, then try again."


class Pairings(Protocol):
    """Codes that wait to be typed, by their hash; a person has one at most."""

    async def put(self, code_hash: str, person: str, expires: datetime, now: datetime) -> None:
        """Keep it in place of the person's earlier one."""
        ...

    async def take(self, code_hash: str, now: datetime) -> str | None:
        """The person whose code this is. It is spent: of any number of callers one gets the person."""
        ...


@dataclass(frozen=True, slots=True)
class LinkStores:
    """What keeps links and what leads to them."""

    links: Links
    pairings: Pairings
    claims: Claims
    audit: AuditLog
    sealing: Sealing


class Linking:
    """``token_bytes`` gives that many random bytes, as ``secrets.token_bytes`` does."""

    def __init__(
        self,
        stores: LinkStores,
        config: LinkConfig,
        session: aiohttp.ClientSession,
        clock: Clock,
        token_bytes: Callable[[int], bytes],
    ) -> None:
        self._stores = stores
        self._config = config
        self._consent = Consent(config, session)
        self._clock = clock
        self._token_bytes = token_bytes
        self._tries = _Tries()

    async def of(self, user_id: str) -> Link | None:
        """The link of a Discord user. Raises StorageError, as all of these do."""
        return await self._stores.links.of(person_id(user_id))

    def address(self, user_id: str) -> str | None:
        """Our own page for that user alone, good once; None where OAuth2 is not set up."""
        if not self._config.complete:
            return None
        until = (self._clock() + LIFE).timestamp()
        state = self._stores.sealing.encrypt(f"{user_id} {until} {self._token_bytes(16).hex()}", _STATE)
        return f"{self._config.page('link')}?{urlencode({'state': state})}"

    async def code(self, user_id: str) -> str:
        """A code such as ``K7QX-4MTD`` for that user to type in the web chat; an earlier one is void."""
        number = int.from_bytes(self._token_bytes(_CODE_BYTES), "big")
        letters = "".join(_LETTERS[number >> 5 * place & 31] for place in range(_CODE_LENGTH))
        now = self._clock()
        await self._stores.pairings.put(await _hashed(letters), person_id(user_id), now + LIFE, now)
        return f"{letters[:4]}-{letters[4:]}"

    async def redeem(self, code: str, by: Sender) -> Link:
        """Link whoever got ``code`` in Discord with the e-mail address of ``by``. Raises LinkRefused."""
        if not by.verified or not _EMAIL.fullmatch(by.email):
            raise LinkRefused(_UNKNOWN_HERE)
        tried_by = by.email.casefold()  # the id of a web visitor is a cookie, which they can change
        if not self._tries.admit(tried_by, self._clock()):
            raise LinkRefused(_TOO_OFTEN)
        letters = _letters(code)
        person = await self._stores.pairings.take(await _hashed(letters), self._clock()) if letters else None
        if person is None:
            raise LinkRefused(_OLD_CODE)
        self._tries.forgive(tried_by)
        return await self._keep(Link(person, by.email, self._clock(), "code"), by.id)

    async def redeemed(self, code: str, by: Sender) -> str:
        """The same for the web chat, in words. Raises LinkRefused."""
        link = await self.redeem(code, by)
        return f"Linked. In Discord you are {link.email} from now on."

    async def unlink(self, user_id: str) -> bool:
        """Forget who a Discord user is; whether it was known."""
        person = person_id(user_id)
        known = await self._stores.links.remove(person)
        if known:
            await self._stores.audit.record(AuditEvent(self._clock(), person, "account.unlinked", person))
        return known

    def routes(self) -> list[web.RouteDef]:
        """For an aiohttp application; none where OAuth2 is not set up."""
        if not self._config.complete:
            return []
        return [
            web.get("/discord/link", self._begin),
            web.get("/discord/linked", self._finish, allow_head=False),
        ]

    async def _keep(self, link: Link, by: str) -> Link:
        await self._stores.links.put(link)
        details = {"email": link.email, "way": link.way}
        await self._stores.audit.record(AuditEvent(link.at, by, "account.linked", link.person, details))
        return link

    async def _begin(self, request: web.Request) -> web.Response:
        """On to Discord. Nothing is spent: programs open addresses too, to see what they are."""
        state = request.query.get("state", "")
        try:
            _, once = self._opened(state)
            if await self._stores.claims.claimed(once):
                raise LinkRefused(_OLD_ADDRESS)
        except DeskhandError as error:
            return _sorry(error)
        return web.Response(status=302, headers={**_HEADERS, "Location": self._config.consent_page(state)})

    async def _finish(self, request: web.Request) -> web.Response:
        try:
            link = await self._consented(request.query)
        except DeskhandError as error:
            return _sorry(error)
        return _page(200, f"Your Discord account is linked with {link.email}. You can close this page.")

    async def _consented(self, query: Mapping[str, str]) -> Link:
        user, once = self._opened(query.get("state", ""))
        if not await self._stores.claims.claim(once, self._clock()):
            raise LinkRefused(_OLD_ADDRESS)
        if not query.get("code"):
            raise LinkRefused(_NO_CONSENT)
        found = await self._consent.identity(query["code"])
        if found.user != user:
            raise LinkRefused(_SOMEBODY_ELSE)
        if not _EMAIL.fullmatch(found.email):
            raise LinkRefused(_NO_EMAIL)
        person = person_id(user)
        return await self._keep(Link(person, found.email, self._clock(), "oauth"), person)

    def _opened(self, state: str) -> tuple[str, str]:
        """The user a state was made for, and what to claim so that it works once. Raises LinkRefused."""
        try:
            user, until, nonce = self._stores.sealing.decrypt(state, _STATE).split(" ")
        except DeskhandError as error:
            raise LinkRefused(_OLD_ADDRESS) from error
        if self._clock().timestamp() >= float(until):
            raise LinkRefused(_OLD_ADDRESS)
        return user, f"discord-link/{hashlib.sha256(nonce.encode()).hexdigest()}"


class _Tries:
    """How often each person tried a code in the last minute."""

    def __init__(self) -> None:
        self._times: defaultdict[str, list[datetime]] = defaultdict(list)

    def admit(self, who: str, now: datetime) -> bool:
        """Count one more, if it may be. It counts from the start, so that many at once are no way around."""
        self._forget(now - timedelta(minutes=1))
        free = len(self._times.get(who, ())) < WRONG_TRIES
        if free:
            self._times[who].append(now)
        return free

    def forgive(self, who: str) -> None:
        """It was right."""
        self._times.pop(who, None)

    def _forget(self, before: datetime) -> None:
        for who, times in list(self._times.items()):
            self._times[who] = [time for time in times if time > before]
            if not self._times[who]:
                del self._times[who]


def person_id(user_id: str) -> str:
    """The sender id of a Discord user, whatever the guild."""
    return f"discord:{user_id}"


def _letters(code: str) -> str:
    """What a person meant who typed ``code``; empty where it can be none of ours."""
    plain = re.sub(r"[\W_]", "", code[:40]).upper().translate(_LOOK_ALIKES)
    return plain if len(plain) == _CODE_LENGTH and not set(plain) - set(_LETTERS) else ""


async def _hashed(letters: str) -> str:
    """Slow on purpose: a fast hash of 40 bits could be turned back while the code lives."""
    salt = b"deskhand discord link"
    digest = await asyncio.to_thread(hashlib.scrypt, letters.encode(), salt=salt, n=2**14, r=8, p=1)
    return digest.hex()


def _sorry(error: DeskhandError) -> web.Response:
    """The page for what went wrong. Texts of errors other than our own refusals are for the log."""
    if isinstance(error, LinkRefused):
        return _page(400, str(error))
    log.warning("an account was not linked: %s", error)
    if isinstance(error, ConsentUnreachable):
        return _page(502, "Nothing was linked: Discord did not answer. Type /link in Discord again in a minute.")
    if isinstance(error, ConsentRefused) and not error.ours:
        return _page(400, "Nothing was linked: Discord refused it. Type /link in Discord to try again.")
    if isinstance(error, ConsentRefused):
        return _page(502, "Nothing was linked: Deskhand is not set up rightly in Discord. Tell whoever runs it.")
    return _page(503, "Nothing was linked, as it could not be stored. Type /link in Discord again in a minute.")


def _page(status: int, text: str) -> web.Response:
    html = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Deskhand</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><p>{escape(text)}</p></main></body></html>\n"
    )
    return web.Response(status=status, text=html, content_type="text/html", headers=_HEADERS)
