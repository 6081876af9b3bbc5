"""The web chat: an HTTP API and one page."""

from bot.adapters.webchat.server import WebChat

__all__ = ["WebChat"]
