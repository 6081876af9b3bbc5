"""What a post would look like now, before it is saved or without waiting for its time: for its author alone."""

from __future__ import annotations

from bot.domain.action import ActionSpec, Effect
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.person import Sender
from bot.domain.post import Fired, Preview
from bot.domain.progress import Progress
from bot.domain.schedule import Schedule, ScheduleFault, ScheduleRefused
from bot.ports import Catalogue, Clock, Errands, NewId
from bot.posting.postbox import Postbox
from bot.posting.rules import delivery_faults


class Rehearsal:
    """Runs what only reads, words the post, and posts nothing. What changes data is shown and never run."""

    def __init__(self, catalogue: Catalogue, errands: Errands, postbox: Postbox, clock: Clock, new_id: NewId) -> None:
        self._catalogue = catalogue
        self._errands = errands
        self._postbox = postbox
        self._clock = clock
        self._new_id = new_id

    async def show(self, schedule: Schedule, author: Sender) -> Preview:
        """What a firing now would come to, compared with what was posted last.

        The run is kept in the history like any other, in the author's name. Raises ScheduleRefused and StorageError.
        """
        if faults := delivery_faults(schedule.delivery):
            raise ScheduleRefused(faults)
        spec = await self._spec(schedule.action)
        if spec.effect is Effect.WRITE:
            return Preview(_unrun(spec, schedule), posted=False)
        run_id = self._new_id()
        title, origin = f"Rehearsal: {schedule.name}", f"schedule:{schedule.id}"
        errand = Errand(run_id, spec.slug, schedule.parameters, Origin.MANUAL, author, title, origin)
        ran_at = self._clock()
        result = await self._errands.run(errand, _unwatched)
        fired = Fired(
            f"schedule/{schedule.id}", f"rehearsal/{run_id}", schedule.name, ran_at, (result,),
            zone=schedule.zone,
        )  # fmt: skip
        return await self._postbox.preview(fired, schedule.delivery)

    async def _spec(self, slug: str) -> ActionSpec:
        states = await self._catalogue.states()
        for state in states:
            if state.spec.slug == slug:
                return state.spec
        known = ", ".join(state.spec.slug for state in states) or "none"
        raise ScheduleRefused([ScheduleFault("action", f"there is no '{slug}'.", f"The actions are: {known}.")])


def _unrun(spec: ActionSpec, schedule: Schedule) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in schedule.parameters.items()) or "no values"
    return f"**{spec.name}** changes data, so a rehearsal does not run it. When it is due it runs with: {values}."


async def _unwatched(_: Progress) -> None:
    """Nobody looks on."""
