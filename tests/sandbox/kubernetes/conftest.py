"""A sandbox on the simulated cluster, spoken to over HTTP by the real client library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import SandboxJob, SandboxResult
from bot.sandbox.kubernetes.cluster import Cluster
from bot.sandbox.kubernetes.connection import Access
from bot.sandbox.kubernetes.manifests import PodShape
from bot.sandbox.kubernetes.sandbox import KubernetesSandbox
from tests.simulators.kubernetes import KubernetesSimulator

INSTANCE = "/srv/deskhand/data"
SHAPE = PodShape("deskhand-sandbox:slim", "gvisor", "registry")


class Ran:
    """Runs scripts, keeps what they emit, and tells when one has begun to speak."""

    def __init__(self, sandbox: KubernetesSandbox) -> None:
        self._sandbox = sandbox
        self.emitted: list[str] = []
        self.spoken = asyncio.Event()

    async def emit(self, piece: str) -> None:
        self.emitted.append(piece)
        self.spoken.set()

    async def __call__(self, code: str, timeout: float = 20.0, **environment: str) -> SandboxResult:
        return await self._sandbox.run(SandboxJob("run-1", code, environment, timeout), self.emit)


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[KubernetesSimulator]:
    async with KubernetesSimulator(tmp_path) as made:
        yield made


@pytest.fixture
async def sandbox(sim: KubernetesSimulator) -> AsyncIterator[KubernetesSandbox]:
    made = KubernetesSandbox(Cluster(sim.namespace, Access(sim.kubeconfig)), SHAPE, INSTANCE)
    yield made
    await made.close()
    await sim.plane.settled()
    left = (sim.plane.jobs, sim.plane.secrets, sim.plane.pods)
    assert left == ({}, {}, {}), "something was left in the cluster"


@pytest.fixture
def run(sandbox: KubernetesSandbox) -> Ran:
    return Ran(sandbox)
