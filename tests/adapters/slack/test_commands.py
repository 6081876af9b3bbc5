"""The slash command, where the bot is and where it is not; Slack's own Stop; response addresses."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest

from bot.adapters.chat.wording import NO_SCHEDULES
from bot.adapters.slack.desk import Rules
from bot.adapters.slack.rendering.cards.approval import CONFIRM
from bot.adapters.slack.rendering.cards.reply import SHARE
from bot.adapters.slack.responses import Responses
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.run import Document, Outcome
from tests.adapters.slack.office import BOOK, LOOKUP, Office, Slow, booking, buttons_of, looking, said
from tests.conversation.world import World
from tests.simulators.slack import SlackSimulator
from tests.simulators.slack.faults import HTML, RESET, Fault, broken


@pytest.fixture
def office(slack: SlackSimulator) -> Office:
    return Office(slack, World(LOOKUP, BOOK, plans=(looking(), booking())))


def foreign(slack: SlackSimulator, name: str = "#elsewhere") -> str:
    """A channel that the bot is no member of."""
    channel = slack.workspace.channel(name)
    channel.members.discard(slack.workspace.bot.id)
    return channel.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "What you can say"),
        ("help", "What you can say"),
        ("HELP", "What you can say"),
        ("actions", "Order lookup: When the user asks"),
        ("history", "No runs yet."),
        ("schedule", NO_SCHEDULES),
        ("status", "Actions open to you: 2."),
        ("stop", "Nothing of yours runs now."),
        ("ask", "What do you want to know?"),
        ("ask   ", "What do you want to know?"),
    ],
)
async def test_each_word_is_answered_for_the_person_alone(office: Office, text: str, words: str) -> None:
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", text, where="#support")
        await office.told(alex, words)

    assert len(alex.private("#support")) == 1
    assert office.slack.workspace.from_bot() == []
    assert office.world.ran == []
    assert alex.warnings == []


async def test_a_command_may_have_another_name(office: Office, slack: SlackSimulator) -> None:
    alex, name = office.person("alex"), "/deskhand-test"
    slack.core.config = replace(slack.core.config, commands=frozenset({name}))
    async with office.open():
        await alex.runs(name, "help", where="#support")
        await office.told(alex, f"{name} history")
        await alex.runs(name, "ask", where="#support")
        await office.told(alex, f"{name} ask where is order 12345?")
        await alex.runs(name, "where is order 12345?", where="#support")
        await office.told(alex, "Order lookup ✓")

    assert alex.warnings == []


@pytest.mark.parametrize("text", ["ask where is order 12345?", "where is order 12345?", "Ask  where is order 12345?"])
async def test_a_question_is_answered_with_the_question_above(office: Office, text: str) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/deskhand", text, where="#support")
        answer = await office.told(alex, "Order lookup ✓")

    assert "You asked: where is order 12345?" in said(answer)
    assert office.world.model.asked[0][0].text == "where is order 12345?"
    assert office.world.executor.given[0].asker.email == "alex@acme.example"
    assert "order" not in sam.sees("#support")


async def test_a_word_of_ours_with_more_behind_it_is_a_question(office: Office) -> None:
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", "status of order 12345 &amp; the other", where="#support")
        await office.told(alex, "Order lookup ✓")

    assert office.world.model.asked[0][0].text == "status of order 12345 & the other"


async def test_it_works_where_the_bot_is_no_member(office: Office, slack: SlackSimulator) -> None:
    where, alex = foreign(slack), office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", "ask where is order 12345?", where=where)
        answer = await office.told(alex, "Order lookup ✓")
        assert answer.channel == where
        await alex.clicks(answer, SHARE)
        await slack.until(lambda: slack.workspace.from_bot(where))

    (shared,) = slack.workspace.from_bot(where)
    assert f"Asked by <@{alex.user.id}>: where is order 12345?" in said(shared)
    assert answer not in slack.workspace.messages


async def test_a_private_channel_is_shared_to_through_the_address(office: Office, slack: SlackSimulator) -> None:
    channel, alex = slack.workspace.channel("#secret", kind="group"), office.person("alex")
    office.world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"png"),)
    channel.members = {alex.user.id}
    async with office.open():
        await alex.runs("/deskhand", "ask where is order 12345?", where=channel)
        answer = await office.told(alex, "Order lookup ✓")
        await alex.clicks(answer, SHARE)
        await slack.until(lambda: slack.workspace.from_bot(channel.id))
        await slack.until(lambda: any("may not put its files" in said(m) for m in slack.workspace.messages))

    (shared,) = slack.workspace.from_bot(channel.id)
    assert "Order lookup ✓" in said(shared)


async def test_a_write_is_confirmed_where_the_bot_is_no_member(slack: SlackSimulator) -> None:
    office, where = Office(slack, World(BOOK, plans=(booking(),))), foreign(slack)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", "Book 2 days of holiday", where=where)
        card = await office.shown(CONFIRM, alex)
        await alex.clicks(card, CONFIRM)
        await office.told(alex, "Book ✓")

    assert office.world.ran == ["book"]
    assert buttons_of(card) == []
    assert "Confirmed" in said(card)
    assert slack.workspace.from_bot() == []


async def test_files_of_a_private_answer_come_in_direct_messages(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    office.world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"png"),)
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await slack.until(lambda: slack.workspace.from_bot(alex.dm.id))

    assert slack.workspace.from_bot("#support") == []


@pytest.mark.parametrize("faults", [0, 9])
async def test_a_long_private_answer_is_no_file_for_all(office: Office, slack: SlackSimulator, faults: int) -> None:
    alex = office.person("alex")
    slack.faults.next("response_url", broken(), times=faults)

    async def long(*_: object) -> str:
        return "a line of the answer\n" * 2_000

    office.world.executor.behaviours["order-lookup"] = long
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await office.told(alex, "The whole answer is in the file")
        await slack.until(lambda: any(m.files for m in slack.workspace.from_bot(alex.dm.id)))

    assert slack.workspace.from_bot("#support") == []


async def test_a_channel_that_is_not_ours_gets_nothing_shared(slack: SlackSimulator) -> None:
    rules = Rules(allowed=frozenset({slack.workspace.channel("#other").id}))
    office = Office(slack, World(LOOKUP, plans=(looking(),)), rules)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await alex.clicks(await office.shown(SHARE, alex), SHARE)
        await office.told(alex, "stays private")

    assert slack.workspace.from_bot() == []


async def test_people_do_not_remember_each_others_questions(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP, plans=(looking(), looking(), looking())))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/deskhand", "my secret order", where="#support")
        await office.told(alex, "Order lookup ✓")
        await sam.runs("/deskhand", "where is mine?", where="#support")
        await office.told(sam, "Order lookup ✓")
        await alex.runs("/deskhand", "and now?", where="#support")
        await slack.until(lambda: len(office.world.model.composed) == 3)

    seen = [[turn.text for turn in context.turns] for context, _ in office.world.model.asked]
    assert seen == [[], [], ["my secret order"]]


async def test_history_and_actions_are_of_the_person_who_asks(office: Office) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await office.told(alex, "Order lookup ✓")
        await alex.runs("/deskhand", "history", where="#support")
        mine = await office.told(alex, "Your recent runs")
        await sam.runs("/deskhand", "history", where="#support")
        await office.told(sam, "No runs yet.")

    assert "✓ Order lookup · where is order 12345?" in said(mine)


async def test_stop_ends_what_runs_for_the_person_wherever_it_is(slack: SlackSimulator) -> None:
    slow = Slow()
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    office.world.executor.behaviours["order-lookup"] = slow
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await office.asks(alex, "where is it?")
        await slow.begun.wait()
        await sam.runs("/deskhand", "stop")
        await office.told(sam, "Nothing of yours runs now.")
        await alex.runs("/deskhand", "status")
        await office.told(alex, "Running for you now: Order lookup.")
        await alex.runs("/deskhand", "stop")
        await office.told(alex, "Stopped: Order lookup.")

    (used,) = next(iter(office.world.turns.turns.values())).used
    assert used.outcome is Outcome.STOPPED


async def test_stop_of_slack_itself(slack: SlackSimulator) -> None:
    slow = Slow()
    office = Office(slack, World(LOOKUP, plans=(looking(),)))
    office.world.executor.behaviours["order-lookup"] = slow
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        asked = await office.asks(alex, "where is it?")
        await slow.begun.wait()
        await sam.stops(asked)
        await office.told(sam, "Nothing of yours runs here")
        await alex.stops(asked)
        await office.told(alex, "Stopped: Order lookup.")

    assert "stopped by" in said(slack.workspace.from_bot()[-1])


async def test_the_same_command_delivered_twice_is_answered_once(office: Office, slack: SlackSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        sent = await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await office.told(alex, "Order lookup ✓")
        again = slack.core.send("slash_commands", sent.body)
        await slack.until(lambda: again.state != "waiting")

    assert office.world.ran == ["order-lookup"]
    assert len([m for m in alex.private() if "Order lookup ✓" in said(m)]) == 1


@pytest.mark.parametrize("fault", [broken(), HTML, RESET, Fault("status", 404, "used_url")])
async def test_an_address_that_fails_loses_no_answer(office: Office, slack: SlackSimulator, fault: Fault) -> None:
    alex = office.person("alex")
    slack.faults.next("response_url", fault, times=9)
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await office.told(alex, "Order lookup ✓")

    assert slack.workspace.from_bot() == []


async def test_where_nothing_else_is_open_the_answer_comes_in_direct_messages(
    office: Office, slack: SlackSimulator
) -> None:
    where, alex = foreign(slack), office.person("alex")
    slack.faults.next("response_url", broken(), times=9)
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where=where)
        await slack.until(lambda: any("Order lookup ✓" in said(m) for m in slack.workspace.from_bot(alex.dm.id)))

    assert slack.workspace.from_bot(where) == []


async def test_a_model_that_fails_is_told_plainly(slack: SlackSimulator) -> None:
    office = Office(slack, World(LOOKUP, plans=(RuntimeError("the inside"),)))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/deskhand", "where is order 12345?", where="#support")
        await office.told(alex, "Something went wrong on my side")

    assert "the inside" not in slack.workspace.picture()


@pytest.mark.parametrize(
    "address",
    ["", "http://169.254.169.254/latest", "http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x",
     "https://evil.example/hooks.slack.com", "https://u@hooks.slack.com/x", "https://hooks.slack.com:8443/x",
     "file:///etc/passwd", "https://[::1", "{base}@evil.example/x", "http://localhost:1/x"],
)  # fmt: skip
async def test_no_other_address_is_ever_called(slack: SlackSimulator, address: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SlackRefused, match="invalid_url"):
            await Responses(session, slack.url).send(address.format(base=slack.url), {"text": "x"})


@pytest.mark.parametrize("fault", [broken(), RESET, broken(429)])
async def test_an_address_stays_a_secret_when_it_fails(slack: SlackSimulator, fault: Fault) -> None:
    address, _ = slack.core.response_url(slack.workspace.team, slack.workspace.channel("#support").id, "U1")
    slack.faults.next("response_url", fault)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SlackUnreachable) as caught:
            await Responses(session, slack.url).send(address, {"text": "x"})

    assert address.rpartition("/")[2] not in f"{caught.value!r}{caught.value.__cause__!r}"
