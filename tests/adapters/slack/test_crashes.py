"""What a dead process left behind is finished by the next one: nothing is lost, and nothing is said twice.

A crash is a job that was done up to some point and is not settled; the next bot finds it in the same inbox.
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import replace

import pytest

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.edits import AGAIN
from bot.adapters.slack.past import marked
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards.approval import CANCEL, CONFIRM
from bot.adapters.slack.rendering.cards.post import Post, simple
from bot.adapters.slack.rendering.cards.reply import RETRY, SHARE
from bot.domain.run import Document
from bot.domain.work import Job
from tests.adapters.slack.desks import answering, desk_on
from tests.adapters.slack.keeping import KeptJobs
from tests.adapters.slack.linking import OVER_HTTP
from tests.adapters.slack.office import BOOK, LOOKUP, Office, booking, buttons_of, card, looking, said
from tests.adapters.slack.working import PATIENT, answered, answers, asks, looking_up, working
from tests.conversation.world import World
from tests.fakes import LockedClaims
from tests.simulators.slack import Person, SlackSimulator
from tests.simulators.slack.administration import unfurl
from tests.simulators.slack.delivery import ACK_SECONDS


@pytest.fixture
def inbox() -> KeptJobs:
    return KeptJobs()


@pytest.fixture
def alex(slack: SlackSimulator) -> Person:
    return slack.workspace.person("alex", email="alex@acme.example")


async def once(slack: SlackSimulator, world: World, inbox: KeptJobs, person: Person | None = None) -> None:
    """A bot from its start until everything is done; before that ``person`` may ask it something."""
    async with answering(slack, world, PATIENT, inbox):
        if person:
            await asks(slack, person)
            await slack.workspace.settled()


async def test_an_answer_that_was_posted_but_not_settled_is_not_posted_again(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    await once(slack, world, inbox, alex)
    for _ in range(3):
        inbox.cut_off()
        await once(slack, world, inbox)

    assert len(answers(slack)) == len(slack.workspace.from_bot()) == 1
    assert world.ran == ["order-lookup"]
    assert not inbox.open


async def test_an_answer_that_was_never_posted_is_posted_once(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    await once(slack, world, inbox, alex)
    (answer,) = answers(slack)
    slack.workspace.remove(answer)
    for _ in range(2):
        inbox.cut_off()
        await once(slack, world, inbox)

    assert len(answers(slack)) == len(slack.workspace.from_bot()) == 1
    assert world.ran == ["order-lookup"], "its turn had ended before"


async def test_the_next_page_of_a_long_thread_is_looked_through_too(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    await once(slack, world, inbox, alex)
    (answer,) = answers(slack)
    slack.workspace.remove(answer)
    root = slack.workspace.find(answer.channel, answer.root)
    for number in range(250):
        await alex.says("#support", f"me too {number}", thread=root)
    slack.workspace.post(replace(answer, ts=slack.core.ids.ts()))
    inbox.cut_off()
    before = len(slack.called("conversations.replies"))
    async with desk_on(slack, world) as desk:
        past = await desk.outbox.past(Place(slack.workspace.team, answer.channel, answer.root), answer.root)

    assert len(slack.called("conversations.replies")) - before == 2
    assert len(past.posts) == 1


@pytest.mark.parametrize("lost", ["nothing", "the file", "all"])
async def test_files_follow_their_answer_once(slack: SlackSimulator, inbox: KeptJobs, alex: Person, lost: str) -> None:
    world = looking_up()
    world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"\x89PNG"),)
    await once(slack, world, inbox, alex)
    ours = slack.workspace.from_bot()
    for message in {"nothing": [], "the file": [m for m in ours if m.files], "all": ours}[lost]:
        slack.workspace.remove(message)
    inbox.cut_off()
    await once(slack, world, inbox)

    assert len(answers(slack)) == 1
    assert len([message for message in slack.workspace.from_bot() if message.files]) == 1


@pytest.mark.parametrize("lost", [False, True])
async def test_a_question_is_asked_by_one_card(slack: SlackSimulator, inbox: KeptJobs, lost: bool) -> None:
    office = Office(slack, World(BOOK, plans=(booking(),)), PATIENT, inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        question = await card(office, sam)
    if lost:
        slack.workspace.remove(question)
    inbox.cut_off()
    async with office.open():
        await inbox.rest()

    (only,) = slack.workspace.from_bot()
    assert CONFIRM in buttons_of(only)
    assert (only is question) is not lost


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("action", [CONFIRM, CANCEL])
async def test_a_press_that_was_cut_off_is_carried_out_once(
    slack: SlackSimulator, inbox: KeptJobs, action: str, lost: bool
) -> None:
    office = Office(slack, World(BOOK, plans=(booking(),)), PATIENT, inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        question = await card(office, sam)
        await sam.clicks(question, action)
        await inbox.rest()
    outcome = [message for message in slack.workspace.from_bot() if message is not question]
    assert len(outcome) == 1
    if lost:
        slack.workspace.remove(outcome[0])
    office.world.clock.forward(minutes=30)
    inbox.cut_off("slack.press")
    async with office.open():
        await inbox.rest()

    assert len([message for message in slack.workspace.from_bot() if message is not question]) == 1
    assert office.world.ran == ["book"] * (action == CONFIRM)
    assert buttons_of(question) == []


async def test_a_retry_that_failed_before_it_was_claimed_is_answered_once(
    slack: SlackSimulator, inbox: KeptJobs
) -> None:
    plans = (RuntimeError("broken"), looking(), looking())
    office = Office(slack, World(LOOKUP, plans=plans), claims=LockedClaims("slack/retry/"), inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        await office.asks(sam, "where is it?")
        failed = await office.shown(RETRY)
        for _ in range(2):
            await inbox.rest()
            await sam.clicks(failed, RETRY)
        await office.told(sam, "pressed this before")

    assert len(answers(slack, "Used:")) == 1
    assert office.world.ran == ["order-lookup"]


async def test_a_share_that_failed_before_it_was_claimed_is_shared_once(slack: SlackSimulator, inbox: KeptJobs) -> None:
    rules = Rules(private=frozenset({slack.workspace.channel("#support").id}))
    claims = LockedClaims("slack/share/")
    office = Office(slack, World(LOOKUP, plans=(looking(),)), rules, claims=claims, inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        await office.asks(sam, "where is it?")
        answer = await office.shown(SHARE, sam)
        stale = deepcopy(answer)
        await sam.clicks(answer, SHARE)
        await slack.until(lambda: answer not in slack.workspace.messages)
        await sam.clicks(stale, SHARE)
        await office.told(sam, "shared once")

    assert len(answers(slack, "Used:")) == 1


async def test_a_changed_question_whose_first_try_failed_before_its_claim_is_answered_once(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world, claims = looking_up(3), LockedClaims(f"slack/{slack.workspace.team}/")
    async with working(slack, world, PATIENT, claims=claims, inbox=inbox):
        asked = await asks(slack, alex)
        await answered(slack)
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.until(alex.private)
        for _ in range(2):
            await alex.clicks(alex.private()[0], AGAIN)
            await slack.until(lambda: len(answers(slack)) == 2)
            await inbox.rest()
        await answered(slack, 2)

    assert not claims.locked


async def test_a_press_that_came_in_time_counts_however_late_it_is_carried_out(
    slack: SlackSimulator, inbox: KeptJobs
) -> None:
    office = Office(slack, World(BOOK, plans=(booking(),)), PATIENT, inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        question = await card(office, sam)
        inbox.going.clear()
        await sam.clicks(question, CONFIRM)
        office.world.clock.forward(minutes=30)
        inbox.going.set()
        await inbox.rest()

    assert office.world.ran == ["book"]
    assert "Confirmed" in said(question)


async def test_signs_of_work_of_a_dead_process_go(slack: SlackSimulator, inbox: KeptJobs, alex: Person) -> None:
    """Its board of tasks, the answer it was writing, its reaction and its status line."""
    world = looking_up()
    await once(slack, world, inbox, alex)
    (answer,) = answers(slack)
    slack.workspace.remove(answer)
    (key,) = inbox.jobs
    place = Place(slack.workspace.team, answer.channel, answer.root)
    async with desk_on(slack, world) as desk:
        await desk.outbox.post(place, Post((simple("◔ Order lookup"),)), mark=f"{key}/board")
        stream = {"recipient_user_id": alex.user.id, "recipient_team_id": place.team, "thread_ts": place.thread}
        said_so_far = [{"type": "markdown_text", "text": "It is"}]
        await desk.outbox.at_once(place, "chat.startStream", lambda: {**stream, "chunks": said_so_far}, "")
        await desk.outbox.react(place, place.thread, "eyes", on=True)
        await desk.outbox.status(place, "is thinking…")
    slack.clock.advance(5)
    inbox.cut_off()
    await once(slack, world, inbox)

    assert len(answers(slack)) == len(slack.workspace.from_bot()) == 1
    root = slack.workspace.find(place.channel, place.thread)
    assert root
    assert not any(root.reactions.values())
    assert slack.workspace.status(place.channel, place.thread) == ""


async def test_others_cannot_make_us_believe_that_we_answered(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    await once(slack, world, inbox, alex)
    (answer,) = answers(slack)
    slack.workspace.remove(answer)
    (key,) = inbox.jobs
    forged = await alex.says("#support", "here", thread=slack.workspace.find(answer.channel, answer.root))
    forged.metadata = marked(key)["metadata"]
    inbox.cut_off()
    await once(slack, world, inbox)

    assert len(answers(slack)) == 1


async def test_fifty_deliveries_at_once_are_one_job_and_one_answer(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    async with working(slack, world, PATIENT, inbox=inbox):
        slack.post.hold()
        await asks(slack, alex)
        slack.post.release(lambda waiting: waiting * 25)
        await slack.workspace.settled()
        await inbox.rest()

    assert len(inbox.jobs) == len(answers(slack)) == 1
    assert world.ran == ["order-lookup"]


async def test_what_cannot_be_kept_is_not_acknowledged_and_comes_again(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    inbox.broken = 1
    async with working(slack, world, PATIENT, inbox=inbox):
        await alex.says(alex.dm, "where is my order?")
        await slack.until(lambda: not inbox.broken)
        (delivery,) = slack.post.deliveries
        if not OVER_HTTP[slack]:  # there a refusal is told at once, and the next try follows at once
            slack.clock.advance(ACK_SECONDS + 1)
            await slack.until(lambda: delivery.attempts)
            slack.clock.advance(slack.post.transport.pauses[1] + 1)
        await slack.workspace.settled()
        await inbox.rest()

    assert [attempt.acknowledged for attempt in delivery.attempts] == [False, True]
    assert len(answers(slack)) == 1


async def test_a_press_that_cannot_be_kept_is_told(slack: SlackSimulator, inbox: KeptJobs) -> None:
    office = Office(slack, World(BOOK, plans=(booking(),)), PATIENT, inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        question = await card(office, sam)
        inbox.broken = 1
        await sam.clicks(question, CONFIRM, wait=False)
        await office.told(sam, "Please try again")
        assert CONFIRM in buttons_of(question)
        await sam.clicks(question, CONFIRM)
        await inbox.rest()
        slack.clock.advance(ACK_SECONDS + 1)

    assert office.world.ran == ["book"]


async def test_a_question_changed_before_its_turn_begins_is_asked_as_it_reads_now(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up()
    inbox.going.clear()
    async with answering(slack, world, PATIENT, inbox):
        asked = await asks(slack, alex, "where is order 7?")
        await slack.workspace.settled()
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.workspace.settled()
        inbox.going.set()
        await inbox.rest()

    assert [turn.text for turn in world.turns.turns.values()] == ["where is order 8?"]
    assert alex.private("#support") == [], "nothing is offered"


def held(world: World) -> tuple[asyncio.Event, asyncio.Event]:
    """The lookup takes as long as the test likes: set once it began, and to be set for it to end."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> str:
        begun.set()
        await go.wait()
        return "shipped"

    world.executor.behaviours["order-lookup"] = slow
    return begun, go


