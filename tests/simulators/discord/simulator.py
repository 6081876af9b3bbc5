"""The simulator: one Discord with one app, over real HTTP and websockets."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from aiohttp import web

from tests.simulators.discord import oauth
from tests.simulators.discord.core import Core
from tests.simulators.discord.errands import Errands
from tests.simulators.discord.faults import Faults
from tests.simulators.discord.gateway import Gateway
from tests.simulators.discord.guild import Guild
from tests.simulators.discord.model import Alarm, Call
from tests.simulators.discord.page import Page
from tests.simulators.discord.protocol import AppConfig, Ids
from tests.simulators.discord.rates import Rates
from tests.simulators.discord.rest import Rest
from tests.simulators.pieces import in_pieces
from tests.simulators.slack.clock import PATIENCE, Changes, Clock

_UPLOADS = 128 << 20


class DiscordSimulator:
    """``async with DiscordSimulator(rates=False) as discord``; the bot takes ``api_base``, ``gateway_url``, ``token``.

    Time stands still until ``discord.clock.advance(seconds)``. discord.py sleeps real seconds when a bucket is
    empty, so with ``rates=True`` let time run (``running=True``) and shorten the windows in ``rates.rules``.
    ``rates=False`` counts calls but refuses none.
    """

    def __init__(
        self, config: AppConfig | None = None, *, rates: bool = True, running: bool = False, port: int = 0
    ) -> None:
        self.clock = Clock(running=running)
        self.gateway = Gateway()
        self.faults = Faults()
        self.rates = Rates(self.clock, enforced=rates)
        self.core = Core(
            config or AppConfig(), self.clock, Changes(), Ids(self.clock), self.faults, self.rates, self.gateway,
            Errands(),
        )  # fmt: skip
        self.gateway.attach(self.core)
        self.guild = self.add_guild("Acme")
        self._port = port
        self._rest = Rest(self.core)

    async def __aenter__(self) -> DiscordSimulator:
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.core.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._rest.end()
        await self.core.errands.end()
        await self.gateway.hang_up()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens; the page is there too."""
        return self.core.url

    @property
    def api_base(self) -> str:
        """``discord.http.Route.BASE`` of a bot."""
        return f"{self.core.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """``DiscordWebSocket.DEFAULT_GATEWAY`` of a bot."""
        return f"{self.core.url.replace('http', 'ws', 1)}/gateway"

    @property
    def cdn_url(self) -> str:
        """``discord.asset.Asset.BASE`` of a bot; attachments tell their addresses themselves."""
        return f"{self.core.url}/cdn"

    @property
    def authorize_url(self) -> str:
        """The consent page, without its query."""
        return f"{self.core.url}/oauth2/authorize"

    @property
    def token(self) -> str:
        """The bot token."""
        return self.core.token

    @property
    def mention(self) -> str:
        """How people mention the bot."""
        return self.core.bot.mention

    @property
    def alarms(self) -> list[Alarm]:
        """What would have called people who were not to be called."""
        return self.core.alarms

    @property
    def calls(self) -> list[Call]:
        """Every request to the API."""
        return self._rest.calls

    def called(self, route: str) -> list[Call]:
        """The requests of one route, such as ``POST /channels/{channel}/messages``."""
        return [each for each in self.calls if each.route == route]

    def release(self) -> None:
        """Let go the calls that a ``HELD`` fault keeps."""
        self._rest.release()

    def add_guild(self, name: str, *, invited: bool = True) -> Guild:
        """Another guild."""
        return Guild(self.core, name, invited=invited)

    async def connected(self, sessions: int = 1) -> None:
        """Return when that many sessions ever began and one has its bot at the other end."""
        began = self.gateway.identifies
        await self.until(lambda: len(began) >= sessions and bool(self.gateway.ready))

    async def resumed(self, times: int = 1) -> None:
        """Return when sessions were resumed that often."""
        await self.until(lambda: len(self.gateway.resumes) >= times and bool(self.gateway.ready))

    async def until(self, found: Callable[[], object], patience: float = PATIENCE) -> None:
        """Return when ``found()`` is true; it is asked at every change."""
        await self.core.changes.until(lambda: found() or None, self.core.picture, patience)

    async def settled(self) -> None:
        """Every interaction is acknowledged or given up."""
        waiting = self.core.interactions.values()
        await self.until(lambda: all(each.state != "waiting" for each in waiting))

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=_UPLOADS)
        app.router.add_get("/oauth2/authorize", self._ask_consent)
        app.router.add_post("/oauth2/authorize", self._consent)
        app.router.add_get("/api/oauth2/authorize", self._ask_consent)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest.handle)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/gateway/", self._gateway)
        app.router.add_get("/gateway/resume", self._gateway)
        app.router.add_get("/cdn/attachments/{channel}/{attachment}/{name}", self._download)
        Page(self.core, self.guild).add_routes(app)
        return app

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("GATEWAY")
        return await self._rest.fail(request, fault) if fault else await self.gateway.serve(request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file, while its address is good."""
        fault = self.faults.take("CDN")
        if fault:
            return await self._rest.fail(request, fault)
        found = self.core.attachments.get(request.match_info["attachment"])
        late = int(request.query.get("ex", "0"), 16) < self.clock.now()
        if found is None or late or found.channel != request.match_info["channel"]:
            return web.Response(status=404, text="This content is no longer available.")
        safe = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
        return await in_pieces(request, found.content, {"Content-Type": found.media_type, **safe})

    async def _ask_consent(self, request: web.Request) -> web.Response:
        """The page on which a person agrees."""
        try:
            scopes = oauth.check(self.core, request.query)
        except oauth.InvalidRequest as refusal:
            return web.Response(status=400, text=str(refusal))
        people = "".join(f"<option>{escape(name)}</option>" for name in sorted(self.core.people))
        wanted = "".join(f"<li>{escape(each)}</li>" for each in sorted(scopes))
        html = (
            f"<!doctype html><title>Authorise</title><h1>{escape(self.core.config.name)} wants to know who you are</h1>"
            f"<ul>{wanted}</ul><form method=post><label>You are <select name=person>{people}</select></label> "
            "<button name=agrees value=yes>Authorise</button> <button name=agrees value=no>Cancel</button></form>"
        )
        return web.Response(text=html, content_type="text/html")

    async def _consent(self, request: web.Request) -> web.Response:
        form = await request.post()
        person = self.core.people[str(form["person"])]
        try:
            back = oauth.consent(self.core, person.user, request.query, agrees=form["agrees"] == "yes")
        except oauth.InvalidRequest as refusal:
            return web.Response(status=400, text=str(refusal))
        return web.Response(status=302, headers={"Location": back})
