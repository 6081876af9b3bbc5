"""``doctor slack --listen``: a subscription that is missing is found by somebody who tries it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot.adapters.slack.checkup import examine
from bot.adapters.slack.manifest import EVENTS
from bot.adapters.slack.trial import Trial
from bot.domain.finding import Finding
from tests.adapters.slack.lines import Notes, config, connected
from tests.simulators.slack import AppConfig, SlackSimulator

ALL = frozenset(event.name for event in EVENTS)


class Trying:
    """Somebody who does what they are told, and waits no longer once they saw what they wait for."""

    def __init__(self, slack: SlackSimulator, expected: Iterable[str]) -> None:
        self.told: list[str] = []
        self._slack = slack
        self._expected = {f"  ✓ {name}" for name in expected}
        self._seen = asyncio.Event()

    async def findings(self) -> list[Finding]:
        found = await examine(config(self._slack), trial=Trial(60, self._tell, self._patience))
        return [each for each in found if each.part == "slack events"]

    def _tell(self, line: str) -> None:
        self.told.append(line)
        if self._expected <= set(self.told):
            self._seen.set()

    async def _patience(self, _: float) -> None:
        alex = self._slack.workspace.person("alex")
        await alex.says("#support", f"{self._slack.workspace.mention} hello")
        await alex.says(alex.dm, "hello")
        await alex.opens_home()
        if self._expected:
            await self._seen.wait()


async def test_what_comes_is_told_at_once_and_all_of_it_ends_the_wait() -> None:
    async with SlackSimulator() as slack:
        trying = Trying(slack, [*ALL, "what is never told"])
        (finding,) = await trying.findings()
        assert finding == Finding("slack events", "ok", f"came: {', '.join(sorted(ALL))}")
        assert slack.sockets.acknowledged == []
    assert trying.told[:4] == [
        "Within 60 seconds, in Slack:", "  - mention the bot in a public channel that it is in",
        "  - write the bot a direct message", "  - open the bot's Home tab",
    ]  # fmt: skip
    assert set(trying.told[4:]) == {f"  ✓ {name}" for name in ALL}


async def test_a_subscription_that_is_missing_is_named_with_what_does_not_work() -> None:
    async with SlackSimulator(AppConfig(events=ALL - {"message.channels"})) as slack:
        came, missing = await Trying(slack, ALL - {"message.channels"}).findings()
    assert came.state == "ok"
    assert (missing.state, missing.text) == (
        "problem", "message.channels did not come: threads need a mention each time",
    )  # fmt: skip
    assert "Event Subscriptions" in missing.mend


async def test_an_app_that_is_subscribed_to_nothing_is_told_so_once() -> None:
    async with SlackSimulator(AppConfig(events=frozenset())) as slack:
        (finding,) = await Trying(slack, ()).findings()
    assert (finding.state, finding.text) == ("problem", "nothing came at all")


async def test_what_came_elsewhere_is_no_proof() -> None:
    async with SlackSimulator(AppConfig(events=frozenset())) as slack, connected(slack, Notes(slack).register):
        findings = await Trying(slack, ()).findings()
    assert [each.state for each in findings] == ["warning", "warning"]
    assert findings[1].text.startswith("1 more connected")


async def test_what_was_written_meanwhile_comes_to_the_service_later() -> None:
    async with SlackSimulator() as slack:
        notes = Notes(slack)
        await Trying(slack, ALL).findings()
        async with connected(slack, notes.register):
            await slack.until(lambda: "hello" in notes.texts)


async def test_over_http_there_is_nothing_to_listen_to() -> None:
    async with SlackSimulator() as slack:
        settings = config(slack, app_token="", signing_secret=slack.core.config.signing_secret)
        found = await examine(settings, trial=Trial(60, print))
    assert found[-1].text == "over HTTP events go to the service, not here"
