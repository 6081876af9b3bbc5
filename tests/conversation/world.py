"""An engine built of the real steps and honest doubles, with everything in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.conversation.approval import Approvals
from bot.conversation.composer import Composer
from bot.conversation.context import ContextBuilder
from bot.conversation.engine import Engine, Parts
from bot.conversation.intake import Intake
from bot.conversation.ledger import Ledger
from bot.conversation.planner import Planner
from bot.conversation.runner import Runner
from bot.conversation.stopping import Stopping
from bot.domain.action import ActionSpec
from bot.domain.message import Reply
from bot.domain.person import Sender
from bot.ports import ReadDates
from tests.fakes import (
    ALEX,
    Answer,
    InlineExecutor,
    InMemoryApprovals,
    InMemoryFeedback,
    InMemoryJournals,
    InMemoryRuns,
    InMemoryTurns,
    ListedActions,
    ListedAudit,
    ScriptedModel,
    Ticking,
    Watching,
    WordMasker,
    counting,
    message,
    no_dates,
)


class World:
    """``say`` and ``decide`` go through the front door; the doubles show what came of it."""

    def __init__(
        self, *actions: ActionSpec, plans: tuple[Answer, ...] = (), secrets: tuple[str, ...] = (),
        read_dates: ReadDates = no_dates,
    ) -> None:  # fmt: skip
        self.model = ScriptedModel(*plans)
        self.executor = InlineExecutor()
        self.turns = InMemoryTurns()
        self.audit = ListedAudit()
        self.runs = InMemoryRuns(self.audit)
        self.approvals = InMemoryApprovals()
        self.journals = InMemoryJournals(self.runs, self.approvals, self.audit)
        self.catalogue = ListedActions(*actions)
        self.clock = Ticking()
        self.watch = Watching()
        self.opinions = InMemoryFeedback()
        self._masker, self._new_id, self._read_dates = WordMasker(*secrets), counting(), read_dates
        self.engine = self.process()

    def process(self, through: Callable[[Any], Any] = lambda part: part) -> Engine:
        """Another process over the same records: what the last one had in mind is gone.

        ``through`` may put something between its parts and the records.
        """
        masker, new_id = self._masker, self._new_id
        turns, runs, journals, kept = map(through, (self.turns, self.runs, self.journals, self.approvals))
        self.runner = Runner(through(self.executor), runs, self.audit, runs, self.clock)
        self.stopping = Stopping(self.runner.live, runs, turns, self.audit, self.clock)
        approvals = Approvals(kept, self.audit, repr, self.clock, new_id)
        self.ledger = Ledger(journals, runs, self.runner, approvals)
        return Engine(
            Parts(
                intake=Intake(turns, masker, new_id),
                contexts=ContextBuilder(turns),
                catalogue=self.catalogue,
                planner=Planner(self.model, lambda text, specs: specs[:20], self._read_dates, new_id),
                approvals=approvals,
                runner=self.runner,
                stopping=self.stopping,
                ledger=self.ledger,
                composer=Composer(self.model),
                turns=turns,
                runs=runs,
                opinions=self.opinions,
                masking=masker,
                clock=self.clock,
            )
        )

    async def say(self, text: str, sender: Sender = ALEX, id: str = "") -> Reply:  # noqa: A002
        return await self.engine.handle(message(text, sender, id), self.watch)

    async def decide(self, approval_id: str, approved: bool, by: Sender = ALEX) -> Reply:
        return await self.engine.decide(approval_id, approved, by, self.watch)

    @property
    def ran(self) -> list[str]:
        return [slug for slug, _ in self.executor.ran]
