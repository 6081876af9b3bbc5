"""Every route of the API by method and path. More special paths stand before the general ones."""

from tests.simulators.discord.routes import channels, commands, interactions, messages, people, threads, webhooks
from tests.simulators.discord.routes.asking import Ask, Handler

ROUTES: dict[str, Handler] = {
    **people.ROUTES, **commands.ROUTES, **interactions.ROUTES, **webhooks.ROUTES, **messages.ROUTES, **threads.ROUTES,
    **channels.ROUTES,
}  # fmt: skip

__all__ = ["ROUTES", "Ask"]
