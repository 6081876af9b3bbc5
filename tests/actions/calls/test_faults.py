"""Services that fail in every way: each ends as one clause for people, in time, with no secret in it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.domain.action import HttpCall, NamedOutcome
from bot.domain.run import Outcome
from tests.actions.calls.world import (
    GIVEN,
    START,
    Talk,
    api_action,
    call_of,
    executor,
    quiet,
    raw_service,
    run,
    service,
)

SECRET = "sk_live_do_not_leak"


def says(*pieces: bytes) -> Talk:
    """Reads the head of a request, says its piece and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return talk


OK = b"HTTP/1.1 200 OK\r\n"
BROKEN: list[tuple[str, Sequence[bytes], str]] = [
    ("nothing", [], "the connection to 127.0.0.1 broke"),
    ("no HTTP", [b"SSH-2.0-OpenSSH_9.6\r\n"], "what 127.0.0.1 answered is not HTTP"),
    ("noise", [bytes(range(256)) * 4], "what 127.0.0.1 answered is not HTTP"),
    ("half a head", [b"HTTP/1.1 200 OK\r\nContent-"], "the connection to 127.0.0.1 broke"),
    ("bad status", [b"HTTP/1.1 xyz OK\r\n\r\n"], "what 127.0.0.1 answered is not HTTP"),
    ("huge header", [OK, b"X-Big: " + b"x" * 100_000 + b"\r\n\r\n"], "what 127.0.0.1 answered is not HTTP"),
    ("short body", [OK, b"Content-Length: 100\r\n\r\n", b"short"], "the answer of 127.0.0.1 broke off"),
    ("bad chunk", [OK, b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\nx"], "127.0.0.1"),
    ("half a chunk", [OK, b"Transfer-Encoding: chunked\r\n\r\n", b"10\r\nhalf"], "the answer of 127.0.0.1 broke off"),
    ("bad gzip", [OK, b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n", b"nope"], "127.0.0.1"),
    ("two lengths", [OK, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"], "127.0.0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("pieces", "clause"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
async def test_a_broken_answer_is_an_error_told_in_one_clause(pieces: Sequence[bytes], clause: str) -> None:
    async with raw_service(says(*pieces)) as shop:
        spec = api_action(HttpCall("GET", shop.at("/?key={KEY}"), headers=(("X", "{KEY}"),)), secrets=["KEY"])
        result = await run(spec, secrets={"KEY": SECRET})

    assert result.outcome is Outcome.ERROR
    assert clause in result.detail
    assert SECRET not in repr(result)
    assert "\n" not in result.detail


async def test_a_service_that_never_answers_ends_with_the_time_limit() -> None:
    done = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await done.wait()

    async with raw_service(silent) as shop:
        read = await run(api_action(HttpCall("GET", shop.at(), timeout_seconds=0.05, retries=3)))
        write = await run(api_action(HttpCall("POST", shop.at(), timeout_seconds=0.05, retries=3)))
        done.set()

    assert (read.outcome, read.label, read.detail) == (Outcome.TIMED_OUT, "timed_out", "timed out after 0.05 s")
    assert write.detail == "timed out after 0.05 s, so it may or may not have been done"


async def test_a_service_that_drips_its_answer_ends_with_the_time_limit() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.001)

    async with raw_service(drip) as shop:
        result = await run(api_action(HttpCall("GET", shop.at(), timeout_seconds=0.1)))

    assert (result.outcome, result.output) == (Outcome.TIMED_OUT, "")


async def test_a_call_that_is_cancelled_closes_its_connection() -> None:
    reached, hung_up = asyncio.Event(), asyncio.Event()

    async def waiting(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reached.set()
        await reader.read()
        hung_up.set()

    async with raw_service(waiting) as shop, executor() as api:
        task = asyncio.create_task(api.execute(call_of(api_action(HttpCall("GET", shop.at()))), GIVEN, quiet))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_a_closed_port_could_not_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    result = await run(
        api_action(HttpCall("GET", f"http://127.0.0.1:{port}/?key={{KEY}}"), secrets=["KEY"]), secrets={"KEY": SECRET}
    )

    assert (result.outcome, result.detail) == (Outcome.ERROR, "could not reach 127.0.0.1")


async def test_a_name_that_does_not_exist_is_told_by_name() -> None:
    result = await run(api_action(HttpCall("GET", "http://no-such-host.invalid/?q=1")))

    assert (result.outcome, result.detail) == (Outcome.ERROR, "the name no-such-host.invalid cannot be looked up")


async def test_https_to_a_service_that_speaks_none_is_told() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with raw_service(plain) as shop:
        result = await run(api_action(HttpCall("GET", shop.at().replace("http:", "https:"))))

    assert (result.outcome, result.detail) == (Outcome.ERROR, "no secure connection to 127.0.0.1 could be made")


async def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0, ssl=context)

    async with server:
        port = server.sockets[0].getsockname()[1]
        result = await run(api_action(HttpCall("GET", f"https://127.0.0.1:{port}/", retries=3)))

    assert (result.outcome, result.detail) == (Outcome.ERROR, "the certificate of 127.0.0.1 is not valid")
    assert result.notes == ()


STATUSES = [
    (200, Outcome.SUCCESS, ""),
    (201, Outcome.SUCCESS, ""),
    (204, Outcome.SUCCESS, ""),
    (400, Outcome.ERROR, "127.0.0.1 answered 400"),
    (401, Outcome.ERROR, "127.0.0.1 refused the credentials (401)"),
    (403, Outcome.ERROR, "127.0.0.1 refused the credentials (403)"),
    (404, Outcome.ERROR, "127.0.0.1 found nothing (404)"),
    (429, Outcome.ERROR, "127.0.0.1 answered 429"),
    (500, Outcome.ERROR, "127.0.0.1 answered 500"),
    (503, Outcome.ERROR, "127.0.0.1 answered 503"),
]


@pytest.mark.parametrize(("status", "outcome", "detail"), STATUSES)
async def test_without_named_outcomes_the_status_decides(status: int, outcome: Outcome, detail: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with service(answer) as shop:
        result = await run(api_action(HttpCall("GET", shop.at())))

    assert (result.outcome, result.label, result.status, result.detail) == (outcome, outcome.value, status, detail)


NAMED = [
    (404, {}, "not_found", Outcome.SUCCESS, ""),
    (401, {}, "auth_failed", Outcome.ERROR, "127.0.0.1 refused the credentials (401)"),
    (200, {"state": "payment_failed"}, "payment_failed", Outcome.SUCCESS, ""),
    (200, {"errors": ["x"]}, "error", Outcome.ERROR, "error"),
    (200, {"state": "paid"}, "paid", Outcome.SUCCESS, ""),
    (200, {"state": "other"}, "success", Outcome.SUCCESS, ""),
    (500, {"state": "other"}, "error", Outcome.ERROR, "127.0.0.1 answered 500"),
]


@pytest.mark.parametrize(("status", "body", "label", "outcome", "detail"), NAMED)
async def test_the_first_named_outcome_that_holds_names_the_result(
    status: int, body: Mapping[str, object], label: str, outcome: Outcome, detail: str
) -> None:
    conditions = {
        "not_found": "response.status == 404",
        "auth_failed": "response.status == 401",
        "error": "response.status == 200 && response.body.errors != null",
        "payment_failed": "response.body.state == 'payment_failed'",
        "paid": "response.headers['x-kind'] == 'order' && response.body.state == 'paid'",
    }

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers={"X-Kind": "order"})

    async with service(answer) as shop:
        named = [NamedOutcome(*item) for item in conditions.items()]
        result = await run(api_action(HttpCall("GET", shop.at()), outcomes=named))

    assert (result.label, result.outcome, result.detail) == (label, outcome, detail)


def _self_signed(folder: Path) -> Path:
    """A file with a key and a certificate that only vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(START - timedelta(days=1))
        .not_valid_after(START + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(pem)
    return folder / "server.pem"
