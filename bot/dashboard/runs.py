"""``/api/v1/runs``: what ran and runs; stop it, settle a doubt about it, forget it, start one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from bot.dashboard.arguments import Coerce, Reading, read_arguments
from bot.dashboard.bodies import parsed
from bot.dashboard.problems import Problem, as_json, with_problems
from bot.dashboard.run_log import LogStreams
from bot.dashboard.starts import API, Asked, Starts, digest_of
from bot.domain.action import ActionState, Json
from bot.domain.person import Sender
from bot.domain.progress import Progress
from bot.domain.run import Run, RunState
from bot.domain.run_log import Resolution
from bot.ports import Arrivals, Catalogue, RunDesk, RunPages, RunStore, Sought

MOST_LISTED = 200
BY = Sender(API, "the API")
"""Who does things here: whoever holds the token."""
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class RunStores:
    """Where runs are kept."""

    runs: RunStore
    pages: RunPages
    arrivals: Arrivals


@dataclass(frozen=True, slots=True)
class StartRules:
    """What a start over the API must keep to."""

    starts: Starts
    catalogue: Catalogue
    coerce: Coerce
    asks_first: Callable[[ActionState], bool]


class RunRoutes:
    """Routes for whoever holds the token of the API; the web server checks it."""

    def __init__(self, stores: RunStores, desk: RunDesk, streams: LogStreams, rules: StartRules) -> None:
        self._stores = stores
        self._desk = desk
        self._streams = streams
        self._rules = rules

    def routes(self) -> Sequence[web.RouteDef]:
        """For the web server."""
        one = "/api/v1/runs/{run}"
        return [
            web.get("/api/v1/runs", with_problems(self._list)),
            web.get(one, with_problems(self._get), allow_head=False),
            web.delete(one, with_problems(self._delete)),
            web.get(f"{one}/log", with_problems(self._log), allow_head=False),
            web.post(f"{one}/stop", with_problems(self._stop)),
            web.post(f"{one}/resolve", with_problems(self._resolve)),
            web.post("/api/v1/actions/{slug}/runs", with_problems(self._start)),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        sought, limit = _sought(request.query)
        found = await self._stores.pages.page(sought, limit + 1)
        if found is None:
            raise Problem(400, "cursor: no run has this id. Leave it out to begin with the newest.")
        runs = found[:limit]
        following = runs[-1].id if len(found) > limit else None
        return as_json({"runs": [run_as_json(run) for run in runs], "next": following})

    async def _get(self, request: web.Request) -> web.StreamResponse:
        run_id = request.match_info["run"]
        run = await self._stores.runs.get(run_id)
        if run is None:
            return as_json(await self._promised(run_id))
        files = await self._stores.runs.files([run_id])
        listed: list[Json] = [
            {"place": file.place, "name": file.name, "media_type": file.media_type, "size": file.size} for file in files
        ]
        return as_json({**run_as_json(run), "files": listed})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        run = await self._known(request)
        if not await self._desk.delete(run.id, BY):
            raise Problem(409, "The run is under way. Stop it first.")
        return web.Response(status=204)

    async def _log(self, request: web.Request) -> web.StreamResponse:
        run_id = request.match_info["run"]
        if await self._stores.runs.get(run_id) is None:
            await self._promised(run_id)
        return await self._streams.send(request, run_id)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        run = await self._known(request)
        if not await self._desk.stop(run.id, BY):
            raise Problem(409, f"The run is not under way: it is {run.state.value}.")
        return as_json({"run": run.id, "stopping": True}, 202)

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        run = await self._known(request)
        body = parsed(await request.read(), request.content_type, request.charset)
        how = _resolution(body)
        resolved = await self._desk.resolve(run.id, how, BY, _unwatched)
        if resolved is None:
            raise Problem(
                409, f"There is no doubt about this run; it is {run.state.value}.", {"state": run.state.value}
            )
        return as_json(run_as_json(resolved))

    async def _start(self, request: web.Request) -> web.StreamResponse:
        data = await request.read()
        body = parsed(data, request.content_type, request.charset)
        given = _given(body)
        state = await self._ready(request.match_info["slug"], confirmed=body.get("confirmed") is True)
        values = read_arguments(state.spec, given, Reading(), self._rules.coerce)
        key = _key(request)
        slug = state.spec.slug
        run_id = await self._rules.starts.take(Asked(API, key, digest_of(slug.encode(), data), slug, values))
        return as_json({"run": run_id, "state": "queued"}, 202, {"Location": f"/api/v1/runs/{run_id}"})

    async def _ready(self, slug: str, *, confirmed: bool) -> ActionState:
        states = await self._rules.catalogue.states()
        state = next((state for state in states if state.spec.slug == slug), None)
        if state is None:
            raise Problem(404, f"There is no action {slug}.")
        if not state.enabled:
            raise Problem(409, f"The action {slug} is paused.")
        if state.spec.safety.requires_identity_verification:
            raise Problem(403, f"The action {slug} needs a verified identity, and a token is nobody's.")
        if self._rules.asks_first(state) and not confirmed:
            raise Problem(409, f'The action {slug} asks for a yes first. Send "confirmed": true with the parameters.')
        return state

    async def _known(self, request: web.Request) -> Run:
        run = await self._stores.runs.get(request.match_info["run"])
        if run is None:
            raise Problem(404, "There is no such run.")
        return run

    async def _promised(self, run_id: str) -> dict[str, Json]:
        """A run whose request was taken and that has not begun."""
        arrival = await self._stores.arrivals.promised(run_id)
        if arrival is None:
            raise Problem(404, "There is no such run.")
        return {"id": run_id, "state": RunState.QUEUED.value, "asked_at": arrival.at.isoformat()}


def run_as_json(run: Run) -> dict[str, Json]:
    """A run as the API shows it: all that is kept of it."""
    told: dict[str, Any] = asdict(run)
    return {**told, "state": run.state.value, "started_at": run.started_at.isoformat(), "inputs": dict(run.inputs)}


async def _unwatched(progress: Progress) -> None:
    """Nobody looks on."""


def _sought(query: Mapping[str, str]) -> tuple[Sought, int]:
    known = {"action", "state", "trigger", "cursor", "limit"}
    if unknown := sorted(set(query) - known):
        raise Problem(400, f"Unknown: {', '.join(unknown)}. Known are: {', '.join(sorted(known))}.")
    limit, state = query.get("limit", "50"), query.get("state", "")
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:6]) <= MOST_LISTED):
        raise Problem(400, f"limit: must be a number from 1 to {MOST_LISTED}.")
    if state and state not in set(RunState):
        raise Problem(400, f"state: must be one of {', '.join(RunState)}.")
    return Sought(query.get("action", ""), state, query.get("trigger", ""), query.get("cursor", "")), int(limit)


def _resolution(body: Mapping[str, Json]) -> Resolution:
    try:
        return Resolution(str(body.get("how", "")))
    except ValueError as error:
        raise Problem(400, f'"how" must be one of: {", ".join(Resolution)}.') from error


def _given(body: Mapping[str, Json]) -> Mapping[str, Json]:
    if unknown := sorted(body.keys() - {"parameters", "confirmed"}):
        raise Problem(400, f"Unknown keys: {', '.join(unknown)}. Known are: confirmed, parameters.")
    given = body.get("parameters") or {}
    if not isinstance(given, Mapping):
        raise Problem(400, '"parameters" must be an object: {"parameters": {"order_number": "12345"}}.')
    return given


def _key(request: web.Request) -> str:
    """Without a key each request is a run of its own."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Problem(400, f"Idempotency-Key: at most {_LONGEST_KEY} printable ASCII characters.")
    return key
