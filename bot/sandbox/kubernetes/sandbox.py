"""Runs each script in a fresh pod of a Kubernetes cluster and deletes it, whatever happens."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Sequence

from bot.errors import SandboxError
from bot.ports import Emit, SandboxJob, SandboxResult
from bot.sandbox.house import Endpoint, HouseState
from bot.sandbox.kubernetes.cluster import Cluster
from bot.sandbox.kubernetes.following import Following
from bot.sandbox.kubernetes.frames import Hearing
from bot.sandbox.kubernetes.manifests import (
    INSTANCE_LABEL,
    JOB_LABEL,
    LARGEST_SECRET,
    PodShape,
    job_manifest,
    label,
    owned,
    secret_manifest,
    size_of,
)
from bot.sandbox.kubernetes.pod import PodState
from bot.sandbox.kubernetes.problems import GUIDE, ApiProblem

log = logging.getLogger(__name__)

START_SECONDS = 7.0
"""How long a pod may take from request to running script; pulling a new image or adding a node takes longer.

With the last calls it keeps a refusal within ten seconds."""
_UNLIMITED = f"scripts can reach everything that the cluster's network can: apply the NetworkPolicy in {GUIDE}"
_CONFLICT_PAUSES = (0.1, 0.2, 0.4)
_WATCH_PAUSE = 0.2


class KubernetesSandbox:
    """``ports.Sandbox`` on one namespace. ``instance`` marks this process's Jobs; close it when done."""

    def __init__(self, cluster: Cluster, shape: PodShape, instance: str, start_seconds: float = START_SECONDS) -> None:
        self._cluster = cluster
        self._shape = shape
        self._instance = instance
        self._start_seconds = start_seconds
        self._own = f"{INSTANCE_LABEL}={label(instance)}"
        self._names: set[str] = set()
        self._removals: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """Jobs that have a pod or wait for one."""
        return len(self._names)

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        """Run a script to its end, its time-out or cancellation. Raises SandboxError when no pod is to be had."""
        _refuse_limited(job)
        name = f"deskhand-{secrets.token_hex(12)}"
        self._names.add(name)
        hearing = Hearing(marker := secrets.token_hex(16))
        try:
            pod = await self._started(name, job, marker)
            return await self._carried_out(pod, job, hearing, emit)
        finally:
            await self._removed(name)

    async def reap(self) -> int:
        """Delete the Jobs that an earlier process of this instance left; how many."""
        await self._removed_all()
        found = await self._cluster.jobs(self._own)
        left = [name for name in found if name not in self._names]
        for name in left:
            await self._cluster.delete_job(name)
        return len(left)

    async def keep_warm(self) -> None:
        """Nothing waits here: a pod is made for each run."""
        await asyncio.Event().wait()

    def prepare(self, modules: Sequence[str]) -> None:
        """Nothing is loaded ahead here."""

    def allow(self, endpoints: Sequence[Endpoint]) -> None:
        """What scripts may reach within is for the namespace's network policy to say."""

    async def host_address(self) -> str:
        """Raises SandboxError: the cluster does not know this machine."""
        raise SandboxError("pods have no address for the machine of the service")

    async def states(self) -> Sequence[HouseState]:
        """As ``state``, for a house of one."""
        return [await self.state()]

    async def state(self) -> HouseState:
        """Version of the cluster, or what is wrong with it."""
        image, runtime = self._shape.image, self._shape.runtime_class or "the cluster's default runtime"
        try:
            version = await self._cluster.version()
            await self._cluster.jobs(self._own)
            limited = await self._cluster.limits_egress()
        except SandboxError as error:
            return HouseState("", image, runtime, problem=str(error), mend=f"See {GUIDE}")
        return HouseState(version, image, runtime, warnings=() if limited else (_UNLIMITED,))

    async def close(self) -> None:
        """Wait for what is being deleted and let go of the cluster."""
        await self._removed_all()
        await self._cluster.close()

    async def _started(self, name: str, job: SandboxJob, marker: str) -> PodState:
        """A pod whose script runs, or ran already."""
        seen: list[PodState] = []
        try:
            async with asyncio.timeout(self._start_seconds):
                await self._ordered(name, job, marker)
                return await self._begun(name, seen)
        except TimeoutError as error:
            raise SandboxError(await self._why_not(name, seen)) from error

    async def _ordered(self, name: str, job: SandboxJob, marker: str) -> None:
        """The Job comes first, to own the Secret; its pod cannot start before the Secret is there."""
        secret = secret_manifest(name, job, marker, self._instance)
        if size_of(secret) > LARGEST_SECRET:
            raise SandboxError("the script and its values are larger than the 1 MiB that Kubernetes hands to a pod")
        uid = await self._job_made(job_manifest(name, job, self._shape, self._instance, self._start_seconds))
        await self._cluster.create_secret(owned(secret, uid))

    async def _job_made(self, manifest: dict[str, object]) -> str:
        """Tries again on a conflict: quotas that many count on at once give one now and then."""
        for pause in _CONFLICT_PAUSES:
            try:
                return await self._cluster.create_job(manifest)
            except ApiProblem as problem:
                if problem.status != 409:
                    raise
            await asyncio.sleep(pause)
        return await self._cluster.create_job(manifest)

    async def _begun(self, name: str, seen: list[PodState]) -> PodState:
        while True:
            async with self._cluster.pods(_selector(name)) as states:
                async for state in states:
                    seen.append(state)
                    _refuse_hopeless(state)
                    if state.begun:
                        return state
            await asyncio.sleep(_WATCH_PAUSE)

    async def _why_not(self, name: str, seen: list[PodState]) -> str:
        """Why nothing began in time, in the cluster's words where it tells."""
        reason = seen[-1].waits_for if seen else ""
        noted = await self._cluster.last_event(seen[-1].name if seen else name)
        reason = reason if noted in reason else f"{reason} {noted}".strip()
        return (
            f"Python actions cannot run now: no pod started within {self._start_seconds:g} s "
            f"({reason or 'the cluster gives no reason'}). Give the namespace room, or raise "
            "DESKHAND_KUBERNETES_START_SECONDS where images or nodes take longer"
        )

    async def _carried_out(self, pod: PodState, job: SandboxJob, hearing: Hearing, emit: Emit) -> SandboxResult:
        begun = time.monotonic()
        timed_out = False
        try:
            async with asyncio.timeout(job.timeout_seconds):
                pod = await Following(self._cluster, hearing, emit).to_the_end(pod)
        except TimeoutError:
            timed_out = True
        if rest := hearing.transcript.finish():
            await emit(rest)
        return _result(hearing, pod, time.monotonic() - begun, timed_out=timed_out)

    async def _removed(self, name: str) -> None:
        """Delete a Job even while this run is being cancelled."""
        task = asyncio.create_task(self._deleted(name))
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)
        await asyncio.shield(task)

    async def _deleted(self, name: str) -> None:
        try:
            await self._cluster.delete_job(name)
        except SandboxError as error:
            log.warning("the Job %s could not be deleted, it ends by its own deadline: %s", name, error)
        finally:
            self._names.discard(name)

    async def _removed_all(self) -> None:
        if self._removals:
            await asyncio.wait(set(self._removals))


