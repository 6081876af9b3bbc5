"""Application commands: registering them."""

from __future__ import annotations

from tests.simulators.discord.protocol import JSON, refused
from tests.simulators.discord.registry import Registry
from tests.simulators.discord.routes.asking import Ask, Handler


def _registry(ask: Ask) -> tuple[Registry, str | None]:
    if ask.arguments["application"] != ask.core.application:
        raise refused(10002)
    if "guild" in ask.arguments:
        return ask.core.registry, ask.guild().id
    return ask.core.registry, None


def listed(ask: Ask) -> list[JSON]:
    """What is registered."""
    registry, guild = _registry(ask)
    return registry.listed(guild)


def overwrite(ask: Ask) -> list[JSON]:
    """Everything anew."""
    registry, guild = _registry(ask)
    return registry.overwrite(guild, ask.body)


def add(ask: Ask) -> JSON:
    """One more."""
    registry, guild = _registry(ask)
    return registry.add(guild, ask.form.body)


def remove(ask: Ask) -> None:
    """One less."""
    registry, guild = _registry(ask)
    registry.remove(guild, ask.arguments["command"])


_EVERYWHERE = "/applications/{application}/commands"
_IN_GUILD = "/applications/{application}/guilds/{guild}/commands"
ROUTES: dict[str, Handler] = {
    f"{method} {path}{more}": handler
    for path in (_EVERYWHERE, _IN_GUILD)
    for method, more, handler in (
        ("GET", "", listed), ("PUT", "", overwrite), ("POST", "", add), ("DELETE", "/{command}", remove),
    )
}  # fmt: skip
