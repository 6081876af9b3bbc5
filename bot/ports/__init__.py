"""What the engine needs from the world, and what the faces need from the engine.

Each port is small enough that a stranger could write a second implementation in an afternoon. Domain types
stand on both sides; foreign errors are translated to ``bot.errors`` before they cross.
"""

from __future__ import annotations

from bot.ports.basics import Clock, Emit, NewId, ReadDates, Shortlist, Suggestions, Watch
from bot.ports.catalogue import ActionStore, Catalogue, StoredAction, Switch
from bot.ports.conversations import Conversations, Edited
from bot.ports.history import RunPages, Sought
from bot.ports.meters import Meters, Unmeasured
from bot.ports.model import Composition, LanguageModel
from bot.ports.posting import Address, Outgoing, Posted, Poster, Posting, PostStore
from bot.ports.records import ApprovalStore, AuditLog, Claims, FeedbackStore, Journals, Links, RunStore, TurnStore
from bot.ports.running import Errands, Executor, Given, RunDesk, RunLog, Sandbox, SandboxJob, SandboxResult
from bot.ports.schedules import Firing, ScheduleLines, ScheduleStore, no_schedules
from bot.ports.secrets import Masker, Masking, MaskStream, Sealing, SecretNames, Secrets
from bot.ports.webhooks import Arrivals, Webhooks
from bot.ports.work import Dispatcher, GivenUp, Handler, Inbox, PromptDispatcher

__all__ = [
    "ActionStore",
    "Address",
    "ApprovalStore",
    "Arrivals",
    "AuditLog",
    "Catalogue",
    "Claims",
    "Clock",
    "Composition",
    "Conversations",
    "Dispatcher",
    "Edited",
    "Emit",
    "Errands",
    "Executor",
    "FeedbackStore",
    "Firing",
    "Given",
    "GivenUp",
    "Handler",
    "Inbox",
    "Journals",
    "LanguageModel",
    "Links",
    "MaskStream",
    "Masker",
    "Masking",
    "Meters",
    "NewId",
    "Outgoing",
    "PostStore",
    "Posted",
    "Poster",
    "Posting",
    "PromptDispatcher",
    "ReadDates",
    "RunDesk",
    "RunLog",
    "RunPages",
    "RunStore",
    "Sandbox",
    "SandboxJob",
    "SandboxResult",
    "ScheduleLines",
    "ScheduleStore",
    "Sealing",
    "SecretNames",
    "Secrets",
    "Shortlist",
    "Sought",
    "StoredAction",
    "Suggestions",
    "Switch",
    "TurnStore",
    "Unmeasured",
    "Watch",
    "Webhooks",
    "no_schedules",
]
