"""Calls of webhooks over HTTP: what is taken once, what is refused and in which words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.dashboard import webhooks as routes
from bot.dashboard.signatures import new_signing_secret, signed
from bot.domain.action import Parameter, ParameterType, Safety
from bot.domain.message import Origin, Platform
from bot.domain.post import Address, Delivery
from bot.errors import StorageError
from bot.storage.storage import Storage
from tests.dashboard.desk import HOOK, ORDER, REFUND, SECRET, SIGNING, Desk, opened
from tests.fakes import START

JSON = {"Content-Type": "application/json"}
GOOD = {"order_number": "12345", "amount": "19.90", "other": {"kept": "not"}}


@pytest.fixture(autouse=True)
async def hook(storage: Storage) -> None:
    await storage.webhooks.put(HOOK)


async def test_a_call_is_stored_promised_and_run_with_typed_values(desk: Desk) -> None:
    told = await desk.call(GOOD)

    assert (told.status, told.body) == (202, {"run": "run00001", "state": "queued"})
    assert told.headers["Location"] == "/api/v1/runs/run00001"
    (job,) = await desk.storage.inbox.unfinished()
    assert (desk.kept.jobs, job.kind, job.lane) == ([job], "webhook.call", "webhook/w1")
    await desk.calls.do(job)
    (errand,) = desk.carrying.errands
    assert errand.arguments == {"order_number": "12345", "amount": 19.9, "channel": "web"}
    assert (errand.run_id, errand.origin, errand.asker.id) == ("run00001", Origin.WEBHOOK, "webhook:w1")
    assert (errand.asker.email, errand.asker.groups, errand.asker.verified) == ("", ("Everyone",), False)


async def test_the_result_is_handed_over_with_the_webhooks_own_targets(desk: Desk) -> None:
    delivery = Delivery((Address(Platform.SLACK, "T1/C012"),))
    await desk.storage.webhooks.put(replace(HOOK, delivery=delivery))
    await desk.call(GOOD, {"webhook-id": "m1"})

    await desk.calls.do(desk.kept.jobs[0])

    ((fired, given),) = desk.carrying.handed
    assert (fired.origin, fired.key, given) == ("webhook/w1", "webhook/w1/m1", delivery)
    assert [result.call_id for result in fired.results] == ["run00001"]
    await desk.storage.webhooks.remove("w1")
    await desk.calls.do(desk.kept.jobs[0])
    assert len(desk.carrying.handed) == 1


async def test_values_are_found_by_path_in_json_and_by_name_in_a_form(desk: Desk) -> None:
    paths = {"order_number": "data.items.0.order", "channel": "source"}
    await desk.storage.webhooks.put(replace(HOOK, paths=paths, values={"channel": "phone"}))

    await desk.call({"data": {"items": [{"order": 77}]}, "source": ""})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    await desk.call(b"data.items.0.order=78&source=Web&amount=5", form)

    assert [job.payload["values"] for job in desk.kept.jobs] == [
        {"order_number": "77", "channel": "phone"},
        {"order_number": "78", "amount": 5, "channel": "web"},
    ]


async def test_every_fault_of_the_values_is_told_at_once(desk: Desk) -> None:
    await desk.storage.webhooks.put(replace(HOOK, paths={"order_number": "order.number"}))

    told = await desk.call({"amount": "much", "channel": "fax", "order": {"number": None}})

    assert (told.status, told.headers["Content-Type"].partition(";")[0]) == (422, "application/problem+json")
    assert told.body["faults"] == [
        {"parameter": "order_number", "at": "order.number", "problem": "is missing"},
        {"parameter": "amount", "at": "amount", "problem": "must be a number"},
        {"parameter": "channel", "at": "channel", "problem": "must be one of: web, phone"},
    ]
    assert await desk.storage.inbox.unfinished() == []


async def test_the_same_call_again_gives_the_same_run_and_another_of_its_name_is_refused(desk: Desk) -> None:
    first = await desk.call(GOOD, {"webhook-id": "m1"})
    again = await asyncio.gather(*(desk.call(GOOD, {"webhook-id": "m1"}) for _ in range(50)))
    other = await desk.call({"order_number": "9"}, {"webhook-id": "m1"})

    assert {(told.status, told.body["run"]) for told in again} == {(202, first.body["run"])}
    assert other.status == 409
    assert "came before" in other.body["detail"]
    assert len(desk.kept.jobs) == 1


async def test_a_call_without_a_name_counts_once_within_a_minute(desk: Desk) -> None:
    first = [await desk.call(GOOD) for _ in range(2)]
    desk.clock.forward(minutes=1)
    later = await desk.call(GOOD)

    runs = [told.body["run"] for told in (*first, later)]
    assert runs[0] == runs[1] != runs[2]
    assert len(desk.kept.jobs) == 2


@pytest.mark.parametrize(
    ("webhook", "secret"), [("w1", "guessed"), ("w2", SECRET), ("w2", "guessed"), ("w1", "%F0%9F")]
)
async def test_a_wrong_address_is_told_one_and_the_same_thing(desk: Desk, webhook: str, secret: str) -> None:
    told = await desk.ask("POST", f"/hooks/{webhook}/{secret}", GOOD)

    assert (told.status, told.body["detail"]) == (404, "There is no such webhook.")
    assert await desk.storage.inbox.unfinished() == []


async def test_only_post_is_taken(desk: Desk) -> None:
    async with desk.session.get(f"{desk.base}/hooks/w1/{SECRET}") as answer:
        assert answer.status == 405
    assert desk.kept.jobs == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"order_number": ', {}, 400),
        (b"[1]", {}, 400),
        (b'{"amount": NaN}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"amount": ' + b"9" * 5_000 + b"}", {}, 400),
        (b'{"order_number": "\xff"}', {}, 400),
        (b"{}", {"Content-Type": "application/json; charset=klingon"}, 400),
        (b"a=1&" * 1_001, {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        (b"hello", {"Content-Type": "text/plain"}, 415),
        (b"\x1f\x8b", {"Content-Encoding": "gzip"}, 415),
        (b"", {}, 422),
        (b'{"order_number": {"deep": 1}}', {}, 422),
        (b'{"order_number": "' + b"x" * 4_001 + b'"}', {}, 422),
        (b"{}", {"webhook-id": "x" * 201}, 400),
    ],
)
async def test_a_body_that_makes_no_sense_is_told_what_is_wrong(
    desk: Desk, body: bytes, headers: dict[str, str], status: int
) -> None:
    if headers.get("Content-Encoding"):
        async with desk.session.post(f"{desk.base}/hooks/w1/{SECRET}", data=body, headers=headers) as answer:
            told_status, told = answer.status, await answer.json(content_type=None)
    else:
        given = await desk.call(body, headers)
        told_status, told = given.status, given.body

    assert (told_status, told["status"], bool(told["detail"])) == (status, status, True)
    assert SECRET not in str(told)
    assert desk.kept.jobs == []


async def test_a_body_of_a_mebibyte_is_taken_and_one_more_byte_is_not(desk: Desk) -> None:
    def filled(size: int) -> bytes:
        return b'{"order_number": "12345", "rest": "' + b"x" * (size - 37) + b'"}'

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 32_768

    assert (await desk.call(filled(1024 * 1024))).status == 202
    assert (await desk.call(filled(1024 * 1024 + 1))).status == 413
    async with desk.session.post(f"{desk.base}/hooks/w1/{SECRET}", data=in_pieces()) as answer:
        assert answer.status == 413
    assert len(desk.kept.jobs) == 1


async def test_a_signed_webhook_takes_only_what_is_signed_in_time(desk: Desk) -> None:
    await desk.storage.webhooks.put(replace(HOOK, signing="sealed"))
    body = b'{"order_number": "1"}'
    good = signed(SIGNING, "m1", START, body)
    several = f"v1a,AAAA v1,{'A' * 44} {good['webhook-signature']}"

    refused = [
        await desk.call(b'{"order_number": "2"}', good),
        await desk.call(body, {**good, "webhook-id": "m2"}),
        await desk.call(body, signed(new_signing_secret(b"another one of 24 bytes."), "m1", START, body)),
        await desk.call(body, {**good, "webhook-signature": "v1,"}),
        await desk.call(body, signed(SIGNING, "m1", START - timedelta(minutes=6), body)),
        await desk.call(body, signed(SIGNING, "m1", START + timedelta(minutes=6), body)),
    ]
    malformed = [
        await desk.call(body),
        await desk.call(body, {**good, "webhook-timestamp": "soon"}),
        await desk.call(b"\xff", signed(SIGNING, "m1", START, b"{}")),
    ]
    taken = await desk.call(body, {**good, "webhook-signature": several})

    assert [told.status for told in refused] == [401] * 6
    assert [told.status for told in malformed] == [400] * 3
    assert "webhook-signature" in malformed[0].body["detail"]
    assert (taken.status, len(desk.kept.jobs)) == (202, 1)
    assert SIGNING not in str([told.body for told in (*refused, *malformed)])


async def test_a_signed_call_that_is_replayed_starts_nothing_more(desk: Desk) -> None:
    await desk.storage.webhooks.put(replace(HOOK, signing="sealed"))
    body = b'{"order_number": "1"}'
    headers = signed(SIGNING, "m1", START, body)

    told = await asyncio.gather(*(desk.call(body, headers) for _ in range(100)))

    assert {each.status for each in told} == {202}
    assert len({each.body["run"] for each in told}) == len(desk.kept.jobs) == 1
    desk.clock.forward(minutes=6)
    assert (await desk.call(body, headers)).status == 401


async def test_what_is_paused_or_gone_or_would_ask_is_told_in_a_plain_word(desk: Desk) -> None:
    webhooks, told = desk.storage.webhooks, list[str]()
    await webhooks.put(replace(HOOK, paused=True))
    told.append((await desk.call(GOOD)).body["detail"])
    await webhooks.put(replace(HOOK, action="refund"))
    told.append((await desk.call({})).body["detail"])
    await webhooks.put(replace(HOOK, action="removed"))
    told.append((await desk.call({})).body["detail"])
    await webhooks.put(HOOK)
    desk.catalogue.pause("order-lookup")
    answer = await desk.call(GOOD)

    assert (answer.status, [*told, answer.body["detail"]]) == (
        409,
        [
            "This webhook is paused.",
            "The action refund asks for a yes first, which a webhook cannot give.",
            "The action of this webhook is gone.",
            "The action order-lookup is paused.",
        ],
    )
    assert desk.kept.jobs == []


async def test_a_write_runs_where_the_operator_gave_their_word_or_its_author_did(desk: Desk) -> None:
    await desk.storage.webhooks.put(replace(HOOK, action="refund", allow_writes=True))
    assert (await desk.call({"n": 1})).status == 202

    await desk.storage.webhooks.put(replace(HOOK, action="refund"))
    unasked = replace(REFUND, safety=Safety(requires_confirmation=False))
    desk.catalogue.found["refund"] = replace(desk.catalogue.found["refund"], spec=unasked)
    assert (await desk.call({"n": 2})).status == 202


async def test_a_flood_is_slowed_and_one_webhook_does_not_slow_another(storage: Storage) -> None:
    await storage.webhooks.put(replace(HOOK, id="w2"))
    async with opened(storage, per_minute=5) as desk:
        flood = await asyncio.gather(*(desk.call({"order_number": str(n)}) for n in range(60)))
        other = await desk.call(GOOD, webhook="w2")

    assert sorted(told.status for told in flood) == [202] * 5 + [429] * 55
    assert {int(told.headers["Retry-After"]) for told in flood if told.status == 429} <= set(range(1, 14))
    assert other.status == 202
    assert len(desk.kept.jobs) == 6


async def test_beyond_what_may_be_read_at_once_a_call_is_to_be_sent_again(storage: Storage) -> None:
    go_on = asyncio.Event()

    async def dribbling() -> AsyncIterator[bytes]:
        yield b'{"order_number":'
        await go_on.wait()
        yield b' "1"}'

    async with opened(storage, per_minute=1_000_000) as desk:

        async def held() -> int:
            async with desk.session.post(f"{desk.base}/hooks/w1/{SECRET}", data=dribbling(), headers=JSON) as answer:
                return answer.status

        holding = [asyncio.create_task(held()) for _ in range(routes.MOST_AT_ONCE)]
        told = await desk.call(GOOD)
        while told.status == 202:  # until the server has seen all that dribble
            told = await desk.call(GOOD)
        go_on.set()
        statuses = {await task for task in holding}

    assert (told.status, told.headers["Retry-After"]) == (503, "1")
    assert statuses == {202}


async def test_a_lane_that_is_full_says_when_to_come_again(desk: Desk) -> None:
    for number in range(3):
        await desk.call({"order_number": str(number)})
    full = Full(desk.storage)

    async with opened(full) as crowded:  # type: ignore[arg-type]  # a storage with one store in its place
        told = await crowded.call({"order_number": "9"})

    assert (told.status, told.headers["Retry-After"]) == (503, "60")


class Full:
    """A storage that takes no more requests."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.arrivals = self

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)

    async def take(self, *_: object) -> None:
        return None


