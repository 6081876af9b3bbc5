"""Takes forms that were submitted, whichever process opened them. Everybody is answered."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.discord import about
from bot.adapters.discord.asking import question_job
from bot.adapters.discord.modals import Taken, Values, edit_taken, opinion_taken
from bot.adapters.discord.press import Deed
from bot.adapters.discord.spots import Spot

log = logging.getLogger(__name__)

_TAKEN: Mapping[str, Taken] = {
    Deed.EDIT: edit_taken,
    Deed.BAD: opinion_taken,
}


async def submitted(spot: Spot, data: Mapping[str, Any]) -> None:
    """Do what a form is for. Never raises."""
    _, kind, topic = (*str(data["custom_id"]).split(":", 2), "", "")[:3]
    values = dict(_values(data["components"]))
    acknowledge = partial(spot.acknowledge, thinking=not spot.happening.message, private=True)
    try:
        if kind == about.KIND:
            await spot.desk.durable.take(question_job(spot, about.question_in(values)), acknowledge)
            return
        await acknowledge()
        if await spot.fresh():
            await _TAKEN.get(kind, _unknown)(spot, topic, values)
    except Exception:
        log.exception("a form failed")
        await acknowledge()
        await spot.say(wording.TRY_AGAIN)


async def _unknown(spot: Spot, topic: str, values: Values) -> None:
    log.warning("no form is about %s", topic)
    await spot.say(wording.OLD_FORM)


def _values(components: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Fields by custom id; a menu holds one choice."""
    for each in components:
        yield from _values([*each.get("components", ()), *([each["component"]] if "component" in each else ())])
        if "values" in each:
            yield str(each["custom_id"]), str(each["values"][0]) if each["values"] else ""
        elif "value" in each:
            yield str(each["custom_id"]), str(each["value"] or "")
