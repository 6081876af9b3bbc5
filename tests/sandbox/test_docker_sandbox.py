"""Every limit of the specification, looked at from inside a real container (F063-F077)."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.errors import SandboxError
from bot.ports import SandboxJob
from bot.sandbox.containers import INSTANCE_LABEL, PROCESS_LABEL, this_process
from bot.sandbox.docker_sandbox import DockerSandbox
from bot.sandbox.engine import connect
from tests.sandbox.conftest import HOST, Ran

REAL = "import sys\nos = sys.modules['os']\nsubprocess = os.__builtins__['__import__']('subprocess')\n"
"""A script sees a small part of ``os`` only; these look at the wall behind it."""
PROBE = (
    REAL
    + """
import json
def attempt(work):
    try:
        return repr(work())
    except BaseException as error:
        return type(error).__name__
def status(name):
    return next(line.split(':')[1].strip() for line in open('/proc/self/status') if line.startswith(name + ':'))
def write(path, size=1):
    with open(path, 'wb') as file:
        file.write(b'x' * size)
def execute():
    write('/tmp/tool'); open('/tmp/tool', 'w').write('#!/bin/sh\\necho hi'); os.chmod('/tmp/tool', 0o755)
    return subprocess.run(['/tmp/tool'], capture_output=True).returncode
def fill():
    for number in range(120):
        write(f'/tmp/fill{number}', 1024 * 1024)
