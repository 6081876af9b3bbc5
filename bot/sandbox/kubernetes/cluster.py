"""The few calls that a run needs, as plain JSON; what goes wrong is an ApiProblem.

Answers are read raw: the client library would write every body that it reads into its debug log, secrets included.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import aiohttp

from bot.sandbox.kubernetes.connection import Access, Apis, Connection
from bot.sandbox.kubernetes.pod import PodState, one_line, pod_state
from bot.sandbox.kubernetes.problems import ApiProblem, no_answer, refusal

T = TypeVar("T")

ANSWER_SECONDS = 4
"""How long one call may take before the API counts as down."""
QUIET_SECONDS = 15
"""A log that is silent for so long is asked for anew: some kubelets stop following when a log is rotated."""
REMOVE_SECONDS = 2
_RAW: dict[str, Any] = {"_preload_content": False}


class Cluster:
    """One namespace of one cluster."""

    def __init__(self, namespace: str, access: Access) -> None:
        self.namespace = namespace
        self._connection = Connection(access)

    async def version(self) -> str:
        """Such as ``v1.33.2``; needs no right."""
        return str((await self._told(lambda apis: apis.version.get_code(**_RAW)))["gitVersion"])

    async def create_job(self, job: Mapping[str, Any]) -> str:
        """Gives the Job's uid."""
        made = await self._told(lambda apis: apis.batch.create_namespaced_job(self.namespace, dict(job), **_RAW))
        return str(made["metadata"]["uid"])

    async def create_secret(self, secret: Mapping[str, Any]) -> None:
        await self._told(
            lambda apis: apis.core.create_namespaced_secret(self.namespace, dict(secret), **_RAW), private=True
        )

    async def jobs(self, labels: str) -> list[str]:
        """Names of the Jobs that a label selector finds."""
        found = await self._told(
            lambda apis: apis.batch.list_namespaced_job(self.namespace, label_selector=labels, **_RAW)
        )
        return [str(each["metadata"]["name"]) for each in found["items"]]

    async def delete_job(self, name: str) -> None:
        """The cluster then deletes its pod and its Secret. One that is gone is no problem."""
        options = {"grace_period_seconds": 0, "propagation_policy": "Background", **_RAW}
        try:
            await self._told(
                lambda apis: apis.batch.delete_namespaced_job(name, self.namespace, **options),
                seconds=REMOVE_SECONDS,
            )
        except ApiProblem as problem:
            if problem.status != 404:
                raise

    async def pod(self, name: str) -> PodState | None:
        """The pod of that name as it is now; None when it is gone."""
        found = await self._told(
            lambda apis: apis.core.list_namespaced_pod(self.namespace, field_selector=f"metadata.name={name}", **_RAW)
        )
        return pod_state(found["items"][0]) if found["items"] else None

    @asynccontextmanager
    async def pods(self, labels: str) -> AsyncIterator[AsyncIterator[PodState]]:
        """The pod each time that it changes, beginning with how it is now, until the connection ends."""
        response = await self._opened(
            lambda apis: apis.core.list_namespaced_pod(self.namespace, label_selector=labels, watch=True, **_RAW)
        )
        try:
            yield self._states(response)
        finally:
            response.close()

    @asynccontextmanager
    async def log(self, pod: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The log from its beginning, then as it grows, until the container ends or the connection does."""
        response = await self._opened(
            lambda apis: apis.core.read_namespaced_pod_log(
                pod, self.namespace, follow=True, _request_timeout=(ANSWER_SECONDS, QUIET_SECONDS), **_RAW
            )
        )
        try:
            yield self._pieces(response)
        finally:
            response.close()

    async def last_event(self, name: str) -> str:
        """What the cluster noted last about an object; empty if it may not be read."""
        try:
            found = await self._told(
                lambda apis: apis.core.list_namespaced_event(
                    self.namespace, field_selector=f"involvedObject.name={name}", **_RAW
                ),
                seconds=1,
            )
        except ApiProblem:
            return ""
        return one_line(str(found["items"][-1].get("message", ""))) if found["items"] else ""

    async def limits_egress(self) -> bool:
        """Whether a network policy of the namespace speaks of what pods may reach."""
        found = await self._told(lambda apis: apis.network.list_namespaced_network_policy(self.namespace, **_RAW))
        return any("Egress" in policy["spec"].get("policyTypes", ()) for policy in found["items"])

    async def close(self) -> None:
        await self._connection.close()

    async def _states(self, response: Any) -> AsyncIterator[PodState]:
        with suppress(ApiProblem):
            while line := await self._heard(response.content.readline()):
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    yield pod_state(event["object"])

    async def _pieces(self, response: Any) -> AsyncIterator[bytes]:
        while data := await self._heard(response.content.readany()):
            yield data

    async def _told(
        self, ask: Callable[[Apis], Awaitable[object]], *, private: bool = False, seconds: float = ANSWER_SECONDS
    ) -> Any:
        """The answer's JSON."""

        async def answer() -> Any:
            response = await self._opened(ask, private=private)
            return await response.json(content_type=None)

        return await self._heard(asyncio.wait_for(answer(), seconds))

    async def _opened(self, ask: Callable[[Apis], Awaitable[object]], *, private: bool = False) -> Any:
        """A good answer that is still to be read."""
        apis = await self._connection.apis()
        response: Any = await self._heard(ask(apis))
        if response.status == 401:
            response.close()
            await self._connection.renew()
            response = await self._heard(ask(apis))
        if response.status < 400:
            return response
        body = await self._heard(response.text(errors="replace"))
        raise refusal(response.status, body, self.namespace, private=private)

    async def _heard(self, reading: Awaitable[T]) -> T:
        try:
            return await reading
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise no_answer(self._connection.host) from error
