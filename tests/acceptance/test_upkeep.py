"""What a serving process does beside serving, over the real parts."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.app import open_service
from bot.domain.message import ConversationId, Platform
from bot.domain.run import RunState
from bot.domain.turn import TurnState
from bot.upkeep import forget, go_on, start_set_apart
from tests.acceptance.conftest import settings
from tests.fakes import message
from tests.storage.samples import run


async def test_a_turn_of_the_web_chat_that_was_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, quiet_environment: None
) -> None:
    asked = replace(message("hello", id="m-1"), conversation=ConversationId(Platform.WEB, "room"))
    async with open_service(settings(tmp_path, demo=False, sandbox="off")) as service:
        await service.records.storage.turns.begin(asked, "turn-1")

    async with open_service(settings(tmp_path, demo=False, sandbox="off")) as service:
        await go_on(service)
        turn = await service.records.storage.turns.get("turn-1")

    assert turn
    assert (turn.state, turn.message_id) == (TurnState.DONE, "m-1")
    assert turn.reply


async def test_what_is_older_than_is_wanted_goes_and_the_rest_stays(tmp_path: Path, quiet_environment: None) -> None:
    async with open_service(settings(tmp_path, demo=False, sandbox="off", retention_days=30)) as service:
        storage, now = service.records.storage, service.clock()
        for name, days in (("old", 31), ("new", 29)):
            await storage.runs.started(run(name, state=RunState.DONE, started_at=now - timedelta(days=days)))

        await forget(service)

        assert [each.id for each in await storage.runs.latest(9)] == ["new"]


def test_the_collector_leaves_alone_what_the_start_made_but_no_garbage_is_kept_with_it() -> None:
    class Round:
        """Refers to itself: only the collector finds that nobody wants it."""

        def __init__(self) -> None:
            self.itself = self

    before, wanted, dropped = gc.get_freeze_count(), Round(), weakref.ref(Round())
    with start_set_apart():
        assert dropped() is None
        assert gc.get_freeze_count() > before
        assert not any(one is wanted for one in gc.get_objects())
    assert gc.get_freeze_count() == 0
    assert any(one is wanted for one in gc.get_objects())
