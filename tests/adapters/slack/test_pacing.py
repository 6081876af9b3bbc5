"""The outbound queue on a clock that moves only when everybody sleeps."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.chat.pacing import SUBJECTS, Key, Limited, Pacer, Send

POST = Key("T1", "chat.postMessage", "C1")
EDIT = Key("T1", "chat.update", "C1")


class Time:
    """Seconds that pass only in ``forward``, which wakes sleepers in order and lets everybody run."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, woken))
        await woken

    async def forward(self, seconds: float = 0.0) -> None:
        end = self.now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self.now = end


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


@dataclass
class Wire:
    """What reached Slack, and when. ``refusals`` are how long it asks to wait, one for each next call."""

    time: Time
    sent: list[tuple[float, str]] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    tries: int = 0

    def send(self, text: str) -> Send[str]:
        async def call() -> str:
            self.tries += 1
            if self.refusals:
                raise Limited(self.refusals.pop(0))
            self.sent.append((self.time.now, text))
            return f"ts of {text}"

        return call


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def wire(time: Time) -> Wire:
    return Wire(time)


@pytest.fixture
async def pacer(time: Time) -> AsyncIterator[Pacer]:
    async with Pacer(time, time.sleep) as pacer:
        yield pacer


def start(pacer: Pacer, key: Key, send: Send[str], subject: str = "") -> asyncio.Task[str]:
    return asyncio.ensure_future(pacer.final(key, send, subject))


async def test_progress_is_sent_at_most_once_a_second_and_only_the_newest(time: Time, wire: Wire, pacer: Pacer) -> None:
    for quarter in range(12):
        pacer.progress(EDIT, wire.send(f"p{quarter}"))
        await time.forward(0.25)
    await time.forward(5)
    assert [text for _, text in wire.sent] == ["p0", "p3", "p7", "p11"]
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(wire.sent)]
    assert min(gaps) >= 1
    assert wire.sent[-1][1] == "p11"


async def test_an_answer_goes_at_once_and_makes_progress_stale(time: Time, wire: Wire, pacer: Pacer) -> None:
    pacer.progress(EDIT, wire.send("p1"))
    await time.forward()
    pacer.progress(EDIT, wire.send("p2"))
    assert await pacer.final(EDIT, wire.send("answer")) == "ts of answer"
    await time.forward(10)
    assert wire.sent == [(0.0, "p1"), (0.0, "answer")]


async def test_an_answer_makes_progress_stale_in_other_queues_of_its_subject_only(
    time: Time, wire: Wire, pacer: Pacer
) -> None:
    for subject in ("thread 1", "thread 2"):
        pacer.progress(EDIT, wire.send(f"first {subject}"), subject)
        await time.forward()
    pacer.progress(EDIT, wire.send("late thread 1"), "thread 1")
    await pacer.final(POST, wire.send("answer 1"), "thread 1")
    await time.forward(10)
    assert [text for _, text in wire.sent] == ["first thread 1", "answer 1", "first thread 2"]


async def test_subjects_of_one_queue_take_turns(time: Time, wire: Wire, pacer: Pacer) -> None:
    for round_ in range(3):
        pacer.progress(EDIT, wire.send(f"a{round_}"), "a")
        pacer.progress(EDIT, wire.send(f"b{round_}"), "b")
        await time.forward(2)
    assert [text[0] for _, text in wire.sent] == ["a", "b", "a", "b", "a", "b"]


async def test_answers_wait_as_slack_asks_and_keep_their_order(time: Time, wire: Wire, pacer: Pacer) -> None:
    wire.refusals = [30, 5]
    first, second = start(pacer, POST, wire.send("first")), start(pacer, POST, wire.send("second"))
    await time.forward(29)
    assert (wire.sent, wire.tries) == ([], 1)
    await time.forward(10)
    assert wire.sent == [(35.0, "first"), (35.0, "second")]
    assert (await first, await second) == ("ts of first", "ts of second")


async def test_a_limit_of_one_queue_does_not_hold_up_another(time: Time, wire: Wire, pacer: Pacer) -> None:
    wire.refusals = [30]
    slow = start(pacer, POST, wire.send("slow"))
    await time.forward()
    elsewhere = Key("T1", "chat.postMessage", "C2")
    assert await pacer.final(elsewhere, wire.send("quick")) == "ts of quick"
    assert not slow.done()
    await time.forward(30)
    assert await slow == "ts of slow"


