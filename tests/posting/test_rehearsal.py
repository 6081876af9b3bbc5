"""A rehearsal shows its author what a post would be, and leaves no trace but a run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.domain.action import Effect
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.post import Compose, Delivery, PostWhen
from bot.domain.run import ActionResult
from bot.domain.schedule import Schedule, ScheduleRefused
from bot.ports import Watch
from bot.posting.rehearsal import Rehearsal
from bot.posting.rules import delivery_faults
from tests.fakes import ALEX, ListedActions, action, counting, text_parameter
from tests.posting.conftest import Office
from tests.posting.samples import DELIVERY, NINE, SLA, fired, result, tickets

MONDAYS = Schedule(
    "s1", "sla-watch", "SLA digest", "0 9 * * 1", NINE, "Europe/Berlin", {"team": "Billing"}, delivery=DELIVERY
)


@dataclass
class Errands:
    """Gives the same result to each errand."""

    gives: ActionResult = field(default_factory=result)
    asked: list[Errand] = field(default_factory=list)

    async def run(self, errand: Errand, watch: Watch) -> ActionResult:
        self.asked.append(errand)
        return self.gives


def rehearsal(office: Office, errands: Errands, effect: Effect = Effect.READ) -> Rehearsal:
    actions = ListedActions(action("sla-watch", text_parameter("team"), effect=effect))
    return Rehearsal(actions, errands, office.postbox, office.clock, counting())


async def test_the_author_sees_the_post_and_nobody_else_does(office: Office) -> None:
    await office.fire(fired(tickets(1)))
    posted, errands = len(await office.kept()), Errands(tickets(1, 2))

    digest = replace(MONDAYS, delivery=replace(DELIVERY, compose=Compose.DIGEST))
    shown = await rehearsal(office, errands).show(digest, ALEX)

    assert shown.posted
    assert "- New: #2, Case 2" in shown.text
    assert shown.text.endswith("Ran 09:00 (Europe/Berlin); data as of 09:00.")
    assert len(await office.kept()) == posted
    assert [(one.origin, one.asker, one.arguments) for one in errands.asked] == [
        (Origin.MANUAL, ALEX, {"team": "Billing"})
    ]


async def test_what_would_not_be_posted_is_shown_all_the_same(office: Office) -> None:
    quiet = replace(MONDAYS, delivery=replace(DELIVERY, post=PostWhen.NOT_EMPTY))

    shown = await rehearsal(office, Errands(result("[]"))).show(quiet, ALEX)

    assert (shown.posted, "SLA digest" in shown.text) == (False, True)


async def test_what_changes_data_is_shown_and_not_run(office: Office) -> None:
    errands = Errands()

    shown = await rehearsal(office, errands, Effect.WRITE).show(MONDAYS, ALEX)

    assert errands.asked == []
    assert not shown.posted
    assert "a rehearsal does not run it. When it is due it runs with: team = Billing." in shown.text


@pytest.mark.parametrize(
    ("schedule", "where"),
    [
        (replace(MONDAYS, action="nobody"), "action"),
        (replace(MONDAYS, delivery=Delivery((SLA,), Compose.TEMPLATE, "{{ nothing }}")), "template, line 1"),
    ],
)
async def test_what_cannot_be_rehearsed_is_refused_with_the_mend(
    office: Office, schedule: Schedule, where: str
) -> None:
    errands = Errands()

    with pytest.raises(ScheduleRefused) as refused:
        await rehearsal(office, errands).show(schedule, ALEX)

    assert [fault.where for fault in refused.value.faults] == [where]
    assert errands.asked == []


@pytest.mark.parametrize(
    ("delivery", "wheres"),
    [
        (DELIVERY, []),
        (Delivery((SLA,) * 21), ["targets"]),
        (Delivery(alert_after=0), ["alert after"]),
        (Delivery(template="x"), ["template"]),
        (Delivery((SLA,) * 21, Compose.TEMPLATE, "", alert_after=0), ["targets", "alert after", "template"]),
    ],
)
def test_what_is_wrong_with_a_delivery_is_told_all_at_once(delivery: Delivery, wheres: list[str]) -> None:
    assert [fault.where for fault in delivery_faults(delivery)] == wheres
