"""A turn as people in Slack see it: a sign at once, cards while actions run, one answer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.adapters.slack.desk import Desk
from bot.adapters.slack.past import NOTHING, Past
from bot.adapters.slack.places import Place
from bot.adapters.slack.questions import Question, Work, rendered, speaks
from bot.adapters.slack.rendering.cards.approval import confirm_post
from bot.adapters.slack.signs import SEEN, Show
from bot.adapters.slack.standing import card_settled
from bot.adapters.slack.streaming import removed
from bot.adapters.slack.wire import SlackRefused
from bot.domain.message import Reply
from bot.domain.person import Sender
from bot.domain.progress import Progress
from bot.domain.run import Document, File

log = logging.getLogger(__name__)


async def answer(desk: Desk, question: Question, work: Work) -> None:
    """Do ``work`` in sight of people and post its one reply; whatever happens, the signs of work are cleared.

    Neither the work nor the answer waits for a sign: where Slack is slow to take one, the answer is what counts.
    A question that was begun before may have its answer, or parts of it: what is there is not posted again.
    """
    past = await _swept(desk, question) if question.mark.again else NOTHING
    if question.mark.key in past:
        await _deliver(desk, question, await work(unwatched), past)
        return
    show = Show(desk, question)
    show.begin()
    try:
        reply = await work(show.watch)
        await _deliver(desk, question, reply, past, said=await show.said(reply))
    except BaseException:
        await show.dropped()
        raise
    finally:
        await show.end()


async def deliver(desk: Desk, question: Question, reply: Reply) -> None:
    """Post a reply, its files and the question it waits for. Where the thread is closed to us, the asker gets it."""
    await _deliver(desk, question, reply, await _past(desk, question, question.place))


async def unwatched(progress: Progress) -> None:
    """A watch where nobody looks on."""


async def _past(desk: Desk, question: Question, place: Place) -> Past:
    """What is there already of a question that was begun before; a place that is closed to us holds nothing."""
    if not question.mark.again:
        return NOTHING
    try:
        return await desk.outbox.past(place, question.mark.since if place == question.place else "")
    except SlackRefused as refused:
        log.warning("nothing can be looked up where an answer may be: %s", refused)
        return NOTHING


async def _swept(desk: Desk, question: Question) -> Past:
    """The past of a question whose process died, without the signs of work that this one left behind."""
    place, outbox = question.place, desk.outbox
    past = await _past(desk, question, place)
    if board := past.posts.get(question.mark.board):
        await outbox.delete(place, board)
    for ts in past.growing:
        if float(ts) < desk.began.timestamp():  # a younger one is being written now
            await removed(outbox, place, ts)
    await outbox.status(place, "")
    if question.message_ts:
        await outbox.react(place, question.message_ts, SEEN, on=False)
    return past


async def _deliver(desk: Desk, question: Question, reply: Reply, past: Past, *, said: bool = False) -> None:
    """``said``: people have the words already, and only what goes with them is missing."""
    try:
        await _posted(desk, question, question.place, reply, past, said=said)
    except SlackRefused as refused:
        if not refused.no_way_in or question.place.is_direct:
            raise
        log.warning("%s: answering in direct messages instead", refused)
        direct = await desk.outbox.direct(question.place.team, question.user)
        notice = "I could not answer in the channel, so here it is."
        await _posted(desk, question, direct, _noted(reply, notice), await _past(desk, question, direct))


async def _posted(
    desk: Desk, question: Question, place: Place, reply: Reply, past: Past, *, said: bool = False
) -> None:
    private, mark = question.private and not place.is_direct, question.mark
    viewer, to = (question.user, question.aside) if private else ("", place)
    post = await rendered(reply, private) if speaks(reply) and not said else None
    if post and mark.key not in past:
        await desk.outbox.post(to, replace(post, document=None), viewer, mark.key)
    whole = [post.document] if post and post.document else []
    documents = missing([*whole, *await documents_of(desk, question.asker, reply.files)], past.files_of(mark.key))
    if documents:
        at = await desk.outbox.direct(place.team, question.user) if private else place
        await desk.outbox.attach(at, documents)
    if reply.approval and mark.card not in past:
        specs = (await desk.conversations.overview(question.asker)).specs
        await desk.outbox.post(to, confirm_post(reply.approval, specs), viewer, mark.card)
    if reply.settled and not private:
        await card_settled(desk, place, reply.settled)


def missing(documents: Sequence[Document], there: Counter[str]) -> list[Document]:
    """Those that are not there yet; of two with one name the first is the one that is."""
    left: list[Document] = []
    for document in documents:
        if there[document.name]:
            there[document.name] -= 1
        else:
            left.append(document)
    return left


async def documents_of(desk: Desk, asker: Sender, files: tuple[File, ...]) -> list[Document]:
    """What runs for ``asker`` made, as far as it is still kept."""
    found = [await desk.conversations.document(file.run_id, file.place, asker) for file in files]
    return [document for document in found if document]


def _noted(reply: Reply, notice: str) -> Reply:
    return replace(reply, notices=(notice, *reply.notices))
