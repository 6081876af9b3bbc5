"""The chat platforms that the settings name, opened over a running service."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bot.adapters.chat.listening import Listening
from bot.app import Service
from bot.domain.person import Sender
from bot.ports import Poster
from bot.records import new_id, utc_now

if TYPE_CHECKING:
    import aiohttp
    from aiohttp import web

    from bot.adapters.discord.config import DiscordConfig
    from bot.adapters.discord.desk import Desk
    from bot.adapters.discord.linking import Linking
    from bot.adapters.slack.access import SlackConfig
    from bot.adapters.slack.service import Hands
    from bot.settings import Settings


class Receiving(Protocol):
    """An open line."""

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until ``stop``."""
        ...


@dataclass(frozen=True, slots=True)
class Gateway:
    """One platform as the processes of the service need it."""

    name: str
    line: Receiving
    works: Callable[[], bool]
    """Whether it hears anything now."""
    expire: Callable[[], Awaitable[None]]
    """Takes the buttons from cards whose time is up. Raises StorageError."""
    routes: Sequence[web.RouteDef] = ()
    """For the web server."""
    poster: Poster | None = None
    """Posts what nobody asked for: results of schedules and webhooks."""


def slack_config(settings: Settings) -> SlackConfig:
    """How to reach Slack."""
    from bot.adapters.slack.access import SlackConfig

    return SlackConfig(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=settings.slack_app_token.get_secret_value(),
        signing_secret=settings.slack_signing_secret.get_secret_value(),
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret.get_secret_value(),
        redirect_url=settings.slack_redirect_url,
        teams=settings.slack_teams,
        base_url=settings.slack_base_url,
    )


def discord_config(settings: Settings) -> DiscordConfig:
    """How to reach Discord."""
    from bot.adapters.discord.config import DiscordConfig

    return DiscordConfig(
        token=settings.discord_bot_token.get_secret_value(),
        message_content=settings.discord_message_content,
        shard_count=settings.discord_shard_count,
        shard_ids=settings.discord_shard_ids,
        api_base=settings.discord_api_base,
        gateway_url=settings.discord_gateway_url,
    )


@asynccontextmanager
async def open_slack_hands(service: Service) -> AsyncIterator[Hands]:
    """What does the work in Slack, in any process; its handlers are added to the service's."""
    from bot.adapters.slack import service as slack
    from bot.adapters.slack.desk import Rules, Streaming
    from bot.adapters.slack.installations import Safe

    settings, storage = service.settings, service.records.storage
    rules = Rules(
        _listening(settings.slack_listening),
        settings.slack_channels,
        settings.slack_private,
        streaming=Streaming(settings.slack_streaming),
    )
    safe = Safe(storage.installations, service.records.sealing, storage.claims)
    needs = slack.Needs(service.engine, storage.claims, safe, utc_now, new_id, service.suggestions, service.metrics)
    async with slack.open_hands(slack_config(settings), rules, needs) as hands:
        service.work.add(hands.handlers(), hands.given_up())
        yield hands


@asynccontextmanager
async def open_slack(service: Service) -> AsyncIterator[Gateway]:
    """The line to Slack with all listeners, and the hands for what they keep; see ``bot.adapters.slack.service``."""
    from bot.adapters.slack.service import open_ears

    async with open_slack_hands(service) as hands:
        line = await open_ears(hands, service.work.durable())
        yield Gateway("slack", line, lambda: line.health().connected, hands.expired, line.routes(), hands.poster())


@asynccontextmanager
async def open_discord_hands(service: Service) -> AsyncIterator[Desk]:
    """What does the work in Discord, in any process; its handlers are added to the service's."""
    import aiohttp

    from bot.adapters.discord import service as discord
    from bot.adapters.discord.config import Direct, Rules
    from bot.adapters.discord.handlers import given_up, handlers

    settings, storage, records = service.settings, service.records.storage, service.records
    rules = Rules(
        _listening(settings.discord_listening),
        settings.discord_channels,
        settings.discord_roles,
        settings.discord_trusted,
        Direct(settings.discord_direct or ("linked" if settings.discord_roles else "all")),
        settings.discord_yield_seconds,
    )
    async with aiohttp.ClientSession() as session:
        linking, durable = _linking(service, session), service.work.durable()
        stores = (storage.claims, durable, records.sealing, storage.links)
        needs = discord.Needs(service.engine, *stores, linking, utc_now, new_id, service.metrics)
        async with discord.open_hands(discord_config(settings), rules, needs, session) as desk:
            service.work.add(handlers(desk), given_up(desk))
            yield desk


@asynccontextmanager
async def open_discord(service: Service) -> AsyncIterator[Gateway]:
    """The line to Discord with all listeners, and the hands that do what they keep."""
    from bot.adapters.discord.poster import DiscordPoster
    from bot.adapters.discord.service import ears
    from bot.adapters.discord.standing import expired

    async with open_discord_hands(service) as desk:
        line = ears(discord_config(service.settings), desk)
        poster = DiscordPoster(desk.outbox)
        yield Gateway("discord", line, lambda: line.health().connected, partial(expired, desk), poster=poster)


@dataclass(frozen=True, slots=True)
class Linked:
    """What the web server does for people who link an account."""

    routes: Sequence[web.RouteDef]
    redeem: Callable[[str, Sender], Awaitable[str]]


@asynccontextmanager
async def open_linking(service: Service) -> AsyncIterator[Linked | None]:
    """Pages and pairing codes, where Discord is configured; in any process, for what they need is stored."""
    import aiohttp

    if not service.settings.discord_is_set:
        yield None
        return
    async with aiohttp.ClientSession() as session:
        linking = _linking(service, session)
        yield Linked(linking.routes(), linking.redeemed)


def _linking(service: Service, session: aiohttp.ClientSession) -> Linking:
    from bot.adapters.discord.link_oauth import LinkConfig
    from bot.adapters.discord.linking import Linking, LinkStores

    settings, storage = service.settings, service.records.storage
    given = (settings.discord_client_id, settings.discord_client_secret.get_secret_value(), settings.public_url)
    base = settings.discord_api_base
    elsewhere = (base, base.removesuffix("/api/v10") + "/oauth2/authorize") if base else ()
    stores = LinkStores(storage.links, storage.pairings, storage.claims, storage.audit, service.records.sealing)
    return Linking(stores, LinkConfig(*given, *elsewhere), session, utc_now, secrets.token_bytes)


def _listening(modes: dict[str, str]) -> dict[str, Listening]:
    return {channel: Listening(mode) for channel, mode in modes.items()}
