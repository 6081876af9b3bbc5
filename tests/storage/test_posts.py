"""A post comes back as it was, is written once together with its job, and says what became of it."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.message import Platform
from bot.domain.post import Address, Post, PostState, Streak
from bot.domain.run import File
from bot.domain.turn import Remembered
from bot.storage.storage import Storage
from tests.storage.samples import HARD_TEXT, minutes

SLA = Address(Platform.SLACK, "T1/C1", "17.42")
OWNER = Address(Platform.DISCORD, "42", person=True)
POST = Post(
    key="post/schedule/s1/9:00/0",
    firing="schedule/s1/9:00",
    origin="schedule/s1",
    title="SLA digest",
    address=SLA,
    text=HARD_TEXT,
    at=minutes(1),
    results=(Remembered("sla", "SLA", {"team": "Küche"}, "success", HARD_TEXT, "sla"),),
    files=(File("r1", 0, "chart.png", "image/png", 7),),
    owner=OWNER,
    fingerprint="f1",
)
WORD = replace(POST, key="post/schedule/s1/9:00/owner", address=OWNER, fingerprint="", results=(), files=(), owner=None)


async def test_posts_are_kept_once_each_with_its_job_in_one_transaction(storage: Storage) -> None:
    await storage.posts.keep([POST, WORD], Streak("schedule/s1", POST.firing, 2, told=True))
    await storage.posts.keep([replace(POST, text="other")], Streak("schedule/s1", POST.firing, 2, told=True))

    assert await storage.posts.get(POST.key) == POST
    assert [job.key for job in await storage.inbox.unfinished()] == [POST.key, WORD.key]
    assert {(job.kind, job.payload["post"]) for job in await storage.inbox.unfinished()} == {
        ("post.deliver", POST.key),
        ("post.deliver", WORD.key),
    }
    assert await storage.posts.streak("schedule/s1") == Streak("schedule/s1", POST.firing, 2, told=True)
    assert await storage.posts.streak("schedule/s2") == Streak("schedule/s2")


async def test_what_became_of_a_post_is_kept_with_the_word_that_it_owes(storage: Storage) -> None:
    await storage.posts.keep([POST])
    refused = replace(POST, state=PostState.REFUSED, tries=3, why="no such channel")

    await storage.posts.settle(refused, WORD)

    assert await storage.posts.get(POST.key) == refused
    assert list(await storage.posts.queued(POST.firing)) == [WORD]
    assert list(await storage.posts.latest("schedule/s1", 9)) == [WORD, refused]


async def test_the_last_post_is_of_results_and_was_not_turned_down(storage: Storage) -> None:
    later = replace(POST, key="later", at=minutes(2), state=PostState.REFUSED)
    sent = replace(POST, state=PostState.SENT, link="https://x")
    await storage.posts.keep([POST, later, replace(WORD, at=minutes(3))])
    await storage.posts.settle(later)
    await storage.posts.settle(sent)

    assert await storage.posts.last("schedule/s1") == sent
    assert await storage.posts.last("schedule/s9") is None


async def test_what_is_queued_or_still_compared_with_is_not_forgotten(storage: Storage) -> None:
    older = replace(POST, key="older", at=minutes(0), state=PostState.SENT)
    newest = replace(POST, state=PostState.SENT)
    refused = replace(POST, key="refused", at=minutes(2), state=PostState.REFUSED, origin="schedule/s2")
    await storage.posts.keep([older, newest, WORD, refused])

    assert await storage.posts.forget(minutes(5)) == 2
    assert list(await storage.posts.latest("schedule/s1", 9)) == [WORD, newest]
    assert await storage.posts.last("schedule/s1") == newest
