"""Events that come late, twice, again, in a wrong order or not from Slack: each is answered once or not at all."""

from __future__ import annotations

import pytest

from bot.adapters.slack.rendering.cards.approval import CONFIRM
from bot.domain.approval import ApprovalState
from tests.adapters.slack.keeping import KeptJobs
from tests.adapters.slack.office import BOOK, Slow, booking, buttons_of, said
from tests.adapters.slack.working import PATIENT, USED, answered, answers, asks, looking_up, working
from tests.conversation.world import World
from tests.simulators.slack import SlackSimulator
from tests.simulators.slack.faults import HTML, RESET, Fault, broken, refusal, too_many
from tests.simulators.slack.socket_mode import Goodbye

SOCKET = pytest.mark.parametrize("slack", ["socket"], indirect=True)
"""There is no such line over HTTP."""
HTTP = pytest.mark.parametrize("slack", ["http"], indirect=True)
RETRIES = 3


@pytest.mark.covers("redelivered", "timeout")
@SOCKET
async def test_over_a_socket_what_seemed_unheard_comes_again(slack: SlackSimulator) -> None:
    await one_answer_in_spite_of_lost_acknowledgements(slack, 1)


@pytest.mark.covers("redelivered", "http_timeout")
@HTTP
async def test_over_http_what_seemed_unheard_comes_again(slack: SlackSimulator) -> None:
    await one_answer_in_spite_of_lost_acknowledgements(slack, 1)


@pytest.mark.covers("redelivered", "given up")
async def test_slack_gives_up_after_three_retries_and_there_is_one_answer(slack: SlackSimulator) -> None:
    await one_answer_in_spite_of_lost_acknowledgements(slack, 1 + RETRIES)


async def one_answer_in_spite_of_lost_acknowledgements(slack: SlackSimulator, lost: int) -> None:
    """Slack waits three seconds for each of them in vain, while the action runs."""
    world, slow, alex = looking_up(), Slow(), slack.workspace.person("alex")
    world.executor.behaviours["order-lookup"] = slow
    async with working(slack, world, PATIENT):
        slack.post.transport.ignore_acks = lost
        await alex.says(alex.dm, "where is my order?")
        (asked,) = slack.post.deliveries
        for attempt in range(lost):
            await slack.until(lambda: asked.sent == attempt + 1)  # noqa: B023 - asked in this round only
            await slack.until(lambda: slack.post.transport.ignore_acks == lost - attempt - 1)  # noqa: B023
            slack.clock.advance(3)
            await slack.until(lambda: len(asked.attempts) == attempt + 1)  # noqa: B023
            slack.clock.advance((*slack.post.transport.pauses, 0)[attempt + 1])
        await slack.workspace.settled()
        slow.go.set()
        await answered(slack, words=USED)

    assert asked.sent == min(1 + lost, 1 + RETRIES)
    assert world.ran == ["order-lookup"]
    assert alex.sees(alex.dm).count(USED) == 1


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param(reason, marks=pytest.mark.covers(reason, "redelivered"))
        for reason in ("http_error", "connection_failed", "ssl_error", "too_many_redirects", "unknown_error")
    ],
)
@HTTP
async def test_whatever_slack_thinks_of_our_server_there_is_one_answer(slack: SlackSimulator, reason: str) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        assert slack.http
        slack.http.failing = [reason]
        await alex.says(alex.dm, "where is my order?")
        await answered(slack)

    assert world.ran == ["order-lookup"]
    assert slack.post.deliveries[0].sent == 2


@pytest.mark.covers("connection_failed", "redelivered")
@HTTP
async def test_what_came_while_the_server_was_away_is_answered_by_its_retry(slack: SlackSimulator) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        assert slack.http
        slack.http.url, here = "http://127.0.0.1:9/slack/events", slack.http.url
        await alex.says(alex.dm, "where is my order?")
        await slack.until(lambda: slack.post.deliveries[0].sent == 2 and len(slack.post.deliveries[0].attempts) == 2)
        slack.http.url = here
        slack.clock.advance(60)
        await answered(slack)

    assert world.ran == ["order-lookup"]


@pytest.mark.covers("given up", "block_actions(message)")
async def test_a_press_whose_acknowledgement_is_lost_counts_once(slack: SlackSimulator) -> None:
    world, alex = World(BOOK, plans=(booking(),)), slack.workspace.person("alex")
    slack.workspace.may_mention.add(alex.user.id)
    async with working(slack, world):
        await asks(slack, alex, "Book 2 days of holiday")
        await slack.until(lambda: any(CONFIRM in buttons_of(message) for message in slack.workspace.from_bot()))
        (card,) = [message for message in slack.workspace.from_bot() if CONFIRM in buttons_of(message)]
        await slack.workspace.settled()
        slack.post.transport.ignore_acks = 1
        pressed = await alex.clicks(card, CONFIRM, wait=False)
        await slack.until(lambda: not slack.post.transport.ignore_acks)
        slack.clock.advance(3)
        await slack.until(lambda: pressed.state == "given up" and alex.warnings)
        await answered(slack, words="Book ✓")
        again = slack.core.send("interactive", pressed.body)
        await slack.until(lambda: again.state == "acknowledged")

    assert alex.warnings == ["operation_timeout"]
    assert world.ran == ["book"]
    assert [each.state for each in world.approvals.approvals.values()] == [ApprovalState.CONFIRMED]
    assert "Confirmed" in said(card)
    assert len(answers(slack, "Book ✓")) == 1


