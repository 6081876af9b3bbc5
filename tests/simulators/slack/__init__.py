"""A simulated Slack: Web API, Socket Mode, signed HTTP, people, and what they see."""

from tests.simulators.slack.clock import Clock
from tests.simulators.slack.delivery import Delivery
from tests.simulators.slack.model import Alarm, Call, Channel, Message, View
from tests.simulators.slack.people import Person
from tests.simulators.slack.protocol import AppConfig
from tests.simulators.slack.simulator import SlackSimulator
from tests.simulators.slack.workspace import Workspace

__all__ = [
    "Alarm",
    "AppConfig",
    "Call",
    "Channel",
    "Clock",
    "Delivery",
    "Message",
    "Person",
    "SlackSimulator",
    "View",
    "Workspace",
]
