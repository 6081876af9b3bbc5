"""What goes wrong in clusters, and what a person is told; each leaves nothing behind (see the fixture)."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import SandboxError
from bot.sandbox.kubernetes.cluster import Cluster
from bot.sandbox.kubernetes.connection import Access
from bot.sandbox.kubernetes.sandbox import KubernetesSandbox
from tests.sandbox.kubernetes.conftest import INSTANCE, SHAPE, Ran
from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.kubernetes.server import kubeconfig

QUOTA = 'jobs.batch "x" is forbidden: exceeded quota: runs, requested: count/jobs.batch=1, used: 5, limited: 5'
CONFLICT = 'Operation cannot be fulfilled on resourcequotas "runs": the object has been modified'
VALUE = "hunter2-4d1c"


async def refusal(run: Ran, code: str = "print(1)") -> str:
    with pytest.raises(SandboxError) as caught:
        await run(code, password=VALUE)
    assert VALUE not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def hasty(sim: KubernetesSimulator, sandbox: KubernetesSandbox) -> Ran:
    """A sandbox that does not wait long for a pod."""
    return Ran(KubernetesSandbox(sandbox._cluster, SHAPE, INSTANCE, start_seconds=1))


@pytest.mark.parametrize(
    ("resource", "verb", "status", "message", "said"),
    [
        ("jobs", "create", 401, "Unauthorized", "does not accept our credentials"),
        ("jobs", "create", 403, QUOTA, "quota of the namespace runs is used up"),
        ("jobs", "create", 403, 'User "x" cannot create resource "jobs"', "apply the Role"),
        ("jobs", "create", 500, "etcdserver: request timed out", "HTTP 500 (etcdserver: request timed out)"),
        ("jobs", "create", 503, "", "ask again"),
        ("secrets", "create", 403, 'User "x" cannot create resource "secrets"', "apply the Role"),
        ("secrets", "create", 500, f"cannot store {VALUE}", "HTTP 500; ask again"),
        ("secrets", "create", 422, f"data is invalid: {VALUE}", "check the DESKHAND_KUBERNETES_ settings"),
        ("pods", "watch", 403, 'User "x" cannot watch resource "pods"', "apply the Role"),
        ("pods/log", "get", 403, 'User "x" cannot get resource "pods/log"', "apply the Role"),
    ],
)
async def test_a_refusal_is_told_with_what_to_do(
    run: Ran, sim: KubernetesSimulator, resource: str, verb: str, status: int, message: str, said: str
) -> None:
    sim.fail(resource, verb, status, message, times=2)

    assert said in await refusal(run)


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        ("unschedulable", "Unschedulable: 0/3 nodes are available: 3 Insufficient memory"),
        ("pod quota", "exceeded quota: runs, requested: pods=1"),
    ],
)
async def test_a_pod_that_never_comes_is_given_up_in_the_words_of_the_cluster(
    hasty: Ran, sim: KubernetesSimulator, fate: str, said: str
) -> None:
    sim.plane.fate = fate

    message = await refusal(hasty)

    assert "no pod started within 1 s" in message
    assert said in message


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        ("image", "ErrImagePull: failed to resolve reference: not found; check DESKHAND_KUBERNETES_IMAGE"),
        ("refused by the node", "OutOfmemory"),
    ],
)
async def test_a_pod_that_cannot_start_is_given_up_at_once(
    run: Ran, sim: KubernetesSimulator, fate: str, said: str
) -> None:
    sim.plane.fate = fate

    assert said in await refusal(run)


async def test_the_image_is_watched_until_it_fails(run: Ran, sim: KubernetesSimulator) -> None:
    """The pod waits first, then fails: what counts is the change, seen over the watch."""
    sim.plane.fate = "unschedulable"
    running = asyncio.create_task(refusal(run))
    while not sim.plane.pods:
        await sim.plane.change()
    sim.plane.pull_fails()

    assert "ErrImagePull" in await running


async def test_a_watch_that_breaks_is_begun_anew(run: Ran, sim: KubernetesSimulator) -> None:
    sim.watches_to_break = 1
    sim.plane.fate = "unschedulable"
    running = asyncio.create_task(refusal(run))
    await sim.asked("watch pods", times=2)
    sim.plane.pull_fails()

    assert "ErrImagePull" in await running


async def test_a_conflict_over_quota_is_tried_again(run: Ran, sim: KubernetesSimulator) -> None:
    sim.fail("jobs", "create", 409, CONFLICT, times=2)

    assert (await run("print(1)")).output == "1\n"
    assert sim.requests.count("create jobs") == 3


async def test_a_conflict_that_stays_is_told(run: Ran, sim: KubernetesSimulator) -> None:
    sim.fail("jobs", "create", 409, CONFLICT, times=9)

    assert "HTTP 409" in await refusal(run)


async def test_a_wrong_token_is_told(sim: KubernetesSimulator, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "other", sim.url, "runs", "a-token-of-old")
    async with _sandbox(path) as run:
        message = await refusal(run)

    assert "does not accept our credentials" in message
    assert "a-token-of-old" not in message


async def test_a_token_that_has_ended_is_read_anew(sim: KubernetesSimulator, run: Ran, tmp_path: Path) -> None:
    await run("print(1)")
    sim.token = "the-next-one"
    kubeconfig(tmp_path / "config", sim.url, "runs", sim.token)

    assert (await run("print(2)")).output == "2\n"


async def test_a_namespace_that_is_not_there_is_told(sim: KubernetesSimulator) -> None:
    async with _sandbox(sim.kubeconfig, "elsewhere") as run:
        assert "namespace elsewhere is not there" in await refusal(run)


async def test_a_cluster_that_is_down_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with _sandbox(kubeconfig(tmp_path / "config", url, "runs")) as run:
            message = await refusal(run)

    assert f"the Kubernetes API at {url} does not answer" in message


async def test_a_cluster_that_hangs_is_told(hasty: Ran, sim: KubernetesSimulator) -> None:
    sim.fail("jobs", "create", 0)

    assert "no pod started within 1 s" in await refusal(hasty)


async def test_a_missing_kubeconfig_is_told(tmp_path: Path) -> None:
    async with _sandbox(str(tmp_path / "none")) as run:
        assert "DESKHAND_KUBERNETES_CONFIG" in await refusal(run)


async def test_a_log_that_is_cut_is_read_on_and_nothing_is_said_twice(run: Ran, sim: KubernetesSimulator) -> None:
    sim.cuts = [10, 700, 1999]

    result = await run("for n in range(300):\n    print('line', n)\nopen('/tmp/output/a.txt', 'w').write('end')")

    assert result.output == "".join(f"line {n}\n" for n in range(300))
    assert "".join(run.emitted) == result.output
    assert [each.data for each in result.documents] == [b"end"]
    assert sim.requests.count("get pods/log") == 4


async def test_a_log_that_cannot_be_had_for_a_moment_is_asked_for_again(run: Ran, sim: KubernetesSimulator) -> None:
    sim.fail("pods/log", "get", 500, "dial tcp 10.0.0.7:10250: connect: connection refused")
    sim.fail("pods", "list", 503)

    assert (await run("print(1)")).output == "1\n"


async def test_a_pod_that_is_taken_away_is_told_and_may_have_done_its_work(run: Ran, sim: KubernetesSimulator) -> None:
    running = asyncio.create_task(refusal(run, "print(1, flush=True)\nimport time\ntime.sleep(600)"))
    await run.spoken.wait()
    await sim.plane.remove_pods()

    assert "removed from outside" in await running


async def test_a_run_that_cannot_be_seen_any_more_may_have_done_its_work(run: Ran, sim: KubernetesSimulator) -> None:
    sim.fail("pods/log", "get", 500)
    sim.fail("pods", "list", 403, 'User "x" cannot list resource "pods"', times=2)

    assert "lost from sight, and may have done its work" in await refusal(run)


async def test_a_job_that_cannot_be_deleted_is_no_reason_to_lose_its_result(
    run: Ran, sim: KubernetesSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    sim.fail("jobs", "delete", 500)

    result = await run("print(1)")

    assert result.output == "1\n"
    assert "ends by its own deadline" in caplog.text
    (left,) = sim.plane.jobs
    sim.plane.delete_job(left)


async def test_no_value_is_logged_however_much_is(
    run: Ran, sim: KubernetesSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sim.fail("secrets", "create", 500, f"cannot store {VALUE}")
    await refusal(run)
    await run("import os\nprint(len(os.environ['password']))", password=VALUE)

    held = str(sim.plane.every_secret[0]["data"]["job.json"])
    assert VALUE not in caplog.text
    assert held not in caplog.text


@asynccontextmanager
async def _sandbox(path: str, namespace: str = "runs") -> AsyncIterator[Ran]:
    """A sandbox of its own on another way to a cluster."""
    made = KubernetesSandbox(Cluster(namespace, Access(path)), SHAPE, INSTANCE)
    yield Ran(made)
    await made.close()
