"""What one person can see of the service: the matter of a home page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.action import ActionSpec, ActionState
from bot.domain.approval import Approval
from bot.domain.run import Run
from bot.domain.schedule import ScheduleLine


@dataclass(frozen=True, slots=True)
class Overview:
    """For one person."""

    actions: tuple[ActionState, ...]
    """Those that may be asked for."""
    runs: tuple[Run, ...]
    """The latest that ran for this person, newest first."""
    approvals: tuple[Approval, ...]
    """What waits for this person's yes or no."""
    schedules: tuple[ScheduleLine, ...] = ()
    """What runs by itself, for everybody."""

    @property
    def specs(self) -> Mapping[str, ActionSpec]:
        """The definitions by slug."""
        return {state.spec.slug: state.spec for state in self.actions}
