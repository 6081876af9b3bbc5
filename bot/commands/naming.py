"""Places by the names that people know, ``slack:#support``: looked up where the platform can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.commands.places import Wish, by_id
from bot.domain.post import Address
from bot.domain.schedule import ScheduleFault
from bot.errors import DeskhandError
from bot.ports import Poster

_SLACK = "slack:"


async def named(wish: Wish) -> Wish:
    """The wish with what Slack says to its names; ids need no look-up and are left alone."""
    from bot.settings import read_settings

    texts = [text for text in (*wish.to, wish.owner) if text.startswith(_SLACK) and by_id(text) is None]
    settings = read_settings()
    if not texts or not settings.slack_is_set:
        return wish
    from bot.app import open_service
    from bot.gateways import open_slack_hands

    async with open_service(settings) as service, open_slack_hands(service) as hands:
        return replace(wish, names=await looked_up(texts, hands.poster()))


async def looked_up(texts: list[str], poster: Poster) -> Mapping[str, Address | ScheduleFault]:
    """What the platform says to each: where it is, or why it is nowhere."""
    found: dict[str, Address | ScheduleFault] = {}
    for text in texts:
        try:
            found[text] = await poster.read_address(text.removeprefix(_SLACK))
        except DeskhandError as error:
            found[text] = ScheduleFault(text, "it cannot be posted to.", str(error))
    return found
