"""An engine built of the real steps and honest doubles, with everything in sight."""

from __future__ import annotations

from bot.conversation.approval import Approvals
from bot.conversation.composer import Composer
from bot.conversation.context import ContextBuilder
from bot.conversation.engine import Engine, Parts
from bot.conversation.intake import Intake
from bot.conversation.planner import Planner
from bot.conversation.runner import Runner
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
        self.runs = InMemoryRuns()
        self.approvals = InMemoryApprovals()
        self.audit = ListedAudit()
        self.catalogue = ListedActions(*actions)
        self.clock = Ticking()
        self.watch = Watching()
        self.opinions = InMemoryFeedback()
        masker = WordMasker(*secrets)
        new_id = counting()
        self.engine = Engine(
            Parts(
                intake=Intake(self.turns, masker, new_id),
                contexts=ContextBuilder(self.turns),
                catalogue=self.catalogue,
                planner=Planner(self.model, lambda text, specs: specs[:20], read_dates, new_id),
                approvals=Approvals(self.approvals, self.audit, repr, self.clock, new_id),
                runner=Runner(self.executor, self.runs, self.audit, self.clock),
                composer=Composer(self.model),
                turns=self.turns,
                runs=self.runs,
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
