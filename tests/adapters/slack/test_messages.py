"""From a message in Slack to its one answer: the real client over a real socket, one scenario a rule."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bot.adapters.chat.listening import Listening
from bot.adapters.slack.desk import Rules
from bot.adapters.slack.incoming import plain_text, read
from bot.adapters.slack.wire import SlackRefused
from bot.domain.action import Effect, SourceFields
from bot.domain.plan import ActionCall
from bot.domain.run import Document, Outcome
from bot.ports import Emit
from tests.adapters.slack.desks import answering
from tests.adapters.slack.linking import OVER_HTTP
from tests.conversation.world import World
from tests.fakes import ActionFails, action, calls, text_parameter
from tests.simulators.slack import Message, SlackSimulator
from tests.simulators.slack.administration import unfurl
from tests.simulators.slack.faults import HTML, LOST, RESET, broken, refusal, too_many

LOOKUP = action("order-lookup")


@pytest.fixture
def world() -> World:
    return World(LOOKUP, plans=(calls(("order-lookup", {})),))


async def answers(slack: SlackSimulator, count: int = 1) -> list[Message]:
    """The final messages of the bot, once there are so many and nothing is under way."""

    def final(message: Message) -> bool:
        return any(block.get("type") == "context_actions" for block in message.blocks)

    await slack.until(lambda: len([m for m in slack.workspace.from_bot() if final(m)]) >= count)
    await slack.workspace.settled()
    return [message for message in slack.workspace.from_bot() if final(message)]


async def test_a_mention_gets_one_answer_in_its_thread_that_names_what_ran(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex", email="alex@acme.example")
    async with answering(slack, world):
        asked = await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        (found,) = await answers(slack)

    assert found.thread_ts == asked.ts
    seen = alex.sees("#support")
    assert "Order lookup ✓" in seen
    assert len(slack.workspace.from_bot()) == 1, "the board of tasks has gone"
    assert world.ran == ["order-lookup"]
    assert world.executor.given[0].asker.email == "alex@acme.example"


async def test_an_answer_links_the_pages_that_it_rests_on(slack: SlackSimulator) -> None:
    paged = replace(LOOKUP, source_fields=SourceFields("page", "title"))
    world = World(paged, plans=(calls(("order-lookup", {})),))

    async def order(call: ActionCall, emit: Emit) -> str:
        return '{"title": "Order <1>", "page": "https://shop.example/1?a=b&c=d"}'

    world.executor.behaviours["order-lookup"] = order
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        (found,) = await answers(slack)

    assert "Sources: <https://shop.example/1?a=b&amp;c=d|Order &lt;1&gt;>" in [
        element["text"] for block in found.blocks if block["type"] == "context" for element in block["elements"]
    ]


async def test_a_direct_message_is_answered_without_a_mention(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        asked = await alex.says(alex.dm, "where is my order?")
        (found,) = await answers(slack)

    assert (found.channel, found.thread_ts) == (alex.dm.id, asked.ts)


async def test_a_thread_that_we_answered_in_is_followed_and_another_is_not(slack: SlackSimulator) -> None:
    world = World(LOOKUP, plans=(calls(("order-lookup", {})),) * 2)
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    async with answering(slack, world):
        first = await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await answers(slack)
        await sam.says("#support", "and the other one?", thread=first)
        await answers(slack, 2)
        lonely = await sam.says("#support", "does anybody know?")
        await sam.says("#support", "nobody?", thread=lonely)
        await slack.workspace.settled()

    assert len(world.ran) == 2
    assert [turn.speaker for turn in world.turns.turns.values()] == ["Alex", "Sam"]


async def test_a_channel_can_be_listened_to_whole(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    channel = slack.workspace.channel("#help")
    async with answering(slack, world, Rules(listening={channel.id: Listening.ALL})):
        await alex.says(channel, "where is my order?")
        await answers(slack)

    assert world.ran == ["order-lookup"]


async def test_a_channel_that_is_not_listed_is_left_alone(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    async with answering(slack, world, Rules(allowed=frozenset({"C-OTHER"}))):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await slack.workspace.settled()

    assert world.ran == []


async def test_somebody_whose_id_begins_like_ours_is_not_us(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        await alex.says("#support", f"<@{slack.workspace.bot.id}99> where is my order?")
        await slack.workspace.settled()

    assert world.ran == []


async def test_a_private_channel_answers_the_asker_alone(slack: SlackSimulator, world: World) -> None:
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    channel = slack.workspace.channel("#support")
    async with answering(slack, world, Rules(private=frozenset({channel.id}))):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await slack.until(lambda: alex.private("#support"))
        await slack.workspace.settled()

    assert "Share to thread" in alex.sees("#support")
    assert "Order lookup ✓" not in sam.sees("#support")


async def test_a_failing_action_is_told_in_plain_words(slack: SlackSimulator, world: World) -> None:
    async def broken(*_: object) -> str:
        raise ActionFails("timed out after 5 s", Outcome.TIMED_OUT)

    world.executor.behaviours["order-lookup"] = broken
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await answers(slack)

    assert "timed out after 5 s" in alex.sees("#support")


async def test_a_write_asks_in_the_thread_with_its_exact_values(slack: SlackSimulator) -> None:
    submit = action("submit-request", text_parameter("day"), effect=Effect.WRITE)
    world = World(submit, plans=(calls(("submit-request", {"day": "Friday"})),))
    alex = slack.workspace.person("alex")
    slack.workspace.may_mention.add(alex.user.id)
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} book Friday")
        await slack.until(lambda: "Confirm" in alex.sees("#support"))

    assert "Friday" in alex.sees("#support")
    assert world.ran == []


async def test_charts_are_uploaded_into_the_thread(slack: SlackSimulator, world: World) -> None:
    world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"\x89PNG\r\n"),)
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} draw it")
        await slack.until(lambda: "chart.png" in alex.sees("#support"))

    assert [file.content for file in slack.workspace.files.values()] == [b"\x89PNG\r\n"]


FAULTS = {
    "429": too_many(3), "ratelimited": refusal("ratelimited"), "500": broken(500), "503": broken(), "html": HTML,
    "reset": RESET, "lost": LOST,
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
async def test_an_answer_gets_through_once_whatever_slack_does(slack: SlackSimulator, world: World, name: str) -> None:
    alex = slack.workspace.person("alex")

    async def harm(*_: object) -> str:
        await slack.workspace.settled()
        slack.faults.next("chat.postMessage", FAULTS[name], times=1 if name == "lost" else 2)
        return "shipped"

    world.executor.behaviours["order-lookup"] = harm
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        found = await answers(slack)

    assert len(found) == 1
    assert alex.sees("#support").count("Order lookup ✓") == 1
    assert world.ran == ["order-lookup"]
    assert not slack.faults._waiting["chat.postMessage"], "both faults were met"


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long"])
async def test_a_form_that_slack_refuses_is_said_more_plainly(slack: SlackSimulator, world: World, error: str) -> None:
    alex = slack.workspace.person("alex")

    async def harm(*_: object) -> str:
        await slack.workspace.settled()
        slack.faults.next("chat.postMessage", refusal(error), times=2)
        return "shipped"

    world.executor.behaviours["order-lookup"] = harm
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await slack.until(lambda: "Order lookup ✓" in alex.sees("#support"))

    assert not slack.workspace.from_bot()[-1].blocks, "the last rung is plain text"


async def test_an_archived_channel_sends_the_answer_to_the_asker(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    channel = slack.workspace.channel("#support")

    async def archive(*_: object) -> str:
        channel.archived = True
        return "shipped"

    world.executor.behaviours["order-lookup"] = archive
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} where is my order?")
        await answers(slack)

    assert "I could not answer in the channel" in alex.sees(alex.dm)


BODY = {"event_id": "Ev1", "event": {"type": "message", "user": "U1", "text": "hi", "ts": "1.0", "channel": "C1"}}


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed"}, {"subtype": "message_deleted"}, {"subtype": "channel_join"},
        {"subtype": "bot_message"}, {"bot_id": "B1"}, {"bot_profile": {"id": "B1"}}, {"user": "USLACKBOT"},
        {"user": "UBOT"}, {"user": ""}, {"ts": ""},
    ],
)  # fmt: skip
def test_what_no_person_wrote_is_nothing(change: dict[str, object]) -> None:
    assert read({**BODY, "event": {**BODY["event"], **change}}, "T1", "UBOT") is None  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("raw", "ours"),
    [("<@UBOT> hi", True), ("<@UBOT|deskhand> hi", True), ("<@UBOT99> hi", False), ("<@UBO> hi", False)],
)
def test_a_mention_of_us_is_our_whole_id(raw: str, ours: bool) -> None:
    message = read({**BODY, "event": {**BODY["event"], "text": raw}}, "T1", "UBOT")  # type: ignore[dict-item]
    assert message
    assert message.mentions_us is ours


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_some_subtypes_are_messages_of_people(subtype: str) -> None:
    assert read({**BODY, "event": {**BODY["event"], "subtype": subtype}}, "T1", "UBOT") is not None  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<@UBOT> where is it?", "where is it?"),
        ("<@UBOT|deskhand>: where is it?", "where is it?"),
        ("hey <@UBOT>, thanks", "hey  thanks"),
        ("ask <@U2|sam>", "ask sam"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&lt;@UBOT&gt;", "<@UBOT>"),
        ("see <https://x.example/a?b=1|x.example/a?b=1>", "see x.example/a?b=1"),
        ("see <https://x.example/a|the page>", "see the page (https://x.example/a)"),
        ("see <https://x.example/a>", "see https://x.example/a"),
        ("mail <mailto:alex@acme.example|alex@acme.example>", "mail alex@acme.example"),
        ("in <#C1|support>", "in support"),
    ],
)
def test_text_is_what_the_person_wrote(raw: str, text: str) -> None:
    assert plain_text(raw, "UBOT") == text


async def test_a_thousand_messages_give_a_thousand_answers(slack: SlackSimulator) -> None:
    """Each is delivered twice or more, shuffled, over sockets that end and break in between."""
    world = World(LOOKUP, plans=(calls(("order-lookup", {})),) * 1_000)
    alex = slack.workspace.person("alex")
    chance = random.Random(11)
    async with answering(slack, world):
        for batch in range(20):
            slack.post.hold()
            for number in range(50):
                await alex.says("#support", f"{slack.workspace.mention} order {batch}-{number}?")
            slack.post.duplicate(25)
            slack.post.release(lambda waiting: chance.sample(waiting, len(waiting)))
            if OVER_HTTP[slack]:
                pass  # there is no line that could break
            elif batch % 5 == 2:
                await slack.sockets.disconnect()
            elif batch % 5 == 4:
                slack.sockets.reset()
            await slack.until(lambda: len(world.ran) >= (batch + 1) * 50, 60)  # noqa: B023 - asked in this round only
        found = await answers(slack, 1_000)

    assert len(world.ran) == 1_000
    assert len(found) == 1_000
    assert len({message.thread_ts for message in found}) == 1_000


async def test_a_text_that_comes_with_a_question_is_read_and_a_picture_is_named(
    slack: SlackSimulator, world: World
) -> None:
    alex = slack.workspace.person("alex")
    files = {"error.log": b"boom: code 42", "shot.png": b"\x89PNG", "huge.txt": b"x" * 50_000}
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} what is this?", files=files)
        await answers(slack)

    (turn,) = world.turns.turns.values()
    assert turn.text.startswith("what is this?\n\nAttached error.log:\nboom: code 42")
    assert "(Attached shot.png, which I cannot read.)" in turn.text
    assert "(Attached huge.txt, which I cannot read.)" in turn.text


async def test_a_text_that_comes_in_pieces_is_read_to_its_end(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    lines = "".join(f"{number:04} all is well\n" for number in range(300))
    async with answering(slack, world):
        await alex.says("#support", f"{slack.workspace.mention} what is this?", files={"day.log": lines.encode()})
        await answers(slack)

    (turn,) = world.turns.turns.values()
    assert turn.text == f"what is this?\n\nAttached day.log:\n{lines}".strip()


async def test_no_more_of_a_file_is_read_than_was_asked_for(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    async with answering(slack, world) as desk:
        await alex.says("#support", "to all", files={"day.log": b"x" * 9_000})
        (url,) = [file.as_json()["url_private"] for file in slack.workspace.files.values()]
        assert await desk.outbox.fetch(slack.workspace.team, url, 4_000) == b"x" * 4_000


async def test_a_file_elsewhere_is_never_fetched_with_our_token(slack: SlackSimulator, world: World) -> None:
    async with answering(slack, world) as desk:
        for url in ("https://evil.example/x", "http://169.254.169.254/latest", "file:///etc/passwd"):
            with pytest.raises(SlackRefused, match="not a file of Slack"):
                await desk.outbox.fetch(slack.workspace.team, url, 10)


async def test_a_question_changed_after_its_answer_is_answered_anew_when_its_asker_wants(slack: SlackSimulator) -> None:
    world = World(LOOKUP, plans=(calls(("order-lookup", {})),) * 3)
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    async with answering(slack, world):
        asked = await alex.says("#support", f"{slack.workspace.mention} where is order 7?")
        await answers(slack)
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.until(lambda: alex.private("#support"))
        (offer,) = alex.private("#support")
        assert sam.private("#support") == []
        assert len(world.ran) == 1
        for _ in range(2):
            await alex.clicks(offer, "edited:again")
        await answers(slack, 2)
        await slack.until(lambda: any("the first press counts" in m.text for m in alex.private()))

    assert [turn.text for turn in world.turns.turns.values()] == ["where is order 7?", "where is order 8?"]


async def test_a_changed_question_that_is_gone_by_then_is_told_of(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        asked = await alex.says("#support", f"{slack.workspace.mention} where is order 7?")
        await answers(slack)
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.until(lambda: alex.private("#support"))
        (offer,) = alex.private("#support")
        await alex.deletes(asked)
        await alex.clicks(offer, "edited:again")
        await slack.until(lambda: any("I cannot read your question any more" in m.text for m in alex.private()))

    assert len(world.turns.turns) == 1


async def test_an_unfurled_link_is_no_edit(slack: SlackSimulator, world: World) -> None:
    alex = slack.workspace.person("alex")
    async with answering(slack, world):
        asked = await alex.says("#support", f"{slack.workspace.mention} see https://x.example")
        await answers(slack)
        unfurl(slack.workspace, asked, "A page")
        await slack.workspace.settled()

    assert alex.private("#support") == []
