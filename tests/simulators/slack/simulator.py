"""The simulator: one Slack with one app, over real HTTP and websockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aiohttp import web

from tests.simulators.pieces import in_pieces
from tests.simulators.slack import oauth, response_urls
from tests.simulators.slack.clock import PATIENCE, Changes, Clock
from tests.simulators.slack.core import Core
from tests.simulators.slack.delivery import Post
from tests.simulators.slack.faults import Faults
from tests.simulators.slack.http_events import HttpEvents
from tests.simulators.slack.model import BOT_SCOPES, Call
from tests.simulators.slack.page import Page
from tests.simulators.slack.protocol import AppConfig, Ids, Refused
from tests.simulators.slack.rates import Rates
from tests.simulators.slack.socket_mode import SocketMode
from tests.simulators.slack.web_api import WebApi, fail
from tests.simulators.slack.workspace import Workspace

UPLOAD_BYTES = 64 << 20


class SlackSimulator:
    """``async with SlackSimulator() as slack``; the bot's client takes ``slack.api_url`` and ``workspace.bot_token``.

    Events go over Socket Mode until ``deliver_over_http`` names a request URL. Time stands still until
    ``slack.clock.advance(seconds)``; ``rates=False`` counts calls but refuses none.
    """

    def __init__(
        self, config: AppConfig | None = None, *, scopes: Iterable[str] = BOT_SCOPES, rates: bool = True,
        running: bool = False, port: int = 0,
    ) -> None:  # fmt: skip
        config = config or AppConfig()
        self.clock = Clock(running=running)
        changes, ids = Changes(), Ids(self.clock)
        self.sockets = SocketMode(config, self.clock, changes, ids)
        self.post = Post(self.sockets, self.clock, changes)
        self.faults = Faults()
        self.rates = Rates(self.clock, config, enforced=rates)
        self.core = Core(config, self.clock, changes, ids, self.post, self.faults, self.rates)
        self.app_token = ids.new("xapp-1-")
        self.core.app_tokens[self.app_token] = frozenset({"connections:write"})
        self.workspaces: dict[str, Workspace] = {}
        self.workspace = self.add_workspace("Acme", scopes)
        self.http: HttpEvents | None = None
        self._port = port
        self._api = WebApi(self.core, self.workspaces, self.sockets)

    async def __aenter__(self) -> SlackSimulator:
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.core.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._api.released.set()
        await self.post.close()
        await self.sockets.hang_up()
        if self.http:
            await self.http.close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens; the page is there too."""
        return self.core.url

    @property
    def api_url(self) -> str:
        """``base_url`` of a client."""
        return f"{self.core.url}/api/"

    @property
    def calls(self) -> list[Call]:
        """Every request to the Web API."""
        return self._api.calls

    def called(self, method: str) -> list[Call]:
        """The requests of one method."""
        return [each for each in self.calls if each.method == method]

    def add_workspace(self, name: str, scopes: Iterable[str] | None = None) -> Workspace:
        """Another workspace; without scopes the app is not installed there yet."""
        made = Workspace(self.core, name, scopes)
        self.workspaces[made.team] = made
        return made

    async def connected(self, connections: int = 1) -> None:
        """Return when that many connections were ever made and one is there."""
        await self.until(lambda: self.sockets.opened >= connections and bool(self.sockets.connections))

    async def until(self, found: Callable[[], object], patience: float = PATIENCE) -> None:
        """Return when ``found()`` is true; it is asked at every change."""
        await self.core.changes.until(lambda: found() or None, self.workspace.picture, patience)

    async def deliver_over_http(self, url: str) -> bool:
        """From now on post to this request URL; false when its handshake fails, as in the app's settings."""
        if self.http:
            await self.http.close()
        self.http = HttpEvents(url, self.core.config, self.clock, self.core.changes, self.core.ids)
        self.post.transport = self.http
        return await self.http.verify()

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=UPLOAD_BYTES)
        app.router.add_route("*", "/api/{method}", self._api.handle)
        app.router.add_get("/link", self.sockets.link)
        app.router.add_post("/upload/{team}/{file}", self._upload)
        app.router.add_get("/files/{team}/{file}/{name}", self._download)
        app.router.add_post("/response/{key}", self._respond)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        Page(self.core, lambda: self.workspace).add_routes(app)
        return app

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("response_url")
        if fault:
            return await fail(request, fault, self._api.released)
        return await response_urls.answer(request, self.core, self.workspaces)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("upload")
        if fault:
            return await fail(request, fault, self._api.released)
        found = self.workspaces[request.match_info["team"]].files.get(request.match_info["file"])
        content = await request.read()
        if found is None or len(content) != found.length:
            return web.Response(status=400, text="the length is not what was announced")
        found.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A private file needs a token with ``files:read``; without one Slack answers with its sign-in page."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        found = self.workspaces[request.match_info["team"]].files.get(request.match_info["file"])
        reader = self.core.installations.get(token)
        if reader is None or reader.fault or "files:read" not in reader.scopes:
            return web.Response(text="<html>Sign in to Slack</html>", content_type="text/html")
        if found is None or found.content is None:
            return web.Response(status=404)
        return await in_pieces(request, found.content, {"Content-Type": "application/octet-stream"})

    async def _authorize(self, request: web.Request) -> web.Response:
        """A person agrees at once, in the workspace that ``team`` names or else the first one."""
        workspace = self.workspaces.get(request.query.get("team", ""), self.workspace)
        admin = workspace.person("admin")
        try:
            raise web.HTTPFound(oauth.consent(self.core, workspace, admin.user.id, request.query))
        except Refused as refusal:
            return web.Response(status=400, text=refusal.error)
