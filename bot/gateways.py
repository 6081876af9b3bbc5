"""The chat platforms that the settings name, opened over a running service."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from bot.app import Service
from bot.records import new_id, utc_now

if TYPE_CHECKING:
    from bot.adapters.slack.connection import Connection, SlackConfig
    from bot.settings import Settings


def slack_config(settings: Settings) -> SlackConfig:
    """How to reach Slack."""
    from bot.adapters.slack.connection import SlackConfig

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


def open_slack(service: Service) -> AbstractAsyncContextManager[Connection]:
    """The line to Slack with all listeners; see ``bot.adapters.slack.service``."""
    from bot.adapters.chat.listening import Listening
    from bot.adapters.slack import service as slack
    from bot.adapters.slack.desk import Rules, Streaming
    from bot.adapters.slack.installations import Safe

    settings, storage = service.settings, service.records.storage
    rules = Rules(
        {channel: Listening(mode) for channel, mode in settings.slack_listening.items()},
        settings.slack_channels,
        settings.slack_private,
        streaming=Streaming(settings.slack_streaming),
    )
    safe = Safe(storage.installations, service.records.sealing, storage.claims)
    needs = slack.Needs(service.engine, storage.claims, safe, utc_now, new_id, service.suggestions)
    return slack.open_slack(slack_config(settings), rules, needs)
