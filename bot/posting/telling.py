"""Words a post: the results in the author's style, what changed, and the honest line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.domain.post import Compose, Delivery, Fired, Post
from bot.domain.readable import readable
from bot.domain.run import ActionResult
from bot.domain.turn import Context, Turn, TurnState
from bot.errors import ModelError
from bot.ports import LanguageModel, Masking
from bot.posting.comparing import changes, read
from bot.posting.line import honest_line
from bot.posting.template import TemplateFails, filled

LONGEST = 12_000
"""Characters of one post."""
_WISH = (
    "Write the scheduled post “{title}” for the people of a channel: the most important first, then the figures. "
    "Give no heading and no greeting. The change since the last post is listed below your text: "
    "weigh it, but do not list it again."
)


class Telling:
    """Writes posts. What it cannot write in the author's style it tells plainly, and says so."""

    def __init__(self, model: LanguageModel, masking: Masking) -> None:
        self._model = model
        self._masking = masking

    async def text(self, fired: Fired, delivery: Delivery, last: Post | None) -> str:
        """The post, masked. ``last`` is what was posted before."""
        try:
            body = await self._body(fired, delivery, last)
        except (TemplateFails, ModelError) as error:
            body = f"{_plain(fired)}\n\n(Told plainly: {error})"
        masker = await self._masking.current()
        return masker.mask(f"{_cut(body.strip())}\n\n{honest_line(fired)}")

    async def _body(self, fired: Fired, delivery: Delivery, last: Post | None) -> str:
        if not any(result.succeeded for result in fired.results):
            return _plain(fired)
        if delivery.compose is Compose.TEMPLATE:
            return await asyncio.to_thread(filled, delivery.template, _values(fired, last))
        if delivery.compose is Compose.DIGEST:
            return await self._digest(fired, last)
        return _plain(fired)

    async def _digest(self, fired: Fired, last: Post | None) -> str:
        context = Context(
            conversation=fired.key,
            text=_WISH.format(title=fired.title),
            speaker=fired.title,
            speaker_email="",
            now=fired.ran_at.astimezone(ZoneInfo(fired.zone)),
            turns=(as_turn(last),) if last else (),
        )
        written = await self._model.compose(context, fired.results, (), _unheard)
        different = changes(fired.results, last.results) if last else []
        listed = "\n".join(f"- {line}" for line in different) or "Nothing changed."
        parts = [_heading(fired), written.text, f"**Since last time**\n\n{listed}" if last else ""]
        return "\n\n".join(filter(None, [*parts, *_failures(fired.results)]))


def as_turn(post: Post, conversation: str = "") -> Turn:
    """A post as a conversation remembers it, so that questions below it are answered from its data."""
    return Turn(
        id=post.key,
        message_id=post.key,
        conversation=conversation or post.origin,
        speaker=post.title,
        speaker_id=post.origin,
        text=f"(Posted without being asked: {post.title})",
        started_at=post.at,
        state=TurnState.DONE,
        reply=post.text,
        results=post.results,
        seconds=0.0,
    )


async def _unheard(_: str) -> None:
    """Nobody watches a post being written."""


def _heading(fired: Fired) -> str:
    return f"**{fired.title}**"


def _plain(fired: Fired) -> str:
    """The outputs as they are, each under its action's name where there are several."""
    told = [result for result in fired.results if result.succeeded]
    parts = [_told(result, named=len(told) > 1) for result in told]
    return "\n\n".join([_heading(fired), *parts, *_failures(fired.results)])


def _told(result: ActionResult, *, named: bool) -> str:
    output = readable(result.output).strip() or "It ran and returned nothing."
    return f"**{result.name}**\n\n{output}" if named else output


def _failures(results: Sequence[ActionResult]) -> list[str]:
    return [
        f"**{result.name}** did not succeed: {result.detail or result.label.replace('_', ' ')}."
        for result in results
        if not result.succeeded
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit("\n", 1)[0] + "\n\n…(the rest is in the history)"


def _values(fired: Fired, last: Post | None) -> dict[str, object]:
    """What a template may speak of: ``template.NAMES``."""
    zone = ZoneInfo(fired.zone)
    ran = fired.ran_at.astimezone(zone)
    told = [result for result in fired.results if result.succeeded]
    return {
        "title": fired.title,
        "date": ran.date().isoformat(),
        "planned": f"{(fired.planned or ran).astimezone(zone):%H:%M}",
        "ran": f"{ran:%H:%M}",
        "zone": fired.zone,
        "results": [_as_value(result) for result in fired.results],
        "output": told[0].output.strip(),
        "data": read(told[0].output),
        "previous": _as_before(last),
        "changes": changes(fired.results, last.results) if last else [],
        "failed": [result.name for result in fired.results if not result.succeeded],
    }


def _as_value(result: ActionResult) -> dict[str, object]:
    return {
        "action": result.action,
        "name": result.name,
        "outcome": result.label,
        "succeeded": result.succeeded,
        "detail": result.detail,
        "output": result.output.strip(),
        "data": read(result.output),
    }


def _as_before(last: Post | None) -> dict[str, object] | None:
    if last is None or not last.results:
        return None
    return {"output": last.results[0].output.strip(), "data": read(last.results[0].output)}