class Broken(Full):
    """A storage whose disk is full."""

    async def take(self, *_: object) -> None:
        raise StorageError("disk is full: /var/lib/desk.db")


async def test_trouble_of_the_store_is_told_without_its_details(storage: Storage) -> None:
    async with opened(Broken(storage)) as desk:  # type: ignore[arg-type]  # a storage with one store in its place
        told = await desk.call(GOOD)

    assert (told.status, "disk" in str(told.body), told.headers["Retry-After"]) == (503, False, "5")


async def test_known_secrets_are_masked_before_a_value_is_kept(desk: Desk) -> None:
    await desk.call({"order_number": "my password is hunter2"})

    assert desk.kept.jobs[0].payload["values"] == {"order_number": "my password is ***", "channel": "web"}


async def test_the_secret_of_the_address_is_nowhere(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = [
        await desk.call(GOOD),
        await desk.call({}),
        await desk.call(b"{"),
        await desk.ask("POST", f"/hooks/w9/{SECRET}", {}),
    ]
    (hook,) = await desk.storage.webhooks.all()

    seen = f"{told} {hook} {desk.kept.jobs} {caplog.text}".replace(desk.base, "")
    assert SECRET not in seen.replace(f"/hooks/w9/{SECRET}", "")
    assert sha256(SECRET.encode()).hexdigest() not in seen


async def test_a_parameter_may_be_a_yes_or_no(desk: Desk) -> None:
    spec = replace(ORDER, parameters=(Parameter("gift", ParameterType.BOOLEAN, required=True),))
    desk.catalogue.found["order-lookup"] = replace(desk.catalogue.found["order-lookup"], spec=spec)

    assert [(await desk.call({"gift": given})).status for given in (True, "no", 0, "perhaps")] == [202, 202, 202, 422]
    assert [job.payload["values"] for job in desk.kept.jobs] == [{"gift": True}, {"gift": False}, {"gift": False}]
