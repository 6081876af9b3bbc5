"""Which addresses an action may reach: a table of forms, and proof by a listening socket that nothing connected."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from contextlib import closing

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.actions.addresses import AddressGuard, ForbiddenAddress
from bot.domain.action import HttpCall
from bot.domain.run import Outcome
from tests.actions.calls.world import GIVEN, api_action, call_of, executor, quiet, service

INTERNAL = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.1.2.3", "127.255.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1",
    "172.17.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1",
    "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::2", "::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:7f00:1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "64:ff9b:1::8.8.8.8", "64:ff9b:1:a00:0:100::",
    "100::1", "2001::1", "2001:0:7f00:1::", "2001:0:808:808:0:0:f7f7:f7f7", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "2002:808:808::1", "3ffe::1", "3fff::1", "4000::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fe80::5efe:7f00:1", "fec0::1", "ff02::1", "ff0e::1",
    "2a00:1450::5efe:7f00:1", "2a00:1450::200:5efe:a00:1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
    "126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e", "2400:cb00::1", "2001:200::1", "2003::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("text", INTERNAL)
def test_an_internal_address_is_refused_as_text_and_at_connect(text: str) -> None:
    guard = AddressGuard()
    host = f"[{text}]" if ":" in text else text

    assert not guard.permits(ipaddress.ip_address(text), 443)
    with pytest.raises(ForbiddenAddress):
        guard.check_url(URL(f"https://{host}/"))
    with pytest.raises(ForbiddenAddress):
        guard.open_socket(_info(text, 443))


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text: str) -> None:
    guard = AddressGuard()
    host = f"[{text}]" if ":" in text else text

    guard.check_url(URL(f"https://{host}/"))
    with closing(guard.open_socket(_info(text, 443))) as opened:
        assert opened.type is socket.SOCK_STREAM


ODD_FORMS = [
    "http://0x7f.1/", "http://0x7f000001/", "http://0X7F.0.0.1/", "http://0x7f.0x0.0x0.0x1/", "http://0x/",
    "http://2130706433/", "http://0177.0.0.1/", "http://017700000001/", "http://127.1/", "http://127.0.1/",
    "http://0/", "http://127.0.0.1./", "http://00127.0.0.1/", "http://1.2.3.4.5/", "http://8.8.8/", "http://a.0x7f/",
    "http://name.123/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://127．0．0．1/", "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/", "http://[2606:4700::1111%25eth0]/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00/",
    "http://a b/", "http://a..b/", "http://.example.com/", "http://exa{mple.com/", "http://a*b/", "http://-%2f/",
    "http://[v1.fe80::a]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::]:80/",
]  # fmt: skip
OTHER_FORMS = [
    "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "ws://example.com/", "data:text/plain,x",
    "unix:///var/run/docker.sock", "//example.com/", "/path", "http:///path", "http://user@example.com/",
    "http://user:pass@example.com/", "http://:pass@example.com/", "https://example.com@127.0.0.1/",
    "http://8.8.8.8:0/", "http://8.8.8.8:22/", "http://8.8.8.8:25/", "https://8.8.8.8:6379/", "http://8.8.8.8:5432/",
    "http://8.8.8.8:11211/", "http://[2606:4700::1111]:3306/",
]  # fmt: skip


@pytest.mark.parametrize("text", [*ODD_FORMS, *OTHER_FORMS])
def test_an_address_in_an_unusual_form_is_refused_from_its_text(text: str) -> None:
    with pytest.raises((ForbiddenAddress, ValueError)):
        AddressGuard().check_url(URL(text))


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/",
        "https://example.com/",
        "https://EXAMPLE.com:8443/x?y=z",
        "https://example.com./",
        "https://münchen.example/",
        "https://xn--mnchen-3ya.example/",
        "https://a_b.example.com/",
        "https://1password.example/",
        "https://0x7f.example/",
        "https://example.com:3000/",
        "https://8.8.8.8:8080/",
        "https://[2606:4700::1111]/",
        "https://localhost.example/",
        "https://localhost/",
    ],
)
def test_a_usual_address_passes_the_check_of_its_text(text: str) -> None:
    AddressGuard().check_url(URL(text))


LISTED: list[tuple[Sequence[str], str, int, bool]] = [
    (["127.0.0.1"], "127.0.0.1", 80, True),
    (["127.0.0.1"], "127.0.0.1", 6379, True),
    (["127.0.0.1"], "127.0.0.2", 80, False),
    (["127.0.0.1:8480"], "127.0.0.1", 8480, True),
    (["127.0.0.1:8480"], "127.0.0.1", 8481, False),
    (["127.0.0.1:8480"], "::ffff:127.0.0.1", 8480, True),
    (["127.0.0.1:8480"], "::ffff:127.0.0.1", 80, False),
    (["localhost:8480"], "127.0.0.1", 8480, True),
    (["localhost:8480"], "::1", 8480, True),
    (["localhost:8480"], "::1", 80, False),
    (["LOCALHOST"], "127.0.0.1", 80, True),
    (["172.17.0.1:8480"], "172.17.0.1", 8480, True),
    (["10.1.0.0/16"], "10.1.255.1", 80, True),
    (["10.1.0.0/16"], "10.2.0.1", 80, False),
    (["10.1.0.7/16"], "10.1.0.1", 80, True),
    (["10.1.0.0/16:8443"], "10.1.0.1", 8443, True),
    (["10.1.0.0/16:8443"], "10.1.0.1", 443, False),
    (["fd00::/8"], "fd00::1", 443, True),
    (["[fd00::5]:8443"], "fd00::5", 8443, True),
    (["[fd00::5]:8443"], "fd00::5", 443, False),
    (["[fd00::5]"], "fd00::5", 443, True),
    (["::1"], "::1", 443, True),
    ([" 10.0.0.5 "], "10.0.0.5", 443, True),
    (["10.0.0.5", "10.0.0.6:80"], "10.0.0.6", 80, True),
    (["10.0.0.5", "10.0.0.6:80"], "10.0.0.6", 443, False),
    (["8.8.8.8:25"], "8.8.8.8", 25, True),
    (["10.0.0.0/8"], "64:ff9b::10.0.0.1", 443, True),
    (["10.0.0.0/8"], "8.8.8.8", 443, True),
    ([], "8.8.8.8", 25, False),
    ([], "127.0.0.1", 80, False),
]


@pytest.mark.parametrize(("entries", "address", "port", "allowed"), LISTED)
def test_the_operators_list_opens_exactly_what_it_names(
    entries: Sequence[str], address: str, port: int, allowed: bool
) -> None:
    assert AddressGuard(entries).permits(ipaddress.ip_address(address), port) is allowed


@pytest.mark.parametrize(
    "entry",
    [
        "example.com",
        "db.internal:80",
        "",
        "10.0.0.1:http",
        "10.0.0.0/33",
        "http://10.0.0.1",
        "10.0.0.1:80:80",
        "[::1",
        "*",
    ],
)
def test_an_entry_that_is_no_address_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="cannot be read") as refused:
        AddressGuard(["10.0.0.5", entry])

    assert repr(entry) in str(refused.value)


@given(st.ip_addresses(v=4), st.integers(1024, 65535))
def test_an_ipv4_address_is_judged_the_same_however_it_is_wrapped(address: ipaddress.IPv4Address, port: int) -> None:
    guard = AddressGuard(["10.9.0.0/16"])
    plain = guard.permits(address, port)

    assert guard.permits(ipaddress.IPv6Address(f"::ffff:{address}"), port) is plain
    assert guard.permits(ipaddress.IPv6Address(f"64:ff9b::{address}"), port) is plain


@given(st.ip_addresses())
def test_what_is_allowed_is_at_least_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if AddressGuard().permits(address, 443):
        inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        assert (inner or address).is_global
        assert not (inner or address).is_multicast


WAYS_TO_LOOPBACK = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://0.0.0.0:{port}/", "http://127.9.9.9:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/", "http://0x7f000001:{port}/", "http://0x7f.1:{port}/", "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/", "http://127.1:{port}/", "http://0:{port}/", "http://127.0.0.1.:{port}/",
    "http://localhost.:{port}/", "http://LOCALHOST:{port}/", "http://[64:ff9b::127.0.0.1]:{port}/", "http://[::]:{port}/",
    "https://127.0.0.1:{port}/", "http://[2002:7f00:1::]:{port}/", "http://[::127.0.0.1]:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("address", WAYS_TO_LOOPBACK)
async def test_no_connection_is_made_to_a_forbidden_address(address: str) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listening:
        listening.setblocking(False)
        endpoint = address.format(port=listening.getsockname()[1])

        async with executor(internal=()) as api:
            result = await api.execute(call_of(api_action(HttpCall("GET", endpoint))), GIVEN, quiet)

        assert result.outcome in (Outcome.DENIED, Outcome.ERROR)
        assert result.output == ""
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("address", WAYS_TO_LOOPBACK)
async def test_no_redirect_leads_to_a_forbidden_address(address: str) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listening:
        listening.setblocking(False)
        target = address.format(port=listening.getsockname()[1])

        async def elsewhere(_request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": target})

        async with service(elsewhere) as public, executor(internal=[f"127.0.0.1:{public.port}"]) as api:
            result = await api.execute(call_of(api_action(HttpCall("GET", public.at()))), GIVEN, quiet)

        assert result.outcome in (Outcome.DENIED, Outcome.ERROR)
        assert len(public.seen) == 1
        with pytest.raises(BlockingIOError):
            listening.accept()


async def test_a_refusal_is_told_in_one_clause() -> None:
    async with executor(internal=()) as api:
        result = await api.execute(
            call_of(api_action(HttpCall("GET", "http://169.254.169.254/latest/meta-data"))), GIVEN, quiet
        )

    assert (result.outcome, result.detail) == (Outcome.DENIED, "internal addresses may not be called")


def _info(text: str, port: int) -> Sequence[object]:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, port))
