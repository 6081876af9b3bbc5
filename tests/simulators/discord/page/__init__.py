"""A web page on which a person can talk to the bot."""

from tests.simulators.discord.page.server import Page

__all__ = ["Page"]
