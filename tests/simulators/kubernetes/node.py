"""The simulated node: runs a pod's command as a local process, its volumes as folders, its log as bytes."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_IMAGE_ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
_CLUSTER_ENVIRONMENT = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_PORT": "tcp://10.96.0.1:443"}
"""What every container gets, whatever its service links are."""
_LONGEST_LINE = 16384
"""Bytes; a container runtime breaks longer ones."""


class Process:
    """One container. ``changed`` is told of every new piece of its log and of its end."""

    def __init__(self, pod: Mapping[str, Any], folder: Path, changed: Callable[[], None]) -> None:
        self.log = bytearray()
        self.pid = 0
        self.exit_code: int | None = None
        self.out_of_memory_at = b""
        """What it prints when the kernel has had enough of it."""
        self.killed_for_memory = False
        self._pod = pod
        self._folder = folder
        self._changed = changed

    async def run(self, secrets: Mapping[str, Mapping[str, Any]]) -> None:
        """From the mounting of its volumes to its end."""
        container = self._pod["spec"]["containers"][0]
        self._mount(secrets)
        command = [self._moved(part) for part in container["command"]]
        process = await asyncio.create_subprocess_exec(
            sys.executable if command[0] == "python3" else command[0],
            *command[1:],
            cwd=self._moved(container["workingDir"]),
            env=_IMAGE_ENVIRONMENT | _CLUSTER_ENVIRONMENT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=1 << 20,
        )
        self.pid = process.pid
        self._changed()
        assert process.stdout
        assert process.stderr
        try:
            await asyncio.gather(self._logged(process.stdout), self._logged(process.stderr))
            await process.wait()
        finally:
            self.kill()
            code = await process.wait()
            self.exit_code = code if code >= 0 else 128 - code
            self._changed()

    def kill(self) -> None:
        """The whole container at once."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _logged(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            assert len(line) < _LONGEST_LINE, "a runtime would break this line, and mix it with the other stream"
            self.log += line
            self._changed()
            if self.out_of_memory_at and self.out_of_memory_at in line:
                self.killed_for_memory = True
                self.kill()

    def _mount(self, secrets: Mapping[str, Mapping[str, Any]]) -> None:
        volumes = {volume["name"]: volume for volume in self._pod["spec"]["volumes"]}
        for mount in self._pod["spec"]["containers"][0]["volumeMounts"]:
            place = self._folder / mount["mountPath"].strip("/")
            place.mkdir(parents=True)
            source = volumes[mount["name"]].get("secret")
            if source:
                for name, value in secrets[source["secretName"]]["data"].items():
                    text = base64.b64decode(value).decode()
                    (place / name).write_text(self._moved(text), encoding="utf-8")

    def _moved(self, text: str) -> str:
        """A process without a file system of its own: paths of its volumes become those of its folders."""
        return re.sub(r"(?<![\w/])/(job|tmp)(?![\w])", lambda match: f"{self._folder}/{match[1]}", text)


def status_of(process: Process | None, waiting: tuple[str, str] = ("ContainerCreating", "")) -> dict[str, Any]:
    """A pod's ``status`` in the API's words."""
    if process is None or not process.pid:
        state: dict[str, Any] = {"waiting": {"reason": waiting[0], "message": waiting[1]}}
        phase = "Pending"
    elif process.exit_code is None:
        state, phase = {"running": {"startedAt": "2030-01-01T00:00:00Z"}}, "Running"
    else:
        reason = "OOMKilled" if process.killed_for_memory else "Error" if process.exit_code else "Completed"
        state = {"terminated": {"exitCode": process.exit_code, "reason": reason}}
        phase = "Failed" if process.exit_code else "Succeeded"
    return {"phase": phase, "conditions": [], "containerStatuses": [{"name": "script", "state": state}]}
