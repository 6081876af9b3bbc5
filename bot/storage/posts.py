"""Posts as they are kept, each with the job that makes it: ``ports.PostStore``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, delete, func, or_, select, update

from bot.domain.post import Post, PostState, Streak
from bot.storage import codec
from bot.storage.database import Database
from bot.storage.inbox import put
from bot.storage.statements import insert_once, insert_or_replace
from bot.storage.tables import posts, streaks

_ONE = select(posts).where(posts.c.key == bindparam("wanted"))
_QUEUED = (
    select(posts)
    .where(posts.c.firing == bindparam("wanted"), posts.c.state == PostState.QUEUED.value)
    .order_by(posts.c.key)
)
_LATEST = (
    select(posts)
    .where(posts.c.origin == bindparam("wanted"))
    .order_by(posts.c.at.desc(), posts.c.key.desc())
    .limit(bindparam("limit"))
)
_LAST = (
    select(posts)
    .where(
        posts.c.origin == bindparam("wanted"),
        posts.c.fingerprint != "",
        posts.c.state.in_((PostState.QUEUED.value, PostState.SENT.value)),
    )
    .order_by(posts.c.at.desc(), posts.c.key.desc())
    .limit(1)
)
_SETTLE = (
    update(posts)
    .where(posts.c.key == bindparam("wanted"))
    .values(
        state=bindparam("ended"), tries=bindparam("counted"), why=bindparam("reason"), link=bindparam("found")
    )
)  # fmt: skip
_STREAK = select(streaks).where(streaks.c.origin == bindparam("wanted"))
_later = posts.alias("later")
_NEWEST = (
    select(func.max(_later.c.at))
    .where(_later.c.origin == posts.c.origin, _later.c.fingerprint != "", _later.c.state == PostState.SENT.value)
    .scalar_subquery()
)
_FORGET = delete(posts).where(
    posts.c.state != PostState.QUEUED.value,
    posts.c.at < bindparam("before"),
    or_(posts.c.fingerprint == "", posts.c.at < func.coalesce(_NEWEST, bindparam("before"))),
)


class PostRows:
    """One row for each message to one place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, written: Sequence[Post], streak: Streak | None = None) -> None:
        """In one transaction: those that are not known yet, each with its job, and how the streak stands now."""
        await self._database.write(lambda connection: _kept(connection, written, streak))

    async def get(self, key: str) -> Post | None:
        row = await self._database.read(lambda connection: connection.execute(_ONE, {"wanted": key}).first())
        return _post(row) if row else None

    async def queued(self, firing: str) -> Sequence[Post]:
        """What of one firing is still to be posted."""
        given = {"wanted": firing}
        rows = await self._database.read(lambda connection: connection.execute(_QUEUED, given).all())
        return [_post(row) for row in rows]

    async def last(self, origin: str) -> Post | None:
        """The newest post of results of that origin that was sent or will be."""
        row = await self._database.read(lambda connection: connection.execute(_LAST, {"wanted": origin}).first())
        return _post(row) if row else None

    async def latest(self, origin: str, limit: int) -> Sequence[Post]:
        """Newest first, words to the owner among them."""
        given = {"wanted": origin, "limit": limit}
        rows = await self._database.read(lambda connection: connection.execute(_LATEST, given).all())
        return [_post(row) for row in rows]

    async def settle(self, post: Post, word: Post | None = None) -> None:
        """In one transaction: what became of it, and a word to its owner if one is owed."""
        given = {
            "wanted": post.key,
            "ended": post.state.value,
            "counted": post.tries,
            "reason": post.why,
            "found": post.link,
        }

        def write(connection: Connection) -> None:
            connection.execute(_SETTLE, given)
            _kept(connection, [word] if word else [], None)

        await self._database.write(write)

    async def streak(self, origin: str) -> Streak:
        """How many failures in a row there are."""
        row = await self._database.read(lambda connection: connection.execute(_STREAK, {"wanted": origin}).first())
        return Streak(row.origin, row.latest, row.failures, row.told) if row else Streak(origin)

    async def forget(self, before: datetime) -> int:
        """Drop what was settled and is older, but never what the next result is compared with; how many."""
        given = {"before": codec.to_micros(before)}
        return await self._database.write(lambda connection: int(connection.execute(_FORGET, given).rowcount))


def _kept(connection: Connection, written: Sequence[Post], streak: Streak | None) -> None:
    for post in written:
        if insert_once(connection, posts, _row(post)):
            put(connection, post.job)
    if streak:
        row = {"origin": streak.origin, "latest": streak.latest, "failures": streak.failures, "told": streak.told}
        insert_or_replace(connection, streaks, row)


def _row(post: Post) -> dict[str, object]:
    return {
        "key": post.key,
        "firing": post.firing,
        "origin": post.origin,
        "title": post.title,
        "address": codec.address_to_json(post.address),
        "text": post.text,
        "at": codec.to_micros(post.at),
        "results": codec.results_to_json(post.results),
        "files": codec.files_to_json(post.files),
        "owner": codec.address_to_json(post.owner) if post.owner else "",
        "fingerprint": post.fingerprint,
        "state": post.state.value,
        "tries": post.tries,
        "why": post.why,
        "link": post.link,
    }


def _post(row: Row[tuple[object, ...]]) -> Post:
    found = row._mapping
    return Post(
        key=found["key"],
        firing=found["firing"],
        origin=found["origin"],
        title=found["title"],
        address=codec.address_from_json(found["address"]),
        text=found["text"],
        at=codec.from_micros(found["at"]),
        results=codec.results_from_json(found["results"]),
        files=codec.files_from_json(found["files"]),
        owner=codec.address_from_json(found["owner"]) if found["owner"] else None,
        fingerprint=found["fingerprint"],
        state=PostState(found["state"]),
        tries=found["tries"],
        why=found["why"],
        link=found["link"],
    )