facts = {
    'uid': os.getuid(), 'gid': os.getgid(),
    'capabilities': [status(name) for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd')],
    'no_new_privileges': status('NoNewPrivs'), 'seccomp': status('Seccomp'),
    'root': attempt(lambda: write('/etc/x')), 'home': attempt(lambda: write('/opt/x')),
    'tmp': attempt(lambda: write('/tmp/x')), 'noexec': attempt(execute), 'full': attempt(fill),
    'environment': sorted(os.environ), 'stdin': sys.stdin.read(), 'python': sys.version_info[:2],
    'tools': [subprocess.run(['which', name], capture_output=True).returncode for name in ('git', 'curl')],
    'libraries': [__import__(name).__version__ for name in ('requests', 'httpx')],
}
print(json.dumps(facts))
"""
)


@pytest.mark.limit
async def test_the_container_is_what_the_specification_says(run: Ran) -> None:
    result = await run(PROBE, GIVEN="1")

    assert result.exit_code == 0, result.error_output
    facts = json.loads(result.output)
    assert (facts["uid"], facts["gid"]) == (65534, 65534)
    assert all(int(mask, 16) == 0 for mask in facts["capabilities"])
    assert (facts["no_new_privileges"], facts["seccomp"]) == ("1", "2")
    assert facts["root"] == "OSError"
    assert facts["home"] in ("OSError", "PermissionError")
    assert facts["tmp"] == "None"
    assert facts["noexec"] == "PermissionError"
    assert facts["full"] == "OSError"
    assert facts["stdin"] == ""
    assert facts["python"] == [3, 13]
    assert facts["tools"] == [0, 0]
    assert facts["libraries"] == ["2.32.5", "0.28.1"]
    assert "GIVEN" in facts["environment"]
    assert not [name for name in facts["environment"] if "DESKHAND" in name or "KEY" in name]


@pytest.mark.limit
async def test_memory_above_512_megabytes_ends_the_run_and_is_told_as_such(run: Ran) -> None:
    result = await run("block = bytearray(700 * 1024 * 1024)\nprint(len(block))")

    assert result.out_of_memory
    assert result.exit_code != 0


@pytest.mark.limit
async def test_a_fork_bomb_meets_the_limit_of_128_processes(run: Ran) -> None:
    code = """
import sys, time
os = sys.modules['os']
children = 0
try:
    while children < 500:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        children += 1
except BlockingIOError:
    pass
print(children)
"""
    result = await run(code, timeout=25)

    assert 50 < int(result.output) < 128


@pytest.mark.limit
async def test_one_core_is_all_there_is(run: Ran, sandbox: DockerSandbox) -> None:
    code = """
from pathlib import Path
for name in ('/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'):
    if Path(name).exists():
        print(Path(name).read_text().split()[0])
"""
    result = await run(code)

    assert result.output.split() == ["100000"]


@pytest.mark.limit
async def test_a_run_past_its_time_is_killed(run: Ran) -> None:
    result = await run("print('begun', flush=True)\nimport time\ntime.sleep(60)", timeout=1.5)

    assert result.timed_out
    assert result.exit_code is None
    assert result.output == "begun\n"
    assert result.seconds < 15


async def test_output_streams_while_it_runs_and_errors_stay_apart(run: Ran) -> None:
    code = "import sys\nprint('ünï ✓', flush=True)\nprint('to the side', file=sys.stderr)\nprint('end')"

    result = await run(code)

    assert result.output == "ünï ✓\nend\n"
    assert "to the side" in result.error_output
    assert "".join(run.emitted) == result.output


@pytest.mark.limit
async def test_output_beyond_the_cap_is_counted_and_dropped(run: Ran) -> None:
    result = await run("print('x' * (3 * 1024 * 1024))")

    assert len(result.output) == 1024 * 1024
    assert result.dropped_bytes == 2 * 1024 * 1024 + 1


async def test_bytes_that_are_no_text_are_replaced(run: Ran) -> None:
    result = await run("import sys\nsys.stdout.buffer.write(bytes([0xff, 0xfe]) + b'ok')")

    assert result.output == "��ok"


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("x = 1\ny = 2\nraise ValueError('wrong')", 1, 'File "main.py", line 3'),
        ("raise SystemExit('plain words')", 1, "plain words"),
        ("raise SystemExit(3)", 3, ""),
        ("def broken(:\n  pass", 1, "SyntaxError"),
        ("import os\nprint(os.environ['missing'])", 1, "KeyError"),
    ],
)
async def test_a_script_that_fails_says_where(run: Ran, code: str, exit_code: int, said: str) -> None:
    result = await run(code)

    assert result.exit_code == exit_code
    assert said in result.error_output
    assert "bootstrap" not in result.error_output


async def test_values_arrive_as_environment_and_runs_do_not_see_each_other(run: Ran) -> None:
    code = "import os\nopen('/tmp/mine', 'x').close()\nif __name__ == '__main__':\n    print(os.getenv('order_id'))"

    results = await asyncio.gather(*(run(code, order_id=str(number)) for number in range(3)))

    assert sorted(result.output.strip() for result in results) == ["0", "1", "2"]


@pytest.mark.limit
async def test_a_cancelled_run_leaves_no_container(sandbox: DockerSandbox) -> None:
    begun = asyncio.Event()

    async def emit(piece: str) -> None:
        begun.set()

    job = SandboxJob("test", "print(1, flush=True)\nimport time\ntime.sleep(60)", {}, 60)
    task = asyncio.create_task(sandbox.run(job, emit))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await sandbox.reap() == 0


@pytest.mark.limit
async def test_containers_of_a_killed_service_are_removed_at_the_next_start(image: str, sandbox: DockerSandbox) -> None:
    client = connect(HOST, 10)
    ours, others = (
        client.create_container(image, command=["sleep", "60"], labels={INSTANCE_LABEL: name, PROCESS_LABEL: process})
        for name, process in (("tests", "1-999999999"), ("tests", this_process()))
    )
    client.start(ours["Id"])

    assert await sandbox.reap() == 1, "the one whose process has ended, not the one of a living process"
    client.remove_container(others["Id"], force=True)
    client.close()


async def test_an_engine_that_is_down_is_told_in_plain_words(image: str) -> None:
    absent = DockerSandbox("slim", "tests", "unix:///tmp/no-engine-here.sock")

    said = await _refusal(absent)
    state = await absent.state()
    await absent.close()

    assert "does not answer" in said
    assert "does not answer" in state.problem


async def _refusal(sandbox: DockerSandbox) -> str:
    async def emit(piece: str) -> None:
        raise AssertionError

    try:
        await sandbox.run(SandboxJob("test", "print(1)", {}, 5), emit)
    except SandboxError as error:
        return str(error)
    return "it ran"


async def test_the_state_of_a_good_engine_names_version_and_image(sandbox: DockerSandbox, image: str) -> None:
    state = await sandbox.state()

    assert (state.problem, state.image) == ("", image)
    assert state.version
