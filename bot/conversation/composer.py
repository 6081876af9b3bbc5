"""Makes ONE reply of everything a turn came to: answer first, then what was used, asked or left undone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.conversation.grounding import normal
from bot.conversation.live import TurnStopped
from bot.conversation.record import TurnSoFar
from bot.conversation.results import used
from bot.conversation.sources import sources_of
from bot.domain.action import ActionSpec, Parameter
from bot.domain.approval import Approval
from bot.domain.message import Reply, Source, Used
from bot.domain.plan import OpenCall
from bot.domain.progress import TextPiece
from bot.domain.run import ActionResult, File, Outcome
from bot.domain.turn import Context
from bot.ports import Composition, LanguageModel, Watch

_LONG = 64 * 1024
"""Characters of an output from which on it takes more than a millisecond to find its pages."""


@dataclass(frozen=True, slots=True)
class Material:
    """All that a reply is made of."""

    turn: TurnSoFar
    context: Context
    actions: Mapping[str, ActionSpec]


class Composer:
    """Writes the reply; the model words the answer, the rest is said by rule so that nothing is left out."""

    def __init__(self, model: LanguageModel, notices: Sequence[str] = ()) -> None:
        self._model = model
        self._notices = tuple(notices)

    async def compose(self, material: Material, watch: Watch) -> Reply:
        """Raises ModelError when no one could write."""
        turn = material.turn
        question = ask_for(turn.plan.open_calls, material.actions)
        written = await self._answer(material, question, watch)
        text = turn.masker.mask(written.text).strip()
        return Reply(
            turn_id=turn.id,
            conversation=turn.message.conversation,
            text="\n\n".join(filter(None, (text, *unsaid(text, turn.results), turn.plan.answer))),
            used=await _used(turn),
            mode=written.mode,
            notices=_distinct((*turn.plan.notices, *written.notices, *self._notices)),
            approval=turn.approval,
            question=question,
            files=tuple(file for result in turn.results for file in _files(result)),
        )

    async def _answer(self, material: Material, question: str, watch: Watch) -> Composition:
        """No model is needed where nothing ran and there is something to ask or to tell."""
        turn = material.turn
        if not turn.results and (turn.approval or question or turn.plan.answer):
            return Composition(_ready(turn.approval), turn.plan.mode)
        return await self._written(material, watch)

    async def _written(self, material: Material, watch: Watch) -> Composition:
        turn = material.turn
        stream, said = turn.masker.stream(), list[str]()

        async def tell(shown: str) -> None:
            if shown:
                said.append(shown)
                await watch(TextPiece(shown))

        async def emit(piece: str) -> None:
            await tell(stream.feed(piece))

        names = [spec.name for spec in material.actions.values()]
        try:
            async with turn.live.thinking():
                written = await self._model.compose(material.context, turn.results, names, emit)
        except TurnStopped as stopped:
            await tell(stream.finish())
            return _cut_short("".join(said), turn.plan.mode, stopped.by)
        await tell(stream.finish())
        return written


def _cut_short(said: str, mode: str, by: str) -> Composition:
    """Of an answer that its asker did not want to wait for: as much as was said."""
    text = f"{said.rstrip()} …" if said.strip() else "The answer was not written."
    return Composition(text, mode, (f"Stopped by {by}.",))


async def _used(turn: TurnSoFar) -> tuple[Used, ...]:
    specs = {call.id: call.spec for call in turn.plan.calls}
    return tuple([used(result, await _sources(result, specs.get(result.call_id))) for result in turn.results])


async def _sources(result: ActionResult, spec: ActionSpec | None) -> tuple[Source, ...]:
    if spec is None or spec.source_fields is None:
        return ()
    if len(result.output) <= _LONG:
        return sources_of(result, spec)
    return await asyncio.to_thread(sources_of, result, spec)


def _files(result: ActionResult) -> Iterator[File]:
    for place, one in enumerate(result.documents):
        yield File(result.call_id, place, one.name, one.media_type, len(one.data))


def ask_for(calls: Sequence[OpenCall], actions: Mapping[str, ActionSpec]) -> str:
    """ONE short question for everything that is missing (Q3); empty when nothing is."""
    specs = [actions[call.action] for call in calls]
    wanted = dict.fromkeys(
        _phrase(spec.parameter(name), name) for call, spec in zip(calls, specs, strict=True) for name in call.missing
    )
    purpose = " and ".join(dict.fromkeys(spec.name for spec in specs))
    if not wanted:
        return ""
    if len(wanted) == 1:
        return f"What is {next(iter(wanted))}? I need it for {purpose}."
    return f"Please tell me {', '.join(list(wanted)[:-1])} and {list(wanted)[-1]}. I need them for {purpose}."


def unsaid(text: str, results: Sequence[ActionResult]) -> list[str]:
    """A plain line for each failure that the answer does not speak of."""
    said = normal(text)
    untold = [result for result in results if not result.succeeded and normal(result.name) not in said]
    doubtful = [
        result for result in results if result.outcome is Outcome.UNKNOWN
    ]  # told in our words, whatever is said
    return [failure(result) for result in dict.fromkeys((*untold, *doubtful))]


_VERBS = {
    Outcome.HELD_BACK: "was not run", Outcome.DENIED: "was not run", Outcome.STOPPED: "did not finish",
    Outcome.UNKNOWN: "may or may not have been done",
}  # fmt: skip


def failure(result: ActionResult) -> str:
    """One sentence on a call that did not succeed."""
    verb = _VERBS.get(result.outcome, "did not succeed")
    return f"**{result.name}** {verb}: {result.detail or result.label.replace('_', ' ')}."


def _ready(approval: Approval | None) -> str:
    if approval is None:
        return ""
    names = " and ".join(dict.fromkeys(item.name for item in approval.items))
    return f"I have not run {names} yet. Please confirm first."


def _phrase(parameter: Parameter | None, name: str) -> str:
    plain = f"the {name.replace('_', ' ').strip()}"
    description = parameter.description.strip().rstrip(".") if parameter else ""
    if not description or normal(description) in (normal(plain), normal(plain)[4:]):
        return plain
    return f"{plain} ({description[0].lower()}{description[1:]})"


def _distinct(notices: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, notices)))
