"""The main job from message to reply, with real runs of both kinds against the demo world."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import aiohttp

from bot.app import Service, open_service
from bot.domain.run import Outcome
from tests.acceptance.conftest import Person, settings


async def test_a_refund_and_an_outage_are_answered_in_one_reply_by_runs_that_overlapped(person: Person) -> None:
    reply = await person.say("Check refund for order 12345 and is there an outage right now?")

    assert {used.action for used in reply.used} == {"refund-lookup", "incident-status"}
    assert all(used.outcome is Outcome.SUCCESS for used in reply.used)
    first, second = sorted(reply.used, key=lambda used: str(used.started_at))
    assert first.started_at is not None
    assert second.started_at is not None
    assert second.started_at < first.started_at + timedelta(seconds=first.seconds or 0)
    assert "89.00 USD" in reply.text
    assert "502 errors in the EU region" in reply.text
    assert reply.mode == "offline"


async def test_tickets_that_will_breach_are_listed_by_time_left(person: Person) -> None:
    reply = await person.say("Which tickets will breach SLA in the next 2 hours?")

    assert re.findall(r"#\d{5} \|", reply.text) == ["#48211 |", "#48190 |", "#48175 |"]


async def test_the_two_turn_time_off_flow_reads_asks_writes_and_notifies(person: Person, service: Service) -> None:
    balance = await person.say("How many PTO days do I have left?")
    asked = await person.say("Perfect. Book Friday off then.")
    done = await person.confirm(asked)
    after = await person.say("How many PTO days do I have left?")

    assert "12 PTO days" in balance.text
    assert asked.used == ()
    assert [used.action for used in done.used] == ["submit_pto_request", "notify_manager"]
    assert "11 PTO days" in after.text
    runs = await service.records.storage.runs.latest(10)
    assert [run.state.value for run in runs] == ["done"] * 4
    world = service.records.variables["HR_BASE_URL"].removesuffix("/hr")
    async with aiohttp.ClientSession() as session, session.get(f"{world}/world/log") as log:
        assert [entry["kind"] for entry in await log.json()] == ["pto", "slack.message"]


async def test_a_missing_value_is_asked_for_and_the_answer_continues(person: Person) -> None:
    asked = await person.say("Where is my refund?")
    answered = await person.say("12377")

    assert "order id" in asked.question
    assert "42.50 EUR" in answered.text


async def test_a_failing_service_is_told_and_the_other_answer_still_comes(person: Person) -> None:
    reply = await person.say("Where is my parcel, order 50000? And is there an outage right now?")

    by_action = {used.action: used for used in reply.used}
    assert by_action["order-status"].outcome is Outcome.ERROR
    assert by_action["incident-status"].outcome is Outcome.SUCCESS
    assert "503" in by_action["order-status"].detail
    assert "Order status" in reply.text


async def test_deleting_a_secret_disables_the_actions_that_use_it(tmp_path: Path, quiet_environment: None) -> None:
    async with open_service(settings(tmp_path, demo=False)) as service:
        records = service.records
        await records.set_secret("SHIPPO_API_KEY", "shippo_live_1234567890")
        before = {state.spec.slug: state.enabled for state in await records.catalogue.states()}

        disabled = await records.delete_secret("SHIPPO_API_KEY")
        await records.set_secret("SHIPPO_API_KEY", "shippo_live_0987654321")

        states = {state.spec.slug: state for state in await records.catalogue.states()}
        assert before["order-status"]
        assert disabled == ["order-status"]
        assert not states["order-status"].enabled
        assert "was deleted" in states["order-status"].reason