@pytest.mark.covers("duplicate")
async def test_the_same_envelope_twice_is_answered_once(slack: SlackSimulator) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        slack.post.duplicate(2)
        await asks(slack, alex)
        await answered(slack)
        sent = [(delivery, delivery.sent) for delivery in slack.post.deliveries]
        for delivery, _ in sent:
            slack.post.again(delivery)
        await slack.until(lambda: all(len(delivery.attempts) > before for delivery, before in sent))
        await answered(slack)

    assert world.ran == ["order-lookup"]


@pytest.mark.covers("out of order")
async def test_questions_that_come_in_a_wrong_order_are_answered_once_each(slack: SlackSimulator) -> None:
    world, alex = looking_up(3), slack.workspace.person("alex")
    async with working(slack, world):
        first = await asks(slack, alex)
        await answered(slack)
        slack.post.hold()
        for text in ("and order 8?", "and order 9?"):
            await alex.says("#support", text, thread=first)
        slack.post.release()
        found = await answered(slack, 3)

    texts = [turn.text for turn in world.turns.turns.values()]
    assert sorted(texts) == ["and order 8?", "and order 9?", "where is my order?"]
    assert {message.thread_ts for message in found} == {first.ts}


GOODBYES: tuple[Goodbye, ...] = ("warning", "refresh_requested", "link_disabled", "too_many_websockets")


@pytest.mark.parametrize("why", [pytest.param(why, marks=pytest.mark.covers(f"disconnect {why}")) for why in GOODBYES])
@SOCKET
async def test_what_is_asked_while_slack_sends_us_away_is_answered(slack: SlackSimulator, why: Goodbye) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        await slack.sockets.disconnect(why)
        await alex.says(alex.dm, "where is my order?")
        await slack.connected(2)
        await answered(slack)

    assert world.ran == ["order-lookup"]


@pytest.mark.parametrize(
    "breaks", [pytest.param(name, marks=pytest.mark.covers(name)) for name in ("reset", "deaf", "hung up")]
)
@SOCKET
async def test_what_falls_into_the_gap_of_a_dead_line_is_answered_once(slack: SlackSimulator, breaks: str) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        match breaks:
            case "reset":
                slack.sockets.reset()
            case "deaf":
                slack.sockets.deafen()
            case "hung up":
                await slack.sockets.hang_up()
        await alex.says(alex.dm, "where is my order?")
        await slack.connected(2)
        await answered(slack)

    assert world.ran == ["order-lookup"]


TICKETS: dict[str, Fault] = {
    "invalid_auth": refusal("invalid_auth"), "ratelimited": refusal("ratelimited"), "429": too_many(),
    "503": broken(), "html": HTML, "reset": RESET,
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.covers(f"apps.connections.open {name}")) for name in TICKETS]
)
@SOCKET
async def test_while_slack_hands_out_no_new_line_we_ask_again(slack: SlackSimulator, name: str) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        slack.faults.next("apps.connections.open", TICKETS[name], times=3)
        slack.sockets.reset()
        await alex.says(alex.dm, "where is my order?")
        await slack.connected(2)
        await answered(slack)

    assert world.ran == ["order-lookup"]
    assert len(slack.called("apps.connections.open")) == 6, "at the start twice, then three in vain, then one more"


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=pytest.mark.covers(name)) for name in ("wrong signature", "old timestamp")]
)
@HTTP
async def test_what_is_forged_or_played_again_is_not_read(slack: SlackSimulator, fault: str) -> None:
    world, alex = looking_up(), slack.workspace.person("alex")
    async with working(slack, world):
        assert slack.http
        now = slack.http.signed_at()
        if fault == "wrong signature":
            slack.http.secret = "guessed"
        else:
            slack.http.signed_at = lambda: now - 400
        await alex.says(alex.dm, "where is my order?")
        for attempts, pause in ((2, 60), (3, 300), (4, 0)):
            await slack.until(lambda: slack.http and len(slack.http.statuses) == attempts)  # noqa: B023
            await slack.until(lambda: len(slack.post.deliveries[0].attempts) == attempts)  # noqa: B023
            slack.clock.advance(pause)

    assert slack.http
    assert slack.http.statuses == [401] * 4
    assert world.ran == []
    assert slack.workspace.from_bot() == []


@pytest.mark.covers("duplicate")
@SOCKET
async def test_any_of_several_processes_follows_a_thread_and_one_answers(slack: SlackSimulator) -> None:
    world, alex, inbox = looking_up(4), slack.workspace.person("alex"), KeptJobs()
    async with working(slack, world, inbox=inbox), working(slack, world, inbox=inbox):
        assert len(slack.sockets.connections) == 2
        first = await asks(slack, alex)
        await answered(slack)
        for count in (2, 3, 4):
            slack.post.duplicate()
            await alex.says("#support", "and the next one?", thread=first)
            await answered(slack, count)

    assert world.ran == ["order-lookup"] * 4