def _refuse_limited(job: SandboxJob) -> None:
    if job.allowed_hosts:
        raise SandboxError(
            "this action names allowed_hosts, which a Kubernetes network policy cannot enforce by name; run it on the "
            f"Docker sandbox, or take the list away and limit the namespace, see {GUIDE}"
        )


def _refuse_hopeless(pod: PodState) -> None:
    if pod.hopeless or (pod.over and not pod.begun):
        reason = pod.hopeless or pod.reason or "the cluster gives no reason"
        raise SandboxError(f"Python actions cannot run now: a pod could not start ({reason})")


def _selector(name: str) -> str:
    return f"{JOB_LABEL}={name}"


def _result(hearing: Hearing, pod: PodState, seconds: float, *, timed_out: bool) -> SandboxResult:
    end = hearing.transcript.end
    exit_code = end.exit_code if end else pod.exit_code
    return SandboxResult(
        exit_code=None if timed_out else exit_code,
        output=hearing.transcript.stdout.text(),
        error_output=hearing.transcript.stderr.text(),
        seconds=seconds,
        timed_out=timed_out,
        out_of_memory=end is None and pod.reason == "OOMKilled",
        dropped_bytes=hearing.dropped,
        documents=end.documents if end else (),
        left_out=end.left_out if end else (),
    )
