"""What all workspaces of one simulated Slack share."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.simulators.slack.clock import Changes, Clock
from tests.simulators.slack.delivery import Delivery, Kind, Post
from tests.simulators.slack.faults import Faults
from tests.simulators.slack.model import Consent, Installation, ResponseUrl, Trigger
from tests.simulators.slack.protocol import JSON, AppConfig, Ids
from tests.simulators.slack.rates import Rates

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 1800.0


@dataclass
class Core:
    """The app, time, the post, tokens and everything that is handed out once."""

    config: AppConfig
    clock: Clock
    changes: Changes
    ids: Ids
    post: Post
    faults: Faults
    rates: Rates
    url: str = ""
    """Where the simulator listens, without a slash at the end."""
    installations: dict[str, Installation] = field(default_factory=dict)
    app_tokens: dict[str, frozenset[str]] = field(default_factory=dict)
    """App-level tokens and their scopes."""
    triggers: dict[str, Trigger] = field(default_factory=dict)
    spent_triggers: set[str] = field(default_factory=set)
    response_urls: dict[str, tuple[str, ResponseUrl]] = field(default_factory=dict)
    """Workspace and what the address stands for."""
    consents: dict[str, Consent] = field(default_factory=dict)
    """OAuth codes that were handed out."""

    def trigger(self, user: str, view: str | None = None) -> str:
        """A new ``trigger_id``."""
        made = self.ids.new("trigger.")
        self.triggers[made] = Trigger(user, self.clock.now() + TRIGGER_SECONDS, view)
        return made

    def response_url(self, team: str, channel: str, user: str) -> tuple[str, ResponseUrl]:
        """A new address to answer an interaction at, and its record."""
        key = self.ids.new("resp")
        record = ResponseUrl(channel, user, self.clock.now() + RESPONSE_URL_SECONDS)
        self.response_urls[key] = (team, record)
        return f"{self.url}/response/{key}", record

    def send(self, kind: Kind, body: JSON) -> Delivery:
        """Put something on its way to the app."""
        return self.post.send(Delivery(kind, body, self.ids.new("env-")))

    def installation(self, team: str) -> Installation | None:
        """The newest token of a workspace."""
        return next((each for each in reversed(self.installations.values()) if each.team == team), None)
