"""The API server: real paths and JSON over HTTP, rights and faults as asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from tests.simulators.kubernetes.cluster import ControlPlane
from tests.simulators.kubernetes.schema import faults

TOKEN = "sim-7d2f0c5e91ab4638"
EVERYTHING = frozenset({("*", "*")})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class KubernetesSimulator:
    """``async with KubernetesSimulator(folder) as sim``: ``sim.kubeconfig`` is a file that leads to it.

    ``rights`` are what the service account may do, as (resource, verb).
    """

    def __init__(self, folder: Path, rights: frozenset[tuple[str, str]] = EVERYTHING) -> None:
        self.namespace = "runs"
        self.token = TOKEN
        self.rights = rights
        self.plane = ControlPlane(folder / "pods")
        self.requests: list[str] = []
        self.cuts: list[int] = []
        """After so many bytes the next log streams break."""
        self.policies: list[dict[str, Any]] = []
        self.watches_to_break = 0
        """So many watches end after their first event."""
        self._faults: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
        self._released = asyncio.Event()
        self._asked = asyncio.Event()
        self._folder = folder

    async def __aenter__(self) -> KubernetesSimulator:
        app = web.Application()
        app.router.add_get("/version/", self._version)
        for method, path, resource, verb, handler in self._routes():
            app.router.add_route(method, path, self._guarded(resource, verb, handler))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.kubeconfig = kubeconfig(self._folder / "config", self.url, self.namespace)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._released.set()
        await self.plane.close()
        await self._runner.cleanup()

    def fail(self, resource: str, verb: str, status: int, message: str = "", *, times: int = 1) -> None:
        """Answer the next requests so; status 0 gives no answer at all."""
        reasons = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict"}
        fault = (status, reasons.get(status, "InternalError"), message or "an error on the server")
        self._faults.setdefault((resource, verb), []).extend([fault] * times)

    async def asked(self, what: str, times: int = 1) -> None:
        """Wait until ``what``, such as ``watch pods``, has been asked so often."""
        while self.requests.count(what) < times:
            await self._asked.wait()

    def _routes(self) -> Iterator[tuple[str, str, str, str, Handler]]:
        jobs = "/apis/batch/v1/namespaces/{namespace}/jobs"
        core = "/api/v1/namespaces/{namespace}"
        yield "POST", jobs, "jobs", "create", self._create_job
        yield "GET", jobs, "jobs", "list", self._list_jobs
        yield "DELETE", f"{jobs}/{{name}}", "jobs", "delete", self._delete_job
        yield "POST", f"{core}/secrets", "secrets", "create", self._create_secret
        yield "GET", f"{core}/pods", "pods", "list", self._pods
        yield "GET", f"{core}/pods/{{name}}/log", "pods/log", "get", self._log
        yield "GET", f"{core}/events", "events", "list", self._events
        policies = "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"
        yield "GET", policies, "networkpolicies", "list", self._network_policies

    def _guarded(self, resource: str, verb: str, handler: Handler) -> Handler:
        """Who asks, may they, is it to fail; only then the answer."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            asked = "watch" if request.query.get("watch") in ("true", "True") else verb
            self.requests.append(f"{asked} {resource}")
            self._asked.set()
            self._asked = asyncio.Event()
            if request.headers.get("Authorization") != f"Bearer {self.token}":
                return _status(401, "Unauthorized", "Unauthorized")
            if not self.rights & {(resource, asked), ("*", "*")}:
                return _status(403, "Forbidden", f'User "sim" cannot {asked} resource "{resource}"')
            if request.match_info["namespace"] != self.namespace:
                return _status(404, "NotFound", f'namespaces "{request.match_info["namespace"]}" not found')
            waiting = self._faults.get((resource, asked))
            if waiting:
                return await self._fault(*waiting.pop(0))
            try:
                return await handler(request)
            except ConnectionResetError:  # who asked has left
                return web.Response()

        return guarded

    async def _fault(self, status: int, reason: str, message: str) -> web.Response:
        if status == 0:
            await self._released.wait()
            return web.Response()
        return _status(status, reason, message)

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"major": "1", "minor": "33", "gitVersion": "v1.33.2"})

    async def _create_job(self, request: web.Request) -> web.Response:
        job = await request.json()
        wrong = [*faults(job, "V1Job"), *_immediate(job)]
        if wrong:
            return _status(422, "Invalid", f"Job is invalid: {wrong[0]}")
        name = job["metadata"]["name"]
        if name in self.plane.jobs:
            return _status(409, "AlreadyExists", f'jobs.batch "{name}" already exists')
        return web.json_response(self.plane.create_job(job), status=201)

    async def _list_jobs(self, request: web.Request) -> web.Response:
        return _list("JobList", _selected(self.plane.jobs, request))

    async def _delete_job(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.plane.jobs:
            return _status(404, "NotFound", f'jobs.batch "{name}" not found')
        assert request.query.get("propagationPolicy") in ("Background", "Foreground"), "its pods would stay"
        self.plane.delete_job(name)
        return web.json_response({"kind": "Status", "status": "Success"})

    async def _create_secret(self, request: web.Request) -> web.Response:
        secret = await request.json()
        wrong = list(faults(secret, "V1Secret"))
        if wrong or sum(map(len, secret["stringData"].values())) > 1 << 20:
            return _status(422, "Invalid", f"Secret is invalid: {secret}")
        return web.json_response(self.plane.create_secret(secret), status=201)

    async def _pods(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") not in ("true", "True"):
            return _list("PodList", _selected(self.plane.pods, request))
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        known: dict[str, str] = {}
        while True:
            for name, pod in _selected(self.plane.pods, request).items():
                told = json.dumps({"type": "MODIFIED" if name in known else "ADDED", "object": pod})
                if known.get(name) != told.partition(":")[2]:
                    known[name] = told.partition(":")[2]
                    await response.write(told.encode() + b"\n")
                    if self.watches_to_break:
                        self.watches_to_break -= 1
                        return _broken(request, response)
            await self.plane.change()

    async def _log(self, request: web.Request) -> web.StreamResponse:
        process = self.plane.processes.get(request.match_info["name"])
        if request.match_info["name"] not in self.plane.pods:
            return _status(404, "NotFound", "pods not found")
        if process is None or not process.pid:
            return _status(400, "BadRequest", "container is waiting to start: ContainerCreating")
        assert request.query.get("follow") in ("true", "True")
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        sent, cut = 0, self.cuts.pop(0) if self.cuts else 0
        while True:
            piece = bytes(process.log[sent : cut or None])
            if piece:
                await response.write(piece)
            sent += len(piece)
            if cut and sent >= cut:
                return _broken(request, response)
            if process.exit_code is not None and sent == len(process.log):
                return response
            await self.plane.change()

    async def _events(self, request: web.Request) -> web.Response:
        name = request.query["fieldSelector"].removeprefix("involvedObject.name=")
        found = {str(n): each for n, each in enumerate(self.plane.events) if each["involvedObject"]["name"] == name}
        return _list("EventList", found)

    async def _network_policies(self, _: web.Request) -> web.Response:
        return _list("NetworkPolicyList", {str(n): each for n, each in enumerate(self.policies)})


def kubeconfig(path: Path, url: str, namespace: str, token: str = TOKEN) -> str:
    """Write a file that leads to ``url``."""
    context = {"cluster": "sim", "user": "sim", "namespace": namespace}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sim",
        "clusters": [{"name": "sim", "cluster": {"server": url}}],
        "users": [{"name": "sim", "user": {"token": token}}],
        "contexts": [{"name": "sim", "context": context}],
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return str(path)


def _immediate(job: Mapping[str, Any]) -> Iterator[str]:
    """What the API validates of a Job beyond the types."""
    if job["spec"]["template"]["spec"].get("restartPolicy") not in ("Never", "OnFailure"):
        yield "spec.template.spec.restartPolicy"
    for key, value in job["metadata"].get("labels", {}).items():
        if len(value) > 63:
            yield f"metadata.labels[{key}]"


def _selected(found: Mapping[str, dict[str, Any]], request: web.Request) -> dict[str, dict[str, Any]]:
    key, _, value = request.query.get("labelSelector", "").partition("=")
    name = request.query.get("fieldSelector", "").removeprefix("metadata.name=")
    fits = {each: body for each, body in found.items() if not name or each == name}
    return {each: body for each, body in fits.items() if not key or body["metadata"]["labels"].get(key) == value}


def _broken(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return response


def _list(kind: str, found: Mapping[str, dict[str, Any]]) -> web.Response:
    return web.json_response({"kind": kind, "items": list(found.values())})


def _status(code: int, reason: str, message: str) -> web.Response:
    return web.json_response(
        {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}, status=code
    )
