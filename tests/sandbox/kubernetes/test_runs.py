"""Scripts as Jobs of a cluster: what they give, and how they end."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import SandboxError
from bot.ports import SandboxJob
from bot.sandbox.kubernetes.sandbox import KubernetesSandbox
from tests.sandbox.kubernetes.conftest import Ran
from tests.simulators.kubernetes import KubernetesSimulator

SLOW = "print('begun', flush=True)\nimport time\ntime.sleep(600)"


async def test_a_script_prints_and_leaves_documents(run: Ran) -> None:
    code = """
import os, sys
print('ünï ✓', os.environ['order_id'])
print('no line end', end='')
print('to the side', file=sys.stderr)
open('/tmp/output/table.csv', 'w').write('a,b')
open('/tmp/output/chart.png', 'wb').write(bytes([0x89]) + b'PNG\\r\\n\\x1a\\n' + bytes(200_000))
"""
    result = await run(code, order_id="42")

    assert (result.exit_code, result.output) == (0, "ünï ✓ 42\nno line end")
    assert result.error_output == "to the side\n"
    assert [(each.name, len(each.data)) for each in result.documents] == [("chart.png", 200_008), ("table.csv", 3)]
    assert result.documents[0].is_picture
    assert (result.timed_out, result.out_of_memory, result.dropped_bytes) == (False, False, 0)


async def test_output_is_passed_on_while_the_script_runs(run: Ran, sim: KubernetesSimulator) -> None:
    running = asyncio.create_task(run("print('half', flush=True)\nimport time\nwhile not open('/tmp/go').read(): pass"))
    await asyncio.wait([running, asyncio.create_task(run.spoken.wait())], return_when="FIRST_COMPLETED")
    (process,) = sim.plane.processes.values()

    assert run.emitted == ["half\n"]
    assert process.exit_code is None
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("x = 1\nraise ValueError('wrong')", 1, "ValueError: wrong"),
        ("raise SystemExit(3)", 3, ""),
        ("def broken(:\n  pass", 1, "SyntaxError"),
        ("import signal\nsignal.raise_signal(signal.SIGKILL)", 137, ""),
    ],
)
async def test_a_script_that_fails_says_where(run: Ran, code: str, exit_code: int, said: str) -> None:
    result = await run(code)

    assert result.exit_code == exit_code
    assert said in result.error_output
    assert result.output == ""


async def test_what_could_have_been_the_end_is_output_when_no_end_comes(run: Ran) -> None:
    result = await run("import signal\nprint('a\\0', end='', flush=True)\nsignal.raise_signal(signal.SIGKILL)")

    assert (result.output, "".join(run.emitted)) == ("a\0", "a\0")


async def test_values_arrive_as_environment_and_the_cluster_shows_itself_to_no_script(run: Ran) -> None:
    result = await run("import os\nprint(sorted(n for n in os.environ if n == 'given' or 'KUBE' in n))", given="1")

    assert result.output == "['given']\n"


async def test_output_beyond_the_cap_is_counted_and_dropped(run: Ran) -> None:
    result = await run("print('x' * (3 * 1024 * 1024))")

    assert len(result.output) == 1024 * 1024
    assert result.dropped_bytes == 2 * 1024 * 1024 + 1
    assert result.exit_code == 0


async def test_a_run_past_its_time_is_deleted(run: Ran, sim: KubernetesSimulator) -> None:
    result = await run(SLOW, timeout=2.0)

    assert (result.timed_out, result.exit_code, result.output) == (True, None, "begun\n")
    assert sim.plane.jobs == {}


async def test_a_stopped_run_is_deleted(run: Ran, sim: KubernetesSimulator) -> None:
    running = asyncio.create_task(run(SLOW))
    await run.spoken.wait()
    (process,) = sim.plane.processes.values()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await sim.plane.settled()

    assert sim.plane.jobs == {}
    assert process.exit_code == 137


async def test_a_run_stopped_before_its_pod_began_is_deleted(run: Ran, sim: KubernetesSimulator) -> None:
    sim.plane.fate = "unschedulable"
    running = asyncio.create_task(run(SLOW))
    await sim.asked("watch pods")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert sim.plane.jobs == {}


async def test_memory_beyond_the_limit_is_told_as_such(run: Ran, sim: KubernetesSimulator) -> None:
    sim.plane.out_of_memory_at = b"hungry"

    result = await run("print('hungry', flush=True)\nimport time\ntime.sleep(600)")

    assert (result.out_of_memory, result.exit_code, result.timed_out) == (True, 137, False)
    assert result.output == "hungry\n"


async def test_runs_side_by_side_do_not_mix(run: Ran) -> None:
    results = await asyncio.gather(*(run("import os\nprint(os.environ['n'])", n=str(n)) for n in range(5)))

    assert [result.output for result in results] == [f"{n}\n" for n in range(5)]


async def test_a_list_of_allowed_hosts_is_refused_and_nothing_runs(
    sandbox: KubernetesSandbox, sim: KubernetesSimulator, run: Ran
) -> None:
    with pytest.raises(SandboxError, match="allowed_hosts"):
        await sandbox.run(SandboxJob("run-1", "print(1)", {}, 5, ("example.com",)), run.emit)

    assert sim.requests == []


async def test_a_script_that_no_secret_can_hold_is_refused(run: Ran, sim: KubernetesSimulator) -> None:
    with pytest.raises(SandboxError, match="1 MiB"):
        await run("#" * (1 << 20))

    assert sim.plane.every_job == []


async def test_jobs_of_a_killed_service_are_deleted_and_those_of_others_stay(
    sandbox: KubernetesSandbox, sim: KubernetesSimulator, run: Ran
) -> None:
    running = asyncio.create_task(run(SLOW))
    await run.spoken.wait()
    own = next(iter(sim.plane.jobs.values()))
    for name, labels in (("left", own["metadata"]["labels"]), ("other", {"deskhand.instance": "another"})):
        sim.plane.create_job({**own, "metadata": {"name": name, "labels": labels}})

    assert await sandbox.reap() == 1
    assert sorted(sim.plane.jobs) == sorted([own["metadata"]["name"], "other"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    sim.plane.delete_job("other")
