"""Makes the posts that are written down: the handler of ``post.deliver``. The work behind them is never done again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.domain.message import Platform
from bot.domain.post import Post, PostState
from bot.domain.run import Document
from bot.domain.work import Job
from bot.errors import PostRefused, PostUnreachable, TryLater
from bot.ports import Clock, Dispatcher, Poster, Posting, PostStore, RunStore, TurnStore
from bot.posting.telling import as_turn

log = logging.getLogger(__name__)

NEWS = timedelta(hours=12)
"""After this long a post that could not be made is given up: nobody takes yesterday's figures for today's."""
_PAUSE_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 900.0


class Delivering:
    """Posts once, however often it is begun: what may be there already is looked for by its key."""

    def __init__(
        self,
        posts: PostStore,
        posters: Mapping[Platform, Poster],
        runs: RunStore,
        turns: TurnStore,
        dispatcher: Dispatcher,
        clock: Clock,
    ) -> None:
        self._posts = posts
        self._posters = posters
        self._runs = runs
        self._turns = turns
        self._dispatcher = dispatcher
        self._clock = clock

    async def deliver(self, job: Job) -> None:
        """Make one post, or record why it never will be made. Raises TryLater, StorageError."""
        post = await self._posts.get(str(job.payload["post"]))
        if post is None or post.state is not PostState.QUEUED:
            await self._tell_owner(await self._posts.get(_word_key(str(job.payload["post"]))))
            return
        try:
            link = await self._made(post, again=job.tries > 0)
        except PostRefused as refusal:
            await self._lost(replace(post, state=PostState.REFUSED, why=str(refusal)))
        except PostUnreachable as silence:
            await self._put_off(replace(post, tries=post.tries + 1, why=str(silence)))
        else:
            await self._posts.settle(replace(post, state=PostState.SENT, link=link, why=""))

    async def given_up(self, job: Job) -> None:
        """It failed too often for reasons of our own."""
        post = await self._posts.get(str(job.payload["post"]))
        if post and post.state is PostState.QUEUED:
            why = "it failed again and again; the service's log has the reason"
            await self._lost(replace(post, state=PostState.GIVEN_UP, why=why))

    async def _made(self, post: Post, *, again: bool) -> str:
        poster = self._posters.get(post.address.platform)
        if poster is None:
            name = post.address.platform.value.capitalize()
            raise PostRefused(f"{name} is not set up for this service. Set it up, or choose another place.")
        posted = await poster.post(Posting(post.key, post.address, post.text, await self._documents(post), again))
        if post.results:
            await self._turns.finish(as_turn(post, str(posted.conversation)))
        return posted.link

    async def _documents(self, post: Post) -> tuple[Document, ...]:
        """Its files, as far as they are still kept."""
        found = [await self._runs.document(file.run_id, file.place) for file in post.files]
        return tuple(document for document in found if document)

    async def _put_off(self, post: Post) -> None:
        if self._clock() - post.at > NEWS:
            why = f"its news would be old now; until then: {post.why}"
            await self._lost(replace(post, state=PostState.GIVEN_UP, why=why))
            return
        await self._posts.settle(post)
        raise TryLater(post.why, min(_PAUSE_SECONDS * 2 ** min(post.tries - 1, 10), _LONGEST_PAUSE_SECONDS))

    async def _lost(self, post: Post) -> None:
        """Record it and tell the owner; a word to the owner that is lost itself is only logged."""
        log.warning("post %s to %s was not made: %s", post.key, post.address.platform.value, post.why)
        word = None
        if post.owner:
            why = "was refused" if post.state is PostState.REFUSED else "was given up"
            text = f"**{post.title}**: its post to {_place(post)} {why}: {post.why}"
            word = Post(_word_key(post.key), post.firing, post.origin, post.title, post.owner, text, self._clock())
        await self._posts.settle(post, word)
        await self._tell_owner(word)

    async def _tell_owner(self, word: Post | None) -> None:
        """Also what was written by a process that did not live to dispatch it."""
        if word and word.state is PostState.QUEUED:
            await self._dispatcher.dispatch(word.job)


def _word_key(key: str) -> str:
    return f"{key}/owner"


def _place(post: Post) -> str:
    address = post.address
    return f"{address.platform.value.capitalize()} {'person' if address.person else 'channel'} {address.channel}"
