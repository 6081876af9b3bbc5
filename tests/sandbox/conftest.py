"""A sandbox on a real Docker Engine. Without one these tests fail; they are never skipped."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from bot.ports import SandboxJob, SandboxResult
from bot.sandbox.docker_sandbox import DockerSandbox
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
    left = await made.reap()
    await made.close()
    assert left == 0, "containers were left behind"


class Ran:
    """A run and what it emitted while it ran."""

    def __init__(self, sandbox: DockerSandbox) -> None:
        self._sandbox = sandbox
        self.emitted: list[str] = []

    async def __call__(self, code: str, timeout: float = 20.0, **environment: str) -> SandboxResult:
        async def emit(piece: str) -> None:
            self.emitted.append(piece)

        return await self._sandbox.run(SandboxJob("test", code, environment, timeout), emit)


@pytest.fixture
def run(sandbox: DockerSandbox) -> Ran:
    return Ran(sandbox)
