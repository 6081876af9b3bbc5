"""The Web API, by method name."""

from tests.simulators.slack.methods import agents, chat, conversations, files, people, streams, views
from tests.simulators.slack.methods.asking import Ask, Method

METHODS: dict[str, Method] = {
    **people.METHODS,
    **chat.METHODS,
    **streams.METHODS,
    **agents.METHODS,
    **conversations.METHODS,
    **views.METHODS,
    **files.METHODS,
}

__all__ = ["METHODS", "Ask"]
