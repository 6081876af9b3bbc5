"""What a container can reach, tried from inside real containers against real servers (docs/decisions/0002)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.errors import SandboxError
from bot.ports import SandboxJob
from bot.sandbox.docker_sandbox import DockerSandbox
from bot.sandbox.egress import endpoint, resolved
from tests.sandbox.conftest import HOST, Ran

TRY = """
import json, os, socket
def attempt(address, port):
    try:
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(3)
            connection.connect((address, int(port)))
            connection.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
            return 'reached' if connection.recv(10) else 'closed'
    except OSError as error:
        return type(error).__name__
print(json.dumps({place: attempt(*place.rsplit(' ', 1)) for place in json.loads(os.environ['places'])}))
"""
PUBLIC = "45.67.89.10"
"""An address of the public internet as containers see it; here it leads to a network name space of this machine."""


@asynccontextmanager
async def server(address: str) -> AsyncIterator[int]:
    """A server that says hello; its port."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
def internet() -> Iterator[int]:
    """A web server at a public address: in a name space of its own behind a route of this machine; its port."""
    commands = [
        "ip netns add outside",
        "ip link add to-outside type veth peer name inward netns outside",
        "ip addr add 45.67.89.1/24 dev to-outside",
        "ip link set to-outside up",
        f"ip -n outside addr add {PUBLIC}/24 dev inward",
        "ip -n outside link set inward up",
        "ip -n outside link set lo up",
        "ip -n outside route add default via 45.67.89.1",
    ]
    subprocess.run("ip netns del outside; ip link del to-outside", shell=True, check=False, capture_output=True)
    for command in commands:
        subprocess.run(command.split(), check=True)
    serving = subprocess.Popen(
        ["ip", "netns", "exec", "outside", "python3", "-u", "-m", "http.server", "8000", "--directory", "/sys"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert serving.stdout is not None
    serving.stdout.readline()
    yield 8000
    serving.kill()
    serving.wait()
    serving.stdout.close()
    subprocess.run(["ip", "netns", "del", "outside"], check=True)


async def places(run: Ran, *wanted: str, hosts: tuple[str, ...] = ()) -> dict[str, str]:
    result = await run(TRY, places=json.dumps(wanted), hosts=hosts)
    assert result.exit_code == 0, result.error_output
    found: dict[str, str] = json.loads(result.output)
    return found


@pytest.mark.limit
async def test_the_internet_is_reached_and_what_is_inside_is_not(
    run: Ran, sandbox: DockerSandbox, internet: int
) -> None:
    gateway = await sandbox.host_address()
    async with server("0.0.0.0") as port:
        own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()
        machine = [f"{address} {port}" for address in {gateway, "172.17.0.1", "45.67.89.1", *own} if ":" not in address]
        metadata = ["169.254.169.254 80", "fd00:ec2::254 80", "100.100.100.200 80", "168.63.129.16 80"]

        found = await places(run, f"{PUBLIC} {internet}", *machine, *metadata, "10.0.0.1 443", "192.168.0.1 80")

    assert found.pop(f"{PUBLIC} {internet}") == "reached"
    assert "reached" not in found.values(), found
    assert len(found) >= 9


@pytest.mark.limit
async def test_a_neighbour_is_not_reached(sandbox: DockerSandbox, run: Ran) -> None:
    listening = asyncio.Event()
    told: list[str] = []

    async def emit(piece: str) -> None:
        told.append(piece)
        listening.set()

    code = (
        "import socket\ns = socket.create_server(('0.0.0.0', 9000))\n"
        "me = socket.gethostbyname(socket.gethostname())\nprint(me, flush=True)\n"
        "s.settimeout(15)\nconnection, peer = s.accept()\nprint('reached by', peer)"
    )
    neighbour = asyncio.create_task(sandbox.run(SandboxJob("n", code, {}, 20), emit))
    await listening.wait()

    found = await places(run, f"{told[0].strip()} 9000")
    neighbour.cancel()
    await asyncio.gather(neighbour, return_exceptions=True)

    assert "reached" not in found.values()
    assert "reached" not in "".join(told)


async def test_what_an_operator_allowed_inside_is_reached_and_its_other_ports_are_not(image: str) -> None:
    sandbox = DockerSandbox("slim", "tests-inside", HOST)
    gateway = await sandbox.host_address()
    async with server(gateway) as allowed, server(gateway) as other:
        sandbox.allow([(gateway, allowed)])

        found = await places(Ran(sandbox), f"{gateway} {allowed}", f"{gateway} {other}")
    await sandbox.close()

    assert found[f"{gateway} {allowed}"] == "reached"
    assert found[f"{gateway} {other}"] != "reached"


@pytest.mark.limit
async def test_a_list_of_hosts_leaves_nothing_else(run: Ran, internet: int) -> None:
    allowed = await places(run, f"{PUBLIC} {internet}", "45.67.89.1 22", hosts=(f"{PUBLIC}:{internet}",))
    other = await places(run, f"{PUBLIC} {internet}", hosts=("127.0.0.1",))

    assert allowed[f"{PUBLIC} {internet}"] == "reached"
    assert allowed["45.67.89.1 22"] != "reached"
    assert "reached" not in other.values()


async def test_names_outside_of_a_list_are_not_even_looked_up(run: Ran) -> None:
    code = (
        "import socket\ntry:\n    print(socket.gethostbyname('pypi.org'))\nexcept OSError as e:\n    print('unknown')"
    )

    result = await run(code, hosts=("127.0.0.1",))

    assert result.output == "unknown\n"


async def test_a_listed_name_that_does_not_exist_is_told() -> None:
    with pytest.raises(SandboxError, match=r"no-such-name\.invalid of allowed_hosts cannot be found"):
        await resolved(["no-such-name.invalid:443"])


@pytest.mark.limit
async def test_a_script_has_no_right_to_change_its_filter(run: Ran) -> None:
    code = """
import sys
run = sys.modules['os'].__builtins__['__import__']('subprocess').run
done = run(['nft', 'flush', 'ruleset'], capture_output=True, text=True)
print(done.returncode != 0, 'not permitted' in done.stderr)
"""
    result = await run(code)

    assert result.output == "True True\n"


async def test_a_filter_that_cannot_be_set_keeps_scripts_from_running(image: str) -> None:
    sandbox = DockerSandbox("slim", "tests-broken", HOST, inside=[("no address", 0)])

    with pytest.raises(SandboxError, match="could not be filtered"):
        await Ran(sandbox)("print(1)")
    await sandbox.close()


async def test_tables_of_services_that_ended_are_taken_away_and_others_stay(image: str) -> None:
    """nft holds every table in memory while it changes one: hundreds of left ones would end it."""
    living = DockerSandbox("slim", "tests-living", HOST)
    assert (await Ran(living)("print(1)")).exit_code == 0
    other = DockerSandbox("slim", "tests-other", HOST)
    try:
        nft(image, "add table inet dh0123456789; add table inet dhnotours; add table inet someone")
        assert (await Ran(other)("print(2)")).exit_code == 0
        tables = nft(image, "list tables inet")
    finally:
        await living.close()
        await other.close()
        nft(image, "delete table inet dhnotours; delete table inet someone")

    names = {line.split()[-1] for line in tables.splitlines()}
    assert "dh0123456789" not in names
    assert {"dhnotours", "someone", bridge("tests-living"), bridge("tests-other")} <= names


def bridge(instance: str) -> str:
    return "dh" + hashlib.sha256(instance.encode()).hexdigest()[:10]


def nft(image: str, rules: str) -> str:
    """Ask the packet filter of this machine, from a container that may."""
    given = ["--network", "host", "--cap-add", "NET_ADMIN", "--user", "0:0"]
    command = ["docker", "run", "--rm", *given, image, "nft", rules]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_an_operator_may_run_without_the_filter(image: str) -> None:
    sandbox = DockerSandbox("slim", "tests-open", HOST, filtered=False)
    gateway = await sandbox.host_address()
    async with server(gateway) as port:
        found = await places(Ran(sandbox), f"{gateway} {port}")
    await sandbox.close()

    assert found == {f"{gateway} {port}": "reached"}


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        ("10.0.0.5", ("10.0.0.5/32", 0)),
        ("10.0.0.5:8443", ("10.0.0.5/32", 8443)),
        ("10.1.2.3/16", ("10.1.0.0/16", 0)),
        ("127.0.0.1:8480", None),
        ("localhost", None),
        ("[::1]:80", None),
    ],
)
def test_endpoints_inside_are_read(entry: str, read: tuple[str, int] | None) -> None:
    assert endpoint(entry) == read
