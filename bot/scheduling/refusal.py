"""How plain words are refused."""

from __future__ import annotations

from bot.domain.schedule import ScheduleFault, ScheduleRefused
from bot.scheduling.fields import shown

EXAMPLES = (
    '"every weekday at 9:00", "every monday and thursday at 8:30", "on the 1st at 9:00", "every 15 minutes", '
    'or cron such as "0 9 * * 1-5"'
)


def refused(where: str, problem: str, mend: str) -> ScheduleRefused:
    """One fault as an error."""
    return ScheduleRefused([ScheduleFault(where, problem, mend)])


def not_understood(where: str, text: str) -> ScheduleRefused:
    """Words that mean nothing here, with forms that do."""
    return refused(where, f"{shown(text)} is not understood.", f"Write, for example, {EXAMPLES}.")
