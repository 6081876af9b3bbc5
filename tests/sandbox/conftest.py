"""A sandbox on a real Docker Engine. Without one these tests fail; they are never skipped."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from bot.ports import SandboxJob, SandboxResult
from bot.sandbox.containers import INSTANCE_LABEL
from bot.sandbox.docker_sandbox import DockerSandbox
from bot.sandbox.engine import connect
from bot.sandbox.image import build_image

HOST = os.environ.get("DOCKER_HOST", "")


@pytest.fixture(scope="session")
def image() -> str:
    """The slim image, built if its inputs changed."""
    import asyncio

    async def say(line: str) -> None:
        """Keep quiet."""

    return asyncio.run(build_image("slim", HOST, say))


@pytest.fixture
async def sandbox(image: str) -> AsyncIterator[DockerSandbox]:
    made = DockerSandbox("slim", "tests", HOST)
    yield made
    await made.close()
    assert containers_of("tests") == [], "containers were left behind"


def containers_of(instance: str) -> list[str]:
    """Ids of all containers of an instance, running or not."""
    client = connect(HOST, 10)
    try:
        found = client.containers(all=True, filters={"label": f"{INSTANCE_LABEL}={instance}"})
        return [str(item["Id"]) for item in found]
    finally:
        client.close()


class Ran:
    """A run and what it emitted while it ran."""

    def __init__(self, sandbox: DockerSandbox) -> None:
        self._sandbox = sandbox
        self.emitted: list[str] = []

    async def __call__(
        self, code: str, timeout: float = 20.0, hosts: tuple[str, ...] = (), **environment: str
    ) -> SandboxResult:
        async def emit(piece: str) -> None:
            self.emitted.append(piece)

        return await self._sandbox.run(SandboxJob("test", code, environment, timeout, hosts), emit)


@pytest.fixture
def run(sandbox: DockerSandbox) -> Ran:
    return Ran(sandbox)