async def test_progress_waits_as_slack_asks_and_newer_progress_takes_its_place(
    time: Time, wire: Wire, pacer: Pacer
) -> None:
    wire.refusals = [10]
    pacer.progress(EDIT, wire.send("old"))
    await time.forward(1)
    pacer.progress(EDIT, wire.send("new"))
    await time.forward(20)
    assert wire.sent == [(10.0, "new")]


async def test_refused_progress_goes_again_if_nothing_newer_came(time: Time, wire: Wire, pacer: Pacer) -> None:
    wire.refusals = [10]
    pacer.progress(EDIT, wire.send("only"))
    await time.forward(20)
    assert wire.sent == [(10.0, "only")]


async def test_progress_on_its_way_arrives_before_the_answer(time: Time, wire: Wire, pacer: Pacer) -> None:
    gate = asyncio.Event()

    async def status() -> None:
        await gate.wait()
        wire.sent.append((time.now, "status"))

    pacer.progress(EDIT, status, "thread")
    await time.forward()
    answer = start(pacer, POST, wire.send("answer"), "thread")
    await time.forward(1)
    assert wire.sent == []
    gate.set()
    await answer
    assert [text for _, text in wire.sent] == ["status", "answer"]


async def test_refused_progress_on_its_way_does_not_outlive_the_answer(time: Time, wire: Wire, pacer: Pacer) -> None:
    gate = asyncio.Event()

    async def status() -> None:
        await gate.wait()
        raise Limited(3)

    pacer.progress(EDIT, status, "thread")
    await time.forward()
    answer = start(pacer, POST, wire.send("answer"), "thread")
    gate.set()
    await answer
    await time.forward(20)
    assert [text for _, text in wire.sent] == ["answer"]
    assert len(pacer) == 0


async def test_the_caller_hears_what_went_wrong_and_the_others_go_on(wire: Wire, pacer: Pacer) -> None:
    async def broken() -> str:
        raise ValueError("channel_not_found")

    with pytest.raises(ValueError, match="channel_not_found"):
        await pacer.final(POST, broken)
    assert await pacer.final(POST, wire.send("next")) == "ts of next"


async def test_progress_that_fails_is_told_and_stops_nothing(time: Time, wire: Wire) -> None:
    told: list[Exception] = []

    async def broken() -> None:
        raise ValueError("no")

    async with Pacer(time, time.sleep, told.append) as pacer:
        pacer.progress(EDIT, broken)
        await time.forward(2)
        pacer.progress(EDIT, wire.send("next"))
        await time.forward(2)
    assert [str(error) for error in told] == ["no"]
    assert [text for _, text in wire.sent] == ["next"]


async def test_an_answer_outlives_its_caller(time: Time, wire: Wire, pacer: Pacer) -> None:
    wire.refusals = [5]
    caller = start(pacer, POST, wire.send("answer"))
    await time.forward(1)
    caller.cancel()
    await time.forward(10)
    assert caller.cancelled()
    assert [text for _, text in wire.sent] == ["answer"]


async def test_closing_waits_for_answers_and_drops_progress(time: Time, wire: Wire) -> None:
    wire.refusals = [5]

    async def session() -> None:
        async with Pacer(time, time.sleep) as pacer:
            start(pacer, POST, wire.send("answer"), "1").add_done_callback(lambda task: None)
            await settle()
            pacer.progress(POST, wire.send("progress"), "2")

    closing = asyncio.ensure_future(session())
    await time.forward(4)
    assert not closing.done()
    await time.forward(4)
    await closing
    assert [text for _, text in wire.sent] == ["answer"]


async def test_a_failing_body_still_sends_its_answers(time: Time, wire: Wire) -> None:
    async def session() -> None:
        async with Pacer(time, time.sleep) as pacer:
            start(pacer, POST, wire.send("answer")).add_done_callback(lambda task: None)
            await settle()
            raise KeyError("body")

    wire.refusals = [2]
    closing = asyncio.ensure_future(session())
    await time.forward(3)
    with pytest.raises(KeyError):
        await closing
    assert [text for _, text in wire.sent] == ["answer"]


