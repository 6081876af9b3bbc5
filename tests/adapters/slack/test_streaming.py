"""Answers that grow in sight: the real client over a real socket; one message, whatever becomes of the stream."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from bot.adapters.slack.desk import Rules, Streaming
from bot.adapters.slack.places import Place, sender_id
from bot.adapters.slack.questions import Question
from bot.adapters.slack.streaming import Streams
from bot.adapters.slack.turns import answer
from bot.domain.action import Effect, SourceFields
from bot.domain.message import Reply, Used
from bot.domain.person import Sender
from bot.domain.progress import Planned, RunEnded, RunStarted, TextPiece
from bot.domain.run import Outcome
from bot.domain.turn import Turn
from bot.ports import Watch
from tests.adapters.slack.desks import answering
from tests.adapters.slack.hostile import HOSTILE, PINGS
from tests.conversation.world import World
from tests.fakes import ActionFails, action, calls
from tests.simulators.slack import Message, SlackSimulator
from tests.simulators.slack.faults import HTML, LOST, RESET, Fault, broken, refusal, too_many

STREAMING = Rules(streaming=Streaming.ALL, patience=0.0)

LOOKUP = action("order-lookup")
PLAN = calls(("order-lookup", {}))
USED = Used("r1", "order-lookup", "Order lookup", Outcome.SUCCESS, "success", 0.4)
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"


@dataclass
class Writer:
    """The work of a turn that looks something up and writes in pieces, waiting until Slack was told each block."""

    slack: SlackSimulator
    pieces: Sequence[str]
    text: str | None = None
    """What it says in the end that it wrote."""
    fault: tuple[str, Fault] | None = None
    """What comes up as soon as there is a message."""
    waits: bool = True
    seen: list[str] = field(default_factory=list)
    """What the message said after each piece."""

    async def answers(self) -> Message:
        """The one message of the bot."""
        alex = self.slack.workspace.person("alex")
        async with answering(self.slack, World(LOOKUP), STREAMING) as desk:
            said = await alex.says("#support", "hello")
            place = Place(self.slack.workspace.team, said.channel, said.ts)
            asker = Sender(sender_id(place.team, alex.user.id), "Alex")
            await answer(desk, Question(place, asker, said.ts), partial(self._work, place))
            (found,) = await answers(self.slack)
        return found

    async def _work(self, place: Place, watch: Watch) -> Reply:
        await watch(Planned(("Order lookup",)))
        await watch(RunStarted("r1", "Order lookup"))
        await self.slack.until(self.slack.workspace.from_bot)
        if self.fault:
            self.slack.faults.next(*self.fault)
        await watch(RunEnded(USED))
        for piece in self.pieces:
            await self._write(piece, watch)
        text = "".join(self.pieces).strip() if self.text is None else self.text
        return Reply("t1", place.conversation, text, used=(USED,))

    async def _write(self, piece: str, watch: Watch) -> None:
        before = self._told()
        await watch(TextPiece(piece))
        if self.waits and re.search(r"\n\n\S", piece):
            await self.slack.until(lambda: self._told() > before)
        self.seen += [found.stream.text for found in self.slack.workspace.from_bot() if found.stream]

    def _told(self) -> int:
        chunks = [chunk for call in self.slack.called(APPEND) for chunk in call.arguments["chunks"]]
        return len([chunk for chunk in chunks if chunk["type"] == "markdown_text"])


@pytest.fixture
def world() -> World:
    return World(LOOKUP, plans=(PLAN, PLAN))


async def asked(slack: SlackSimulator, text: str = "where is my order?") -> None:
    await slack.workspace.person("alex").says("#support", f"{slack.workspace.mention} {text}")


async def answers(slack: SlackSimulator, count: int = 1) -> list[Message]:
    """All messages of the bot, once so many are final and nothing is under way."""

    def final(message: Message) -> bool:
        return any(block.get("type") == "context_actions" for block in message.blocks)

    await slack.until(lambda: len([m for m in slack.workspace.from_bot() if final(m)]) >= count)
    await slack.workspace.settled()
    return slack.workspace.from_bot()


def once_open(slack: SlackSimulator, world: World, *faults: tuple[str, Fault], seconds: float = 0) -> None:
    """The action goes on until there is a message that grows, then meets the faults, then takes so long."""

    async def work(*_: object) -> str:
        await slack.until(lambda: any(m.stream for m in slack.workspace.from_bot()))
        for method, fault in faults:
            slack.faults.next(method, fault)
        slack.clock.advance(seconds)
        return "shipped"

    world.executor.behaviours["order-lookup"] = work


@pytest.mark.parametrize("where", ["#support", "dm"])
async def test_the_message_that_grows_is_the_answer(slack: SlackSimulator, world: World, where: str) -> None:
    alex = slack.workspace.person("alex")
    once_open(slack, world)
    async with answering(slack, world, STREAMING):
        at = alex.dm if where == "dm" else where
        question = await alex.says(at, f"{slack.workspace.mention} where is my order?")
        (found,) = await answers(slack)

    assert found.stream
    assert (found.stream.state, found.stream.display, found.thread_ts) == ("done", "plan", question.ts)
    assert [task["status"] for task in found.stream.tasks.values()] == ["complete"]
    assert found.stream.text == "Order lookup: shipped\n\n"
    assert "Order lookup ✓" in alex.sees(at)
    assert [len(slack.called(method)) for method in (START, STOP, "chat.postMessage", "chat.update")] == [1, 1, 0, 0]
    (start,) = slack.called(START)
    assert ("recipient_user_id" in start.arguments) is (where != "dm")
    assert slack.called("assistant.threads.setStatus")[-1].arguments["status"] == ""


async def test_an_answer_that_grew_links_the_pages_that_it_rests_on(slack: SlackSimulator) -> None:
    world = World(replace(LOOKUP, source_fields=SourceFields("page")), plans=(PLAN,))

    async def work(*_: object) -> str:
        await slack.until(lambda: any(m.stream for m in slack.workspace.from_bot()))
        return '{"page": "https://shop.example/1"}'

    world.executor.behaviours["order-lookup"] = work
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    assert found.stream
    assert "Sources: <https://shop.example/1|shop.example>" in str(found.blocks)


async def test_three_actions_side_by_side_are_one_message(slack: SlackSimulator) -> None:
    names = ("order-lookup", "refund-status", "stock")
    world = World(*map(action, names), plans=(calls(*((name, {}) for name in names)),))
    together = asyncio.Barrier(3)

    async def work(*_: object) -> str:
        await together.wait()
        await slack.until(lambda: any(m.stream for m in slack.workspace.from_bot()))
        return "fine"

    async def fails(*_: object) -> str:
        await work()
        raise ActionFails("the shop is closed")

    world.executor.behaviours |= dict.fromkeys(names, work) | {"stock": fails}
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    assert found.stream
    assert [task["status"] for task in found.stream.tasks.values()] == ["complete", "complete", "error"]
    assert len(slack.called(START)) == 1
    assert "the shop is closed" in slack.workspace.person("alex").sees("#support")


async def test_whole_blocks_of_the_text_show_as_it_is_written(slack: SlackSimulator) -> None:
    pieces = ("Your order\n\nis **on", " its** way <!chan", "nel> [bank.exa", "mple](https://ev", "il.example)\n\nBye")
    writer = Writer(slack, pieces)
    found = await writer.answers()

    assert found.stream
    assert writer.seen[:4] == ["Your order\n\n"] * 4
    assert writer.seen[4].startswith("Your order\n\nis **on its** way")
    assert "https://evil.example" in writer.seen[4]
    assert found.stream.text == f"{writer.seen[4]}Bye\n\n"


async def test_appends_are_a_second_apart_and_lose_nothing(slack: SlackSimulator) -> None:
    found = await Writer(slack, [f"Line {number}.\n\n" for number in range(200)]).answers()

    times = [call.at for call in slack.called(APPEND)]
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))
    assert found.stream
    assert re.findall(r"\d+", found.stream.text) == [str(number) for number in range(200)]


@pytest.mark.parametrize("text", ["Something else.", "Your or", "Your orders are lost."])
async def test_an_answer_that_came_out_otherwise_takes_the_place(slack: SlackSimulator, text: str) -> None:
    writer = Writer(slack, ("Your order\n\nis on", " its way"), text)
    found = await writer.answers()

    assert writer.seen[-1] == "Your order\n\n"
    seen = slack.workspace.person("alex").sees("#support")
    assert text in seen
    assert "Your order\n" not in seen
    assert found.stream is None
    assert len(slack.called("chat.update")) == 1
    assert not slack.called("chat.postMessage")


async def test_a_text_that_never_showed_may_come_out_otherwise(slack: SlackSimulator) -> None:
    found = await Writer(slack, ("Your order is on its way",), "It is lost.").answers()

    assert found.stream
    assert found.stream.text == "It is lost.\n\n"


async def test_what_is_added_to_the_text_is_streamed_too(slack: SlackSimulator) -> None:
    found = await Writer(slack, ("It did\n\nnot work. \n",), "It did\n\nnot work.\n\n**Stock** was not run.").answers()

    assert found.stream
    assert found.stream.text == "It did\n\nnot work.\n\n**Stock** was not run.\n\n"


async def test_a_long_answer_is_posted_with_its_file(slack: SlackSimulator) -> None:
    text = "\n\n".join(f"Paragraph {number} of the report." for number in range(900))
    alex = slack.workspace.person("alex")
    async with answering(slack, World(LOOKUP), STREAMING) as desk:
        said = await alex.says("#support", "hello")
        place = Place(slack.workspace.team, said.channel, said.ts)
        writer = Writer(slack, ("A report\n\nfollows", text[8:]), text, waits=False)
        asker = Sender(sender_id(place.team, alex.user.id), "Alex")
        await answer(desk, Question(place, asker, said.ts), partial(writer._work, place))

    assert "answer.md" in alex.sees("#support")
    assert len(slack.called("chat.postMessage")) == 1
    assert not any(message.stream for message in slack.workspace.from_bot())


START_FAULTS = {
    "429": too_many(30), "ratelimited": refusal("ratelimited"), "500": broken(500), "html": HTML, "reset": RESET,
    "unknown": refusal("unknown_method"), "off": refusal("feature_not_enabled"), "scope": refusal("missing_scope"),
    "place": refusal("channel_type_not_supported"), "chunks": refusal("invalid_chunks"),
}  # fmt: skip
LATCHED = {"429", "ratelimited", "unknown", "off", "scope"}


@pytest.mark.parametrize("name", START_FAULTS)
async def test_without_a_stream_the_answer_is_posted_at_once(slack: SlackSimulator, world: World, name: str) -> None:
    slack.faults.next(START, START_FAULTS[name])
    began = slack.clock.now()

    async def work(*_: object) -> str:
        tried = 1 if name in LATCHED else len(world.ran)
        await slack.until(lambda: len(slack.called(START)) >= tried)
        return "shipped"

    world.executor.behaviours["order-lookup"] = work
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)
        took = slack.clock.now() - began
        assert found.stream is None
        await asked(slack, "and the other one?")
        await answers(slack, 2)

    assert took < 30, "nobody waits for a stream"
    assert len(slack.called(START)) == (1 if name in LATCHED else 2)
    assert len(slack.workspace.from_bot()) == 2


async def test_a_stream_whose_beginning_is_lost_is_not_begun_again(slack: SlackSimulator, world: World) -> None:
    slack.faults.next(START, LOST)

    async def work(*_: object) -> str:
        await slack.until(lambda: slack.called(START))
        return "shipped"

    world.executor.behaviours["order-lookup"] = work
    async with answering(slack, world, STREAMING):
        await asked(slack)
        found = await answers(slack)

    assert len(slack.called(START)) == 1
    assert len([message for message in found if message.blocks]) == 1, "what is left of the stream holds no answer"


def test_a_workspace_is_asked_again_when_the_pause_is_over() -> None:
    streams = Streams()
    streams.close("T1", 30.0)
    streams.close("T1", 10.0)
    assert [streams.takes("T1", now) for now in (0.0, 29.9, 30.0)] == [False, False, True]
    assert streams.takes("T2", 0.0)


END_FAULTS = {
    "expired": refusal("message_not_in_streaming_state"), "limited": too_many(30), "500": broken(500), "html": HTML,
    "reset": RESET, "lost": LOST, "blocks": refusal("invalid_blocks"), "long": refusal("msg_blocks_too_long"),
    "stopped": refusal("stopped_by_user"),
}  # fmt: skip


@pytest.mark.parametrize("method", [APPEND, STOP])
@pytest.mark.parametrize("name", END_FAULTS)
async def test_a_stream_that_breaks_is_one_answer_all_the_same(slack: SlackSimulator, name: str, method: str) -> None:
    pieces = ("Your order\n\nis on", " its way")
    found = await Writer(slack, pieces, fault=(method, END_FAULTS[name]), waits=method == STOP).answers()

    seen = slack.workspace.person("alex").sees("#support")
    assert seen.count("is on its way") == seen.count("Your order") == seen.count("Order lookup ✓ 0.4") == 1
    assert found.stream is None or found.stream.state == "done"
    assert not slack.faults._waiting[method], "the fault was met"


async def test_a_stream_dies_of_old_age_and_the_answer_takes_its_place(slack: SlackSimulator, world: World) -> None:
    once_open(slack, world, seconds=301)
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    errors = {call.answer.get("error") for call in slack.calls if call.method in (APPEND, STOP)}
    assert errors == {"message_not_in_streaming_state"}
    assert "Order lookup: shipped" in slack.workspace.person("alex").sees("#support")
    assert found.stream is None
    assert not slack.called("chat.postMessage")


async def test_where_the_message_cannot_be_changed_another_is_posted(slack: SlackSimulator, world: World) -> None:
    once_open(slack, world, (STOP, too_many(30)), (STOP, too_many(30)))
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    (update,) = slack.called("chat.update")
    assert update.answer["error"] == "streaming_state_conflict"
    assert found.stream is None
    assert len(slack.called("chat.postMessage")) == 1


async def test_slacks_stop_stops_the_turn(slack: SlackSimulator) -> None:
    world = World(LOOKUP, action("stock"), plans=(calls(("order-lookup", {}), ("stock", {})),))
    alex = slack.workspace.person("alex")

    async def endless(*_: object) -> str:
        await asyncio.Event().wait()
        return "never"

    async def quick(*_: object) -> str:
        await slack.until(lambda: any(m.stream for m in slack.workspace.from_bot()))
        (message,) = slack.workspace.from_bot()
        assert message.stream
        message.stream.state = "stopped"  # and the event that tells of it is lost
        return "three left"

    world.executor.behaviours |= {"order-lookup": endless, "stock": quick}
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    seen = alex.sees("#support")
    assert "Stock: three left" in seen
    assert "Order lookup** did not finish" in seen or "Order lookup did not finish" in seen
    assert found.stream is None


async def test_unless_told_otherwise_only_direct_messages_stream(slack: SlackSimulator) -> None:
    world = World(LOOKUP, plans=(PLAN, PLAN))
    once_open(slack, world)
    alex = slack.workspace.person("alex")
    async with answering(slack, world, Rules(patience=0.0)):
        await alex.says(alex.dm, "where is my order?")
        (found,) = await answers(slack)
        assert found.stream
        world.executor.behaviours.clear()
        await asked(slack)
        await answers(slack, 2)

    assert [call.arguments["channel"] for call in slack.called(START)] == [alex.dm.id]


async def test_answers_for_one_person_do_not_stream(slack: SlackSimulator, world: World) -> None:
    alex, channel = slack.workspace.person("alex"), slack.workspace.channel("#support")
    async with answering(slack, world, Rules(private=frozenset({channel.id}), streaming=Streaming.ALL, patience=0.0)):
        await asked(slack)
        await slack.until(lambda: alex.private("#support"))
        await slack.workspace.settled()

    assert slack.called(START) == []


async def test_what_only_asks_for_a_yes_does_not_stream(slack: SlackSimulator) -> None:
    world = World(action("refund", effect=Effect.WRITE), plans=(calls(("refund", {})),))
    alex = slack.workspace.person("alex")
    async with answering(slack, world, STREAMING):
        await alex.says(alex.dm, "refund it")
        await slack.until(lambda: "Confirm" in alex.sees(alex.dm))
        await slack.workspace.settled()

    assert slack.called(START) == []
    slack.workspace.alarms.clear()  # the card calls its asker by intent


async def test_streaming_can_be_switched_off(slack: SlackSimulator, world: World) -> None:
    async with answering(slack, world):
        await asked(slack)
        await answers(slack)

    assert slack.called(START) == []


async def test_a_turn_that_breaks_leaves_nothing_behind(slack: SlackSimulator, world: World) -> None:
    async def breaks(turn: Turn) -> None:
        raise RuntimeError("broken")

    once_open(slack, world)
    world.turns.finish = breaks  # type: ignore[method-assign]
    async with answering(slack, world, STREAMING):
        await asked(slack)
        await slack.until(lambda: slack.called("chat.delete"))
        await slack.workspace.settled()

    assert [message for message in slack.workspace.from_bot() if message.stream] == []


async def test_an_archived_channel_sends_the_answer_to_the_asker(slack: SlackSimulator, world: World) -> None:
    once_open(slack, world, (APPEND, refusal("is_archived")), (STOP, refusal("is_archived")))
    write = world.executor.behaviours["order-lookup"]

    async def archive(*given: Any) -> str:
        said = await write(*given)
        slack.workspace.channel("#support").archived = True
        return said

    world.executor.behaviours["order-lookup"] = archive
    alex = slack.workspace.person("alex")
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    assert found.channel == alex.dm.id
    assert "I could not answer in the channel" in alex.sees(alex.dm)


@pytest.mark.parametrize("start", range(5))
async def test_hostile_texts_stay_quiet_however_they_are_cut(slack: SlackSimulator, start: int) -> None:
    texts = [text for text in HOSTILE[start::40] if len(text) < 500]
    whole = "\n\n".join(f"{text}\n\nx" for text in texts)[:5_000]
    pieces = [whole[at : at + 7] for at in range(0, len(whole), 7)]
    await Writer(slack, pieces, waits=False).answers()

    assert slack.called(APPEND)
    assert "Order lookup ✓" in slack.workspace.person("alex").sees("#support")


@pytest.mark.parametrize("start", range(0, len(PINGS), 8))
async def test_hostile_failures_stay_quiet_on_their_cards(slack: SlackSimulator, world: World, start: int) -> None:
    async def fails(*_: object) -> str:
        await slack.until(lambda: any(m.stream for m in slack.workspace.from_bot()))
        raise ActionFails(" ".join(PINGS[start : start + 8]))

    world.executor.behaviours["order-lookup"] = fails
    async with answering(slack, world, STREAMING):
        await asked(slack)
        (found,) = await answers(slack)

    assert found.stream
    assert [task["status"] for task in found.stream.tasks.values()] == ["error"]
