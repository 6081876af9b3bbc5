"""What is posted, where, when it is, and who hears of failures: over a real store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.post import Delivery, PostWhen
from bot.errors import PostRefused
from tests.posting.conftest import Office
from tests.posting.samples import CHART, DELIVERY, LEADERS, OWNER, SLA, failed, fired, result
from tests.storage.samples import run


async def test_a_result_is_posted_once_to_each_target(office: Office) -> None:
    doubled = replace(DELIVERY, targets=(SLA, LEADERS, SLA))
    for _ in range(3):
        await office.fire(fired(), doubled)

    assert [posting.address for posting in office.slack.taken.values()] == [SLA]
    assert [posting.address for posting in office.discord.taken.values()] == [LEADERS]
    assert [posting.key for posting in office.slack.asked] == ["post/schedule/s1/2026-11-23T08:00Z/0"]
    assert [(post.state, post.link) for post in await office.kept()] == [("sent", "https://example.com/0")] * 2


async def test_what_is_handed_over_is_written_down_before_any_platform_is_asked(office: Office) -> None:
    await office.postbox.hand_over(fired(), DELIVERY)

    assert office.slack.asked == []
    assert [job.kind for job in await office.storage.inbox.unfinished()] == ["post.deliver"] * 2
    assert [job.key for job in office.jobs.waiting] == [post.key for post in await office.kept()]


async def test_a_firing_that_was_cut_off_before_its_jobs_were_told_is_told_of_again(office: Office) -> None:
    await office.postbox.hand_over(fired(), DELIVERY)
    office.jobs.waiting.clear()
    office.opened()

    await office.postbox.hand_over(fired(), DELIVERY)

    assert [job.key for job in office.jobs.waiting] == [post.key for post in await office.kept()]
    assert len(office.jobs.waiting) == 2


async def test_without_targets_nothing_is_posted(office: Office) -> None:
    await office.fire(fired(), Delivery())

    assert await office.kept() == []


async def test_only_a_change_is_posted_where_that_is_wished(office: Office) -> None:
    delivery = replace(DELIVERY, post=PostWhen.CHANGED, targets=(SLA,))
    outputs = ['{"open": 3, "late": 1}', '{"late": 1, "open": 3}', '{"open": 4, "late": 1}', '{"open": 3, "late": 1}']
    for week, output in enumerate(outputs):
        await office.fire(fired(result(output), week=week), delivery)

    assert [key[-19:] for key in office.slack.taken] == [
        "2026-11-23T08:00Z/0", "2026-12-07T08:00Z/0", "2026-12-14T08:00Z/0",
    ]  # fmt: skip


async def test_a_change_is_one_from_what_was_posted_not_from_what_was_found(office: Office) -> None:
    delivery = replace(DELIVERY, post=PostWhen.CHANGED, targets=(SLA,))
    await office.fire(fired(result("one")), delivery)
    office.slack.fails = [PostRefused("gone")]
    await office.fire(fired(result("two"), week=1), replace(delivery, owner=None))
    await office.fire(fired(result("two"), week=2), delivery)

    assert [text.splitlines()[2] for text in office.slack.texts()] == ["one", "two"]


async def test_the_owner_is_told_once_in_a_streak_of_failures_and_once_when_it_is_over(office: Office) -> None:
    delivery = replace(DELIVERY, targets=())
    for week, one in enumerate([failed(), failed(), failed(), failed(), result(), result(), failed()]):
        await office.fire(fired(one, week=week), delivery)

    assert office.slack.texts() == [
        "**SLA digest** failed 2 times in a row. Last reason: SLA watch: Zendesk did not answer.",
        "**SLA digest** works again, after 4 failures in a row.",
    ]
    assert {posting.address for posting in office.slack.taken.values()} == {OWNER}


async def test_a_failure_is_posted_whatever_else_is_wished(office: Office) -> None:
    for week, when in enumerate(PostWhen):
        await office.fire(fired(failed(), week=week), replace(DELIVERY, post=when, targets=(LEADERS,)))

    assert len(office.discord.texts()) == 3
    assert all("**SLA watch** did not succeed: Zendesk did not answer." in text for text in office.discord.texts())


async def test_charts_are_posted_with_the_text(office: Office) -> None:
    one = result(documents=(CHART,))
    await office.storage.runs.started(run(id="r1"))
    await office.storage.runs.finished(run(id="r1"), [CHART])

    await office.fire(fired(one))

    assert [posting.files for posting in office.slack.taken.values()] == [(CHART,)]


async def test_a_preview_is_seen_by_nobody_else(office: Office) -> None:
    await office.fire(fired(), DELIVERY)
    office.slack.taken.clear()

    shown = await office.postbox.preview(fired(week=1), replace(DELIVERY, post=PostWhen.CHANGED))

    assert not shown.posted
    assert shown.text.startswith("**SLA digest**\n\n- **Breached**: 3")
    assert len(await office.kept()) == 2
    assert office.slack.taken == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_two_schedules_do_not_know_of_each_other(office: Office, order: tuple[int, int]) -> None:
    delivery = replace(DELIVERY, post=PostWhen.CHANGED, targets=(SLA,))
    both = [fired(), replace(fired(), origin="schedule/s2", key="schedule/s2/x")]
    for number in order:
        await office.fire(both[number], delivery)

    assert len(office.slack.taken) == 2