async def test_a_question_changed_while_its_turn_runs_is_offered_once(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up(2)
    begun, go = held(world)
    async with answering(slack, world, PATIENT, inbox):
        asked = await asks(slack, alex, "where is order 7?")
        await asyncio.wait_for(begun.wait(), 30)
        slack.post.duplicate()
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.until(lambda: alex.private("#support"))
        await slack.workspace.settled()
        unfurl(slack.workspace, asked, "A page")
        await slack.workspace.settled()
        go.set()
        await inbox.rest()

    assert len(alex.private("#support")) == 1
    assert [turn.text for turn in world.turns.turns.values()] == ["where is order 7?"]


async def test_stop_does_not_wait_behind_what_it_stops(slack: SlackSimulator, inbox: KeptJobs, alex: Person) -> None:
    world, begun = looking_up(), asyncio.Event()

    async def endless(*_: object) -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    world.executor.behaviours["order-lookup"] = endless
    async with answering(slack, world, PATIENT, inbox):
        asked = await asks(slack, alex)
        await asyncio.wait_for(begun.wait(), 30)
        await alex.says("#support", "stop", thread=asked)
        await inbox.rest()

    assert any("Stopped" in said(message) for message in slack.workspace.from_bot())


async def test_a_thread_whose_only_turn_has_just_begun_is_followed(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    world = looking_up(2)
    begun, go = held(world)
    async with answering(slack, world, PATIENT, inbox):
        asked = await asks(slack, alex)
        await asyncio.wait_for(begun.wait(), 30)
        await alex.says("#support", "and the other one?", thread=asked)
        await slack.workspace.settled()
        go.set()
        await inbox.rest()

    assert len(answers(slack)) == 2


async def test_a_thread_whose_question_waits_for_its_turn_is_followed(
    slack: SlackSimulator, inbox: KeptJobs, alex: Person
) -> None:
    """It is kept, and its turn is not: its asker is looked up first, and its files."""
    world = looking_up(2)
    inbox.going.clear()
    async with answering(slack, world, PATIENT, inbox):
        asked = await asks(slack, alex)
        elsewhere = await alex.says("#support", "lunch?")
        await slack.workspace.settled()
        await alex.says("#support", "and the other one?", thread=asked)
        await alex.says("#support", "at noon", thread=elsewhere)
        await slack.workspace.settled()
        inbox.going.set()
        await inbox.rest()

    assert {answer.thread_ts for answer in answers(slack)} == {asked.ts}
    assert [turn.text for turn in world.turns.turns.values()] == ["where is my order?", "and the other one?"]


async def test_a_question_that_is_being_written_down_has_its_thread_followed(
    slack: SlackSimulator, alex: Person
) -> None:
    inbox, world = SlowJobs(), looking_up(2)
    async with answering(slack, world, PATIENT, inbox):
        asked = await asks(slack, alex)
        await asyncio.wait_for(inbox.adding.get(), 30)
        await alex.says("#support", "and the other one?", thread=asked)
        await asyncio.wait_for(inbox.adding.get(), 30)
        inbox.go.set()
        await slack.workspace.settled()
        await inbox.rest()

    assert [turn.text for turn in world.turns.turns.values()] == ["where is my order?", "and the other one?"]


class SlowJobs(KeptJobs):
    """Writes take as long as the test likes."""

    def __init__(self) -> None:
        super().__init__()
        self.adding: asyncio.Queue[str] = asyncio.Queue()
        self.go = asyncio.Event()

    async def add(self, job: Job, *, begun: bool = False) -> bool:
        self.adding.put_nowait(job.key)
        await self.go.wait()
        return await super().add(job, begun=begun)


async def test_kept_jobs_hold_no_credential(slack: SlackSimulator, inbox: KeptJobs) -> None:
    office = Office(slack, World(BOOK, plans=(booking(),)), PATIENT, inbox=inbox)
    sam = office.person("sam")
    async with office.open():
        question = await card(office, sam)
        await sam.clicks(question, CONFIRM)
        await sam.runs("/deskhand", "ask where is it?")
        await inbox.rest()

    kept = repr([(job.key, dict(job.payload)) for job in inbox.jobs.values()])
    secrets = [*slack.core.response_urls, *slack.core.triggers, slack.workspace.bot_token]
    assert len(inbox.jobs) == 3
    assert secrets
    assert not [each for each in secrets if each in kept]
