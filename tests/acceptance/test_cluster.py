"""Gateway, web and two workers as processes of their own on PostgreSQL, some of them killed while people ask."""

from __future__ import annotations

from argparse import Namespace

from tests.chaos.__main__ import play


async def test_processes_that_are_killed_lose_nothing_and_do_nothing_twice() -> None:
    asked = Namespace(driver="procrastinate", rounds=0, point="", kills=2, messages=8, seed=6)

    assert await play(asked) == 0, "the story is above"
