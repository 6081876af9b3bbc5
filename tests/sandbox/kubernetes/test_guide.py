"""The manifests of the guide do what it says: no right is missing and none too many, and no private address is open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.addresses import NOT_PUBLIC_4
from bot.errors import SandboxError
from bot.sandbox.house import HouseState
from bot.sandbox.kubernetes.cluster import Cluster
from bot.sandbox.kubernetes.connection import Access
from bot.sandbox.kubernetes.sandbox import KubernetesSandbox
from tests.sandbox.kubernetes.conftest import INSTANCE, SHAPE, Ran
from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.kubernetes.schema import faults

GUIDE = Path(__file__).parents[3] / "docs/guide/kubernetes.md"
MANIFESTS: list[dict[str, Any]] = [
    each
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    for each in yaml.safe_load_all(block)
]


def manifest(kind: str) -> dict[str, Any]:
    return next(each for each in MANIFESTS if each["kind"] == kind)


RIGHTS = frozenset(
    (resource, verb) for rule in manifest("Role")["rules"] for resource in rule["resources"] for verb in rule["verbs"]
)


async def everything(folder: Path, rights: frozenset[tuple[str, str]]) -> tuple[str, str, HouseState, bool]:
    """All that the sandbox ever does: what went wrong twice, the state, and whether the cluster was left clean."""
    async with KubernetesSimulator(folder, rights) as sim:
        sim.policies = [manifest("NetworkPolicy")]
        cluster = Cluster(sim.namespace, Access(sim.kubeconfig))
        sandbox = KubernetesSandbox(cluster, SHAPE, INSTANCE)
        state = await sandbox.state()
        sim.fail("pods/log", "get", 500)
        ran = await outcome(sandbox, "print(1)")
        sim.plane.fate = "pod quota"
        pending = await outcome(KubernetesSandbox(cluster, SHAPE, INSTANCE, 0.5), "print(1)")
        await sandbox.close()
        return ran, pending, state, not sim.plane.jobs


async def outcome(sandbox: KubernetesSandbox, code: str) -> str:
    try:
        return (await Ran(sandbox)(code)).output
    except SandboxError as error:
        return str(error)


async def test_the_role_is_enough(tmp_path: Path) -> None:
    ran, pending, state, clean = await everything(tmp_path, RIGHTS)

    assert ran == "1\n"
    assert "exceeded quota" in pending
    assert (state.version, state.problem, state.warnings) == ("v1.33.2", "", ())
    assert clean


@pytest.mark.parametrize("right", sorted(RIGHTS))
async def test_no_right_is_too_many(tmp_path: Path, right: tuple[str, str]) -> None:
    ran, pending, state, clean = await everything(tmp_path, RIGHTS - {right})

    assert (ran, "exceeded quota" in pending, state.problem, clean) != ("1\n", True, "", True)


def test_the_network_policy_leaves_out_all_that_is_not_public() -> None:
    dns, internet = manifest("NetworkPolicy")["spec"]["egress"]

    assert sorted(internet["to"][0]["ipBlock"]["except"]) == sorted(NOT_PUBLIC_4)
    assert {each["port"] for each in dns["ports"]} == {53}
    assert manifest("NetworkPolicy")["spec"]["podSelector"] == {}


async def test_a_namespace_without_a_policy_is_warned_of(tmp_path: Path) -> None:
    async with KubernetesSimulator(tmp_path) as sim:
        sandbox = KubernetesSandbox(Cluster(sim.namespace, Access(sim.kubeconfig)), SHAPE, INSTANCE)
        (warning,) = (await sandbox.state()).warnings
        await sandbox.close()

    assert "NetworkPolicy" in warning


@pytest.mark.parametrize("made", MANIFESTS, ids=lambda made: made["kind"])
def test_the_manifests_are_what_the_api_knows(made: Mapping[str, Any]) -> None:
    assert list(faults(made, f"V1{made['kind']}")) == []
