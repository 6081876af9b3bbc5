"""Takes over what came of a firing: decides what is posted where, and writes that down: ``ports.Outgoing``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from bot.domain.post import Address, Delivery, Fired, Post, Preview, Streak
from bot.domain.run import ActionResult, File
from bot.domain.turn import Remembered
from bot.ports import Clock, Dispatcher, PostStore
from bot.posting.comparing import fingerprint, is_due
from bot.posting.telling import Telling

Redacted = Callable[[ActionResult], Awaitable[ActionResult]]
"""Leaves out the fields that the action's author wants in no record (F130): a channel is one."""

_KEPT = 20_000
"""Characters of one output that are kept with a post, for questions about it and for the next comparison."""


class Postbox:
    """Whatever is handed over is on disk before the hand-over returns, and is posted once."""

    def __init__(
        self, posts: PostStore, telling: Telling, redacted: Redacted, dispatcher: Dispatcher, clock: Clock
    ) -> None:
        self._posts = posts
        self._telling = telling
        self._redacted = redacted
        self._dispatcher = dispatcher
        self._clock = clock

    async def hand_over(self, fired: Fired, delivery: Delivery) -> None:
        """Keep each post with its job and have it made. The same firing again posts nothing more."""
        streak = await self._posts.streak(fired.origin)
        if streak.latest != fired.key:
            await self._write(await self._without_hidden(fired), delivery, streak)
        for post in await self._posts.queued(fired.key):
            await self._dispatcher.dispatch(post.job)

    async def preview(self, fired: Fired, delivery: Delivery) -> Preview:
        """What this firing would come to. Nothing is kept or posted."""
        last, shown = await self._posts.last(fired.origin), await self._without_hidden(fired)
        return Preview(await self._telling.text(shown, delivery, last), is_due(shown, delivery, last))

    async def _without_hidden(self, fired: Fired) -> Fired:
        return replace(fired, results=tuple([await self._redacted(result) for result in fired.results]))

    async def _write(self, fired: Fired, delivery: Delivery, before: Streak) -> None:
        written = list(await self._results(fired, delivery))
        failed = not any(result.succeeded for result in fired.results)
        streak = before.after(fired.key, failed=failed)
        word = _word(fired, delivery, before, streak)
        if word and delivery.owner:
            written.append(self._to_owner(fired, delivery.owner, word))
            streak = replace(streak, told=failed)
        await self._posts.keep(written, streak)

    async def _results(self, fired: Fired, delivery: Delivery) -> Sequence[Post]:
        last = await self._posts.last(fired.origin)
        if not delivery.targets or not is_due(fired, delivery, last):
            return []
        text = await self._telling.text(fired, delivery, last)
        places = enumerate(dict.fromkeys(delivery.targets))
        return [self._post(fired, delivery, text, *place) for place in places]

    def _post(self, fired: Fired, delivery: Delivery, text: str, number: int, address: Address) -> Post:
        return Post(
            key=f"post/{fired.key}/{number}",
            firing=fired.key,
            origin=fired.origin,
            title=fired.title,
            address=address,
            text=text,
            at=self._clock(),
            results=tuple(map(_remembered, fired.results)),
            files=tuple(file for result in fired.results for file in _files(result)),
            owner=delivery.owner,
            fingerprint=fingerprint(fired.results),
        )

    def _to_owner(self, fired: Fired, owner: Address, word: str) -> Post:
        return Post(f"post/{fired.key}/owner", fired.key, fired.origin, fired.title, owner, word, self._clock())


def _word(fired: Fired, delivery: Delivery, before: Streak, streak: Streak) -> str:
    """What the owner is told: once in a streak that it lasts, and once that it is over."""
    if streak.failures and streak.failures >= delivery.alert_after and not before.told:
        reasons = dict.fromkeys(f"{result.name}: {result.detail or result.label}" for result in fired.results)
        times = "time" if streak.failures == 1 else "times in a row"
        return f"**{fired.title}** failed {streak.failures} {times}. Last reason: {'; '.join(reasons) or 'not known'}."
    if not streak.failures and before.told:
        return f"**{fired.title}** works again, after {before.failures} failures in a row."
    return ""


def _remembered(result: ActionResult) -> Remembered:
    return Remembered(result.action, result.name, {}, result.label, result.output[:_KEPT])


def _files(result: ActionResult) -> Iterator[File]:
    for place, one in enumerate(result.documents):
        yield File(result.call_id, place, one.name, one.media_type, len(one.data))