async def test_a_closed_pacer_takes_nothing(time: Time, wire: Wire) -> None:
    async with Pacer(time, time.sleep) as pacer:
        pass
    pacer.progress(EDIT, wire.send("progress"))
    with pytest.raises(RuntimeError):
        await pacer.final(POST, wire.send("answer"))
    assert wire.tries == 0


async def test_nothing_is_kept_of_queues_that_are_idle(time: Time, wire: Wire, pacer: Pacer) -> None:
    for number in range(100):
        await pacer.final(Key("T1", "chat.postMessage", f"C{number}"), wire.send("answer"))
        pacer.progress(Key("T1", "chat.update", f"C{number}"), wire.send("progress"))
    assert len(pacer) > 0
    await time.forward(10)
    assert len(pacer) == 0


async def test_waiting_progress_is_bounded(time: Time, wire: Wire, pacer: Pacer) -> None:
    for number in range(3 * SUBJECTS):
        pacer.progress(EDIT, wire.send(str(number)), str(number))
    await time.forward(10_000)
    assert [text for _, text in wire.sent] == [str(number) for number in range(2 * SUBJECTS, 3 * SUBJECTS)]


@pytest.mark.parametrize(("asked", "waited"), [(0, 1), (-5, 1), (float("nan"), 1), (0.2, 1), (7, 7)])
def test_a_pause_is_never_shorter_than_a_second(asked: float, waited: float) -> None:
    assert Limited(asked).seconds == waited


STEPS = st.lists(
    st.tuples(st.sampled_from(["final", "progress", "wait", "refuse"]), st.integers(0, 2), st.integers(0, 2)),
    max_size=40,
)


@settings(deadline=None, max_examples=100)
@given(STEPS)
def test_whatever_happens_every_answer_arrives_once_and_in_order(steps: list[tuple[str, int, int]]) -> None:
    asyncio.run(_played(steps))


async def _played(steps: list[tuple[str, int, int]]) -> None:
    time = Time()
    wires = [Wire(time) for _ in range(3)]
    expected: list[list[str]] = [[], [], []]
    async with Pacer(time, time.sleep) as pacer:
        acts: dict[str, Callable[[int, int, str], object]] = {
            "final": lambda lane, subject, name: _final(pacer, wires, expected, lane, subject, name),
            "progress": lambda lane, subject, name: pacer.progress(
                Key("T", "m", str(lane)), wires[lane].send(f"p{subject}"), str(subject)
            ),
            "refuse": lambda lane, subject, name: wires[lane].refusals.append(subject * 2),
        }
        answers = []
        for number, (act, lane, subject) in enumerate(steps):
            if act == "wait":
                await time.forward(subject * 0.7)
            else:
                answers.append(acts[act](lane, subject, f"f{number}"))
                await settle()
        await time.forward(1_000)
        assert len(pacer) == 0
        tasks = [answer for answer in answers if isinstance(answer, asyncio.Task)]
        assert sum(map(len, expected)) == len(await asyncio.gather(*tasks))
    for wire, finals in zip(wires, expected, strict=True):
        assert [text for _, text in wire.sent if text.startswith("f")] == finals
        _assert_paced(wire.sent)


def _final(
    pacer: Pacer, wires: list[Wire], expected: list[list[str]], lane: int, subject: int, name: str
) -> asyncio.Task[str]:
    expected[lane].append(name)
    return start(pacer, Key("T", "m", str(lane)), wires[lane].send(name), str(subject))


def _assert_paced(sent: list[tuple[float, str]]) -> None:
    for (before, _), (at, text) in itertools.pairwise(sent):
        assert text.startswith("f") or at - before > 0.999_999  # a sum of tenths


async def test_each_wish_of_the_platform_to_wait_is_counted() -> None:
    time, asked = Time(), list[None]()
    wire = Wire(time, refusals=[2.0, 3.0])
    async with Pacer(time, time.sleep, limited=lambda: asked.append(None)) as pacer:
        answer = start(pacer, POST, wire.send("answer"))
        await time.forward(10)
        await answer

    assert len(asked) == 2
