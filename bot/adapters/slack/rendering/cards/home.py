"""The Home tab: what I can do, what I did, what waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.adapters.footer import duration, run_mark
from bot.adapters.markup.neutral import cut, escaped, one_line
from bot.adapters.slack.rendering.cards.approval import confirm_blocks
from bot.adapters.slack.rendering.elements import Json, context, divider, header, moment, section
from bot.adapters.slack.rendering.limits import VIEW_BLOCKS
from bot.domain.action import ActionSpec, ActionState
from bot.domain.approval import Approval
from bot.domain.run import Run, RunState

INTRODUCTION = (
    "Mention me in a channel, write to me here, or type `/` to find my command. "
    "I look things up side by side and answer once, naming what I used. I ask before I change anything."
)
NO_EMAIL = (
    "Slack does not tell me your e-mail, as for guests and for people of other organisations. "
    "What needs it does not run for you."
)
_ACTIONS, _RUNS, _APPROVALS, _SCHEDULES = 20, 10, 3, 10


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule as the Home tab shows it."""

    name: str
    when: str
    """In words: ``every Monday at 09:00 Europe/London``."""
    channel: str = ""
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """What one person is shown. The lists are theirs alone, newest first."""

    actions: Sequence[ActionState] = ()
    runs: Sequence[Run] = ()
    approvals: Sequence[Approval] = ()
    schedules: Sequence[Planned] = ()
    specs: Mapping[str, ActionSpec] = field(default_factory=dict)
    """Definitions of the actions that wait in ``approvals``."""
    email: str = ""
    """As Slack vouches for it; empty where it does not."""


def home_view(home: Home) -> Json:
    """The view for ``views.publish``."""
    parts = (_intro(home), _waiting(home), _actions(home.actions), _runs(home.runs), _schedules(home.schedules))
    blocks = [block for part in parts for block in part]
    return {"type": "home", "blocks": blocks[:VIEW_BLOCKS]}


def _intro(home: Home) -> Iterator[Json]:
    yield header("What I can do")
    yield section(INTRODUCTION)
    yield context(f"Slack tells me that you are {_words(home.email, 200)}." if home.email else NO_EMAIL)


def _waiting(home: Home) -> Iterator[Json]:
    if home.approvals:
        yield divider()
        yield header("Waiting for your yes")
    for place, approval in enumerate(home.approvals[:_APPROVALS]):
        for block in confirm_blocks(approval, home.specs):
            yield {**block, "block_id": f"approval-{place}"} if "block_id" in block else block
    yield from _more(home.approvals, _APPROVALS)


def _actions(states: Sequence[ActionState]) -> Iterator[Json]:
    yield divider()
    yield header("Actions open to you")
    if not states:
        yield context("None yet.")
    yield from _lines(_action(state) for state in states[:_ACTIONS])
    yield from _more(states, _ACTIONS)


def _runs(runs: Sequence[Run]) -> Iterator[Json]:
    yield divider()
    yield header("Recent runs")
    if not runs:
        yield context("None yet.")
    yield from _lines(map(_run, runs[:_RUNS]))
    yield from _more(runs, _RUNS)


def _schedules(schedules: Sequence[Planned]) -> Iterator[Json]:
    if schedules:
        yield divider()
        yield header("Schedules")
    yield from _lines(map(_schedule, schedules[:_SCHEDULES]))
    yield from _more(schedules, _SCHEDULES)


def _lines(lines: Iterable[str]) -> Iterator[Json]:
    return map(section, lines)


def _more(items: Sequence[object], shown: int) -> Iterator[Json]:
    if len(items) > shown:
        yield context(f"and {len(items) - shown} more")


def _action(state: ActionState) -> str:
    asks = " · asks first" if state.spec.effect.value == "write" else ""
    off = "" if state.enabled else f" · off: {_words(state.reason or 'switched off', 200)}"
    return f"*{_words(state.spec.name, 100)}*{asks}{off}\n{_words(state.spec.condition, 300)}"


def _run(run: Run) -> str:
    took = f" · {duration(run.seconds)}" if run.seconds is not None else ""
    at = moment(run.started_at, "{date_short_pretty} {time}")
    failed = f" · {_words(run.detail, 200)}" if run.detail and run.state is not RunState.DONE else ""
    return f"{run_mark(run.state)} *{_words(run.name, 100)}* · {at}{took}{failed}\n{_words(run.question, 200)}"


def _schedule(schedule: Planned) -> str:
    where = f" · {_words(schedule.channel, 80)}" if schedule.channel else ""
    following = f" · next {moment(schedule.next_at, '{date_short_pretty} {time}')}" if schedule.next_at else ""
    return f"*{_words(schedule.name, 100)}* · {_words(schedule.when, 200)}{where}{following}"


def _words(text: str, limit: int) -> str:
    return cut(one_line(text), limit, escaped)
