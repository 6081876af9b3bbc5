"""The simulated control plane: objects, the Job controller, admission, and the garbage collector."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.simulators.kubernetes.node import Process, status_of
from tests.simulators.kubernetes.restricted import violations

IMAGE_MISSING = ("ErrImagePull", "failed to resolve reference: not found")
NO_ROOM = "0/3 nodes are available: 3 Insufficient memory."


class ControlPlane:
    """What the API server shows and the controllers do. ``fate`` is what becomes of new pods."""

    def __init__(self, folder: Path) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, dict[str, Any]] = {}
        self.processes: dict[str, Process] = {}
        self.events: list[dict[str, Any]] = []
        self.every_job: list[dict[str, Any]] = []
        self.every_secret: list[dict[str, Any]] = []
        self.fate = ""
        self.out_of_memory_at = b""
        self._folder = folder
        self._changed = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def change(self) -> None:
        """Wait until anything changes."""
        await self._changed.wait()

    def create_job(self, job: dict[str, Any]) -> dict[str, Any]:
        made = _named(job)
        self.jobs[made["metadata"]["name"]] = made
        self.every_job.append(made)
        self._soon(f"job {made['metadata']['name']}", self._controlled(made))
        return made

    def create_secret(self, secret: dict[str, Any]) -> dict[str, Any]:
        made = _named(secret)
        plain = {name: base64.b64encode(value.encode()).decode() for name, value in made.pop("stringData", {}).items()}
        made["data"] = {**made.get("data", {}), **plain}
        self.secrets[made["metadata"]["name"]] = made
        self.every_secret.append(made)
        self._tell()
        return made

    def delete_job(self, name: str) -> None:
        """The rest is the garbage collector's, and comes later."""
        job = self.jobs.pop(name)
        self._soon(f"collect {name}", self._collected(job["metadata"]["uid"]))

    async def remove_pods(self) -> None:
        """A node is drained."""
        for name in list(self.pods):
            await self._remove_pod(name)

    def pull_fails(self) -> None:
        """The image of every pod turns out to be missing."""
        for pod in self.pods.values():
            pod["status"] = status_of(None, IMAGE_MISSING)
        self._tell()

    async def controlled(self) -> None:
        """Wait for the Job controller."""
        await self._done("job ")

    async def settled(self) -> None:
        """Wait for the garbage collector."""
        await self._done("collect ")

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _controlled(self, job: Mapping[str, Any]) -> None:
        """Make the Job's one pod, or note why not."""
        template = job["spec"]["template"]
        name = f"{job['metadata']['name']}-{uuid.uuid4().hex[:5]}"
        refused = ", ".join(violations(template["spec"]))
        if refused:
            self._note(job, f'Error creating: pods "{name}" is forbidden: violates PodSecurity "restricted": {refused}')
        elif self.fate == "pod quota":
            self._note(job, f'Error creating: pods "{name}" is forbidden: exceeded quota: runs, requested: pods=1')
        else:
            await self._scheduled(name, job, template)

    async def _scheduled(self, name: str, job: Mapping[str, Any], template: Mapping[str, Any]) -> None:
        owner = {"kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        metadata = {**template["metadata"], "name": name, "uid": str(uuid.uuid4()), "ownerReferences": [owner]}
        pod = {"metadata": metadata, "spec": template["spec"], "status": status_of(None)}
        self.pods[name] = pod
        if self.fate == "unschedulable":
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_ROOM}
            pod["status"] = {"phase": "Pending", "conditions": [condition]}
        elif self.fate == "image":
            pod["status"] = status_of(None, IMAGE_MISSING)
        elif self.fate == "refused by the node":
            pod["status"] = {"phase": "Failed", "reason": "OutOfmemory"}
        else:
            self._soon(f"pod {name}", self._run(name, pod))
        self._tell()

    async def _run(self, name: str, pod: dict[str, Any]) -> None:
        wanted = {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}
        while not wanted <= self.secrets.keys():
            await self.change()

        def changed() -> None:
            pod["status"] = status_of(process)
            self._tell()

        process = self.processes[name] = Process(pod, self._folder / name, changed)
        process.out_of_memory_at = self.out_of_memory_at
        await process.run(self.secrets)

    async def _collected(self, owner: str) -> None:
        for name in [name for name, pod in self.pods.items() if _owned(pod, owner)]:
            await self._remove_pod(name)
        for name in [name for name, secret in self.secrets.items() if _owned(secret, owner)]:
            del self.secrets[name]
        self._tell()

    async def _remove_pod(self, name: str) -> None:
        del self.pods[name]
        task = self._tasks.get(f"pod {name}")
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._tell()

    def _note(self, job: Mapping[str, Any], message: str) -> None:
        about = {"kind": "Job", "name": job["metadata"]["name"]}
        self.events.append({"involvedObject": about, "reason": "FailedCreate", "message": message})

    async def _done(self, kind: str) -> None:
        await asyncio.gather(*(task for name, task in self._tasks.items() if name.startswith(kind)))

    def _soon(self, name: str, work: Any) -> None:
        self._tasks[name] = asyncio.create_task(work)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _named(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "metadata": {**body["metadata"], "uid": str(uuid.uuid4())}}


def _owned(body: Mapping[str, Any], owner: str) -> bool:
    return any(each["uid"] == owner for each in body["metadata"].get("ownerReferences", ()))
