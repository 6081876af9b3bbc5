"""Setting up schedules at the command line: everything wrong is told at once, everything right is told in words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from bot.commands import cli
from bot.commands.naming import looked_up
from bot.commands.places import Wish, delivery_of
from bot.domain.message import Platform
from bot.domain.post import Address, Compose, PostWhen
from bot.domain.schedule import ScheduleRefused
from bot.errors import ConfigError, PostRefused
from bot.ports import Posted, Posting
from bot.records import Records, open_records
from bot.schedules import Draft, Timetable, line
from bot.settings import Settings
from tests.commands.test_command_line import ROOT
from tests.scheduling.desk import schedule


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    settings = Settings(data_dir=tmp_path, actions_dir=ROOT / "actions.d", _env_file=None)
    async with open_records(settings) as opened:
        yield opened


class Directory:
    """A platform that knows one channel."""

    async def post(self, posting: Posting) -> Posted:
        raise AssertionError("nothing is posted here")

    async def read_address(self, text: str) -> Address:
        if text != "#sla":
            raise PostRefused("Invite me there with /invite.")
        return Address(Platform.SLACK, "T1/C777")


def draft(action: str = "sla-breach", when: str = "every monday at 9:00", zone: str = "UTC", **values: str) -> Draft:
    return Draft(action, when, zone, values)


async def test_a_draft_becomes_a_schedule_with_typed_values(records: Records) -> None:
    added = await Timetable(records).add(draft(hours_ahead="24", team="emea"))

    assert (added.cron, added.parameters) == ("0 9 * * 1", {"hours_ahead": 24, "team": "emea"})
    assert await records.storage.schedules.get(added.id) == added


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (draft("refund-lookup"), ["order_id: refund-lookup requires it", "-p order_id="]),
        (draft("jira-bug", summary="x"), ["asks before it runs", "requires_confirmation"]),
        (draft("nothing"), ["there is no action 'nothing'", "sla-breach"]),
        (draft(zone="Mars/Base"), ["'Mars/Base' is no IANA time zone"]),
        (draft(zone="Europe"), ["'Europe' is no IANA time zone"]),
        (draft(zone="../../etc/passwd"), ["is no IANA time zone"]),
        (draft(when="99 * * * *", hours_ahead="many", color="red"), ["minute field", "hours_ahead", "color"]),
    ],
)
async def test_a_draft_is_refused_with_all_its_faults(records: Records, wrong: Draft, words: list[str]) -> None:
    with pytest.raises(ScheduleRefused) as refused:
        await Timetable(records).add(wrong)

    assert all(word in str(refused.value) for word in words)
    assert await records.storage.schedules.all() == []


async def test_it_is_found_by_its_name_and_an_unknown_one_is_told_what_there_is(records: Records) -> None:
    table = Timetable(records)
    added = await table.add(Draft("sla-breach", "hourly", "UTC", {}, "Hourly SLA"))

    assert (await table.pause("hourly sla")).id == added.id
    with pytest.raises(ConfigError, match=added.id):
        await table.find("something else")


async def test_a_list_shows_the_next_time_in_the_reader_s_zone() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    shown = line(schedule(zone="America/New_York"), ZoneInfo("Europe/Berlin"), now)

    assert (shown.words, str(shown.following)) == ("every Monday at 09:00", "2026-11-23 15:00:00+01:00")
    assert "zone" in line(schedule(zone="Mars/Base"), ZoneInfo("UTC"), now).words.lower()


def test_places_styles_and_policies_are_read(tmp_path: Path) -> None:
    (tmp_path / "post.j2").write_text("{{ output }}")
    places = ("slack:C012AB", "slack:C012AB:1700000000.000100", "discord:123", "slack:@U012AB")
    wish = Wish(places, "template", tmp_path / "post.j2", "changed", "discord:@77", 5)

    delivery, faults = delivery_of(wish)

    assert faults == []
    assert delivery.targets == (
        Address(Platform.SLACK, "C012AB"),
        Address(Platform.SLACK, "C012AB", "1700000000.000100"),
        Address(Platform.DISCORD, "123"),
        Address(Platform.SLACK, "U012AB", person=True),
    )
    assert (delivery.compose, delivery.template, delivery.post) == (Compose.TEMPLATE, "{{ output }}", PostWhen.CHANGED)
    assert (delivery.owner, delivery.alert_after) == (Address(Platform.DISCORD, "77", person=True), 5)


def test_each_wrong_option_is_named(tmp_path: Path) -> None:
    wish = Wish(("slack:#sla", "mail:x"), "shiny", tmp_path / "none", "sometimes", "me")

    _, faults = delivery_of(wish)

    assert [fault.where for fault in faults] == ["--to", "--to", "--owner", "--style", "--template", "--post"]


async def test_names_are_looked_up_and_what_the_platform_says_is_told() -> None:
    names = await looked_up(["slack:#sla", "slack:#gone"], Directory())

    delivery, faults = delivery_of(Wish(("slack:#sla", "slack:#gone", "slack:C012AB"), names=names))

    assert [target.channel for target in delivery.targets] == ["T1/C777", "C012AB"]
    assert [str(fault) for fault in faults] == ["slack:#gone: it cannot be posted to. Invite me there with /invite."]


def test_the_commands_work_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_ACTIONS_DIR", str(ROOT / "actions.d"))

    def told(*words: str) -> str:
        done = CliRunner().invoke(cli, ["schedules", *words])
        assert done.exit_code == 0, done.output
        return done.output

    text = told("add", "sla-breach", "--when", "every monday at 9:00", "--zone", "Europe/Berlin",
                "--name", "Monday SLA", "-p", "team=emea", "--to", "slack:C0123ABC", "--style", "digest")  # fmt: skip
    assert "every Monday at 09:00 (Europe/Berlin)" in text
    assert text.count("Mon 20") == 5

    assert "is paused" in told("pause", "monday sla")
    assert "paused" in told("list")
    assert "It is paused" in told("show", "monday sla")
    assert "runs within seconds" in told("run-now", "monday sla")
    assert "fires again" in told("resume", "monday sla")
    assert "is removed" in told("remove", "--yes", "monday sla")
    assert json.loads(told("list", "--json")) == []
