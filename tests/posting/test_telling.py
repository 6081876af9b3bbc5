"""The words of a post, in each style, with what changed and the honest line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from bot.domain.post import Compose, Delivery
from bot.errors import ModelUnavailable
from tests.posting.conftest import Office
from tests.posting.samples import NINE, SLA, failed, fired, result, tickets

RAW = Delivery((SLA,))
DIGEST = Delivery((SLA,), Compose.DIGEST)


async def told(office: Office, delivery: Delivery, *results: object) -> str:
    given = fired(*results)  # type: ignore[arg-type]  # results of actions
    return (await office.postbox.preview(given, delivery)).text


async def test_records_become_a_table_and_the_line_below_tells_the_truth(office: Office) -> None:
    assert await told(office, RAW, tickets(1, 2)) == (
        "**SLA digest**\n\n"
        "| Ticket | Subject |\n| --- | --- |\n| #1 | Case 1 |\n| #2 | Case 2 |\n\n"
        "Planned 09:00, ran 09:00 (Europe/Berlin); data as of 09:00."
    )


async def test_sources_that_failed_are_named_in_the_line(office: Office) -> None:
    text = await told(office, RAW, result(), failed(name="Jira", detail="timed out after 5 s"))

    assert "**Jira** did not succeed: timed out after 5 s." in text
    assert text.endswith("data as of 09:00; sources failed: Jira.")


async def test_a_late_run_is_told_with_its_day(office: Office) -> None:
    late = replace(fired(failed()), ran_at=NINE + timedelta(days=1, minutes=5))

    text = (await office.postbox.preview(late, RAW)).text

    assert text.endswith(
        "Planned Mon 23 Nov 09:00, ran Tue 24 Nov 09:05 (Europe/Berlin); no data; sources failed: SLA watch."
    )


async def test_what_nobody_planned_says_when_it_ran(office: Office) -> None:
    shown = await office.postbox.preview(replace(fired(), planned=None, zone="UTC"), RAW)

    assert shown.text.endswith("\n\nRan 08:00 (UTC); data as of 08:00.")


async def test_a_template_speaks_of_this_time_and_last_time(office: Office) -> None:
    delivery = Delivery((SLA,), Compose.TEMPLATE, "{{ planned }}: {{ data.open }} open, was {{ previous.data.open }}.")
    await office.fire(fired(result('{"open": 9}')), RAW)

    text = (await office.postbox.preview(fired(result('{"open": 12}'), week=1), delivery)).text

    assert text.splitlines()[0] == "09:00: 12 open, was 9."


async def test_a_template_that_does_not_fit_the_data_is_told_plainly(office: Office) -> None:
    text = await told(office, Delivery((SLA,), Compose.TEMPLATE, "a\n{{ data.missing.deeper }}"), result())

    assert text.startswith("**SLA digest**\n\n- **Breached**: 3")
    assert "(Told plainly: the template, line 2: " in text


async def test_a_digest_is_written_from_the_results_and_the_last_post(office: Office) -> None:
    await office.fire(fired(tickets(1, 2)), RAW)

    text = (await office.postbox.preview(fired(tickets(2, 3), week=1), DIGEST)).text

    context, results = office.model.composed[0]
    assert [turn.results[0].output for turn in context.turns] == [tickets(1, 2).output]
    assert "“SLA digest”" in context.text
    assert [one.output for one in results] == [tickets(2, 3).output]
    assert "SLA watch: [{" in text
    assert "**Since last time**\n\n- New: #3, Case 3\n- Gone: #1, Case 1" in text


async def test_a_first_digest_speaks_of_no_change_and_an_equal_one_says_so(office: Office) -> None:
    assert "Since last time" not in await told(office, DIGEST, tickets(1))
    await office.fire(fired(tickets(1)), RAW)
    assert "**Since last time**\n\nNothing changed." in await told(office, DIGEST, tickets(1))


async def test_without_a_writer_a_digest_is_told_plainly(office: Office) -> None:
    office.model.compose_fails = ModelUnavailable("the model did not answer")

    assert "(Told plainly: the model did not answer)" in await told(office, DIGEST, tickets(1))


async def test_a_digest_of_nothing_but_failures_asks_no_model(office: Office) -> None:
    assert "did not succeed" in await told(office, DIGEST, failed())
    assert office.model.composed == []


async def test_secrets_are_masked_and_long_posts_are_cut(office: Office) -> None:
    office.hiding = replace(office.hiding, words={"sk_live_1": "[secret]"})
    office.opened()

    text = await told(office, RAW, result("\n".join(["sk_live_1 " + "x" * 90] * 500)))

    assert "sk_live_1" not in text
    assert len(text) < 13_000
    assert "…(the rest is in the history)" in text


async def test_fields_that_belong_in_no_record_are_neither_posted_nor_kept(office: Office) -> None:
    await office.fire(fired(result('{"open": 3, "IBAN": "DE02 1203"}', action="payroll")), RAW)

    (post,) = await office.kept()
    assert "DE02" not in post.text
    assert "DE02" not in post.results[0].output


async def test_what_was_posted_can_hold_any_text(office: Office) -> None:
    strange = json.dumps({"name": "| a | b |\n`*_\x00{{ title }}"})

    assert "{{ title }}" in await told(office, RAW, result(strange))
