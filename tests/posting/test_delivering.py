"""A post is made once however its process and its platform fare; what became of it is kept apart from the run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.conversation.context import ContextBuilder
from bot.domain.message import ConversationId, Platform
from bot.domain.post import Address
from bot.errors import PostRefused, PostUnreachable
from bot.ports import Posting
from tests.fakes import message
from tests.posting.conftest import Office
from tests.posting.samples import DELIVERY, OWNER, SLA, fired

TO_SLACK = replace(DELIVERY, targets=(SLA,))


async def test_a_platform_that_does_not_answer_is_asked_again_and_the_work_is_not_redone(office: Office) -> None:
    office.slack.fails = [PostUnreachable("Slack did not answer")] * 3
    await office.fire(fired(), TO_SLACK)
    assert [(post.state, post.tries, post.why) for post in await office.kept()] == [
        ("queued", 1, "Slack did not answer")
    ]

    for _ in range(3):
        await office.deliver()

    assert office.put_off == [15, 30, 60]
    assert [posting.again for posting in office.slack.asked] == [False, True, True, True]
    assert len({posting.text for posting in office.slack.asked}) == 1
    assert [(post.state, post.tries, post.why) for post in await office.kept()] == [("sent", 3, "")]


async def test_a_post_that_was_made_by_a_process_that_died_then_is_looked_for(office: Office) -> None:
    await office.postbox.hand_over(fired(), TO_SLACK)
    (job,) = await office.storage.inbox.unfinished()
    begun = await office.storage.inbox.begin(job.key)
    assert begun
    await office.slack.post(Posting(job.key, SLA, "made by the one that died"))

    office.opened()
    await office.deliver()

    assert [posting.again for posting in office.slack.asked] == [False, True]
    assert len(office.slack.taken) == 1


async def test_a_refusal_is_kept_and_told_to_the_owner_and_the_other_target_has_its_post(office: Office) -> None:
    office.slack.fails = [PostRefused("The channel is archived. Choose another one.")]
    await office.fire(fired())

    assert sorted(post.state for post in await office.kept()) == ["refused", "sent", "sent"]
    assert len(office.discord.taken) == 1
    assert [(posting.address, posting.text) for posting in office.slack.taken.values()] == [
        (
            OWNER,
            "**SLA digest**: its post to Slack channel T1/C-SLA was refused: "
            "The channel is archived. Choose another one.",
        )
    ]


async def test_a_word_to_an_owner_who_cannot_be_reached_makes_no_further_word(office: Office) -> None:
    office.slack.fails = [PostRefused("gone"), PostRefused("gone too")]
    await office.fire(fired(), TO_SLACK)

    assert [post.state for post in await office.kept()] == ["refused", "refused"]
    assert list(await office.storage.inbox.unfinished()) == []


async def test_old_news_is_given_up(office: Office) -> None:
    office.slack.fails = [PostUnreachable("Slack did not answer")] * 2
    await office.fire(fired(), TO_SLACK)
    office.now += timedelta(hours=13)
    await office.deliver()

    lost, word = sorted(await office.kept(), key=lambda post: post.key)
    assert (lost.state, lost.why) == ("given_up", "its news would be old now; until then: Slack did not answer")
    assert (word.state, word.text) == (
        "sent",
        f"**SLA digest**: its post to Slack channel T1/C-SLA was given up: {lost.why}",
    )


async def test_what_fails_for_our_own_reasons_is_given_up_in_the_end_and_told(office: Office) -> None:
    await office.postbox.hand_over(fired(), TO_SLACK)
    (job,) = await office.storage.inbox.unfinished()

    await office.delivering.given_up(job)
    await office.storage.inbox.settle(job.key, office.now, "broken")
    await office.deliver()

    lost, word = sorted(await office.kept(), key=lambda post: post.key)
    assert (lost.state, word.state) == ("given_up", "sent")
    assert "log has the reason" in word.text


async def test_a_platform_that_is_not_set_up_says_so(office: Office) -> None:
    await office.fire(fired(), replace(DELIVERY, targets=(Address(Platform.WEB, "x"),), owner=None))

    (post,) = await office.kept()
    assert (post.state, post.why) == (
        "refused",
        "Web is not set up for this service. Set it up, or choose another place.",
    )


async def test_a_question_below_a_post_is_answered_with_its_data_in_context(office: Office) -> None:
    await office.fire(fired(), TO_SLACK)
    below = ConversationId(Platform.SLACK, "T1/C-SLA", "0")

    context = await ContextBuilder(office.storage.turns).of(message("which ones?", conversation=below))

    (turn,) = context.turns
    assert turn.reply.startswith("**SLA digest**")
    assert [one.output for one in turn.results] == ['{"breached": 3, "open": 12}']
    assert turn.speaker == "SLA digest"


async def test_a_word_that_no_one_was_told_to_make_is_made_after_all(office: Office) -> None:
    """The process died between writing that the post is refused and telling of the word to the owner."""
    office.slack.fails = [PostRefused("gone")]
    await office.postbox.hand_over(fired(), TO_SLACK)
    (job,) = await office.storage.inbox.unfinished()
    await office.attempt(job)
    office.jobs.waiting.clear()

    await office.delivering.deliver(job)

    assert [waiting.key for waiting in office.jobs.waiting] == [f"{job.key}/owner"]
