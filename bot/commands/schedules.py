"""``schedules``: actions that fire at set times, and where their results are posted (F174-F178)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.actions import values_of
from bot.commands.entry import run
from bot.commands.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.post import Post
    from bot.domain.schedule import Schedule, Tick
    from bot.schedules import Draft, Timetable
    from bot.settings import Settings

cli = typer.Typer(no_args_is_help=True)
_TICKS = 10

Name = Annotated[str, typer.Argument(help="Id or name of the schedule.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]

_ADD = """Have an action run at set times, and its result posted.

**When** is plain words, `every weekday at 9:00`, `every monday and thursday at 8:30`, `on the 1st at 9:00`,
`every 15 minutes`, or cron: `0 9 * * 1-5` (minute, hour, day, month, weekday; 0 and 7 are Sunday).

**Places** for `--to` and `--owner`: `slack:C0123ABC`, `slack:@U0123ABC` (a person), `slack:C0123ABC:1700000000.000100`
(a thread), `discord:1234567890`; where Slack is set up also `slack:#support`, an e-mail address or a link. Give `--to`
several times for several places; without it the result is only kept in the history.

Example: `deskhand schedules add sla-breach --when "every monday at 9:00" --zone Europe/Berlin -p hours_ahead=24
--to slack:C0123ABC --style digest --owner slack:@U0123ABC`
"""


@cli.command("add", help=_ADD)
def add(
    action: Annotated[str, typer.Argument(help="Slug of the action.")],
    when: Annotated[str, typer.Option("--when", help="Plain words or cron.")],
    zone: Annotated[str, typer.Option(help="IANA zone of its times.", show_default="DESKHAND_TIMEZONE")] = "",
    given: Annotated[list[str] | None, typer.Option("-p", help="Value of a parameter: -p name=value.")] = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Where the result is posted; may be repeated.")] = None,
    name: Annotated[str, typer.Option(help="What people call it.", show_default="the action's name")] = "",
    style: Annotated[str, typer.Option(help="raw, template or digest.")] = "raw",
    template: Annotated[Path | None, typer.Option(help="File with the text for --style template.")] = None,
    post: Annotated[str, typer.Option(help="always, changed or nonempty.")] = "always",
    owner: Annotated[str, typer.Option(help="Who is told when it fails again and again.")] = "",
    alert_after: Annotated[int, typer.Option(help="Failures in a row after which the owner is told.")] = 3,
    jitter: Annotated[int, typer.Option(help="Start up to so many seconds later, at random.")] = 0,
    rehearsed: Annotated[bool, typer.Option("--rehearse", help="Only show what would be posted now.")] = False,
    as_json: AsJson = False,
) -> None:
    from bot.commands.naming import named
    from bot.commands.places import Wish, delivery_of

    wish = run(named(Wish(tuple(to or ()), style, template, post, owner, alert_after)))

    def draft(settings: Settings) -> Draft:
        from bot.schedules import Draft

        delivery, faults = delivery_of(wish)
        values = values_of(given or ())
        return Draft(action, when, zone or settings.timezone, values, name, delivery, jitter, tuple(faults))

    if rehearsed:
        run(rehearse(lambda table, settings: table.read(draft(settings)), as_json=as_json))
    else:
        run(_add(draft, as_json=as_json))


@cli.command("list")
def list_schedules(as_json: AsJson = False) -> None:
    """List all schedules in words, each with its next time."""
    run(_list(as_json=as_json))


@cli.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show one schedule, its next five times and what became of the last ones."""
    run(_show(name, as_json=as_json))


@cli.command("pause")
def pause(name: Name) -> None:
    """Let it fire no more. Its times are recorded as skipped, and are not made up for later."""
    run(_changed(lambda table: table.pause(name), "{} is paused."))


@cli.command("resume")
def resume(name: Name) -> None:
    """Let it fire again, from now on."""
    run(_changed(lambda table: table.resume(name), "{} fires again."))


@cli.command("remove")
def remove(name: Name, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")] = False) -> None:
    """Remove a schedule for good; its runs stay in the history."""
    if not yes:
        typer.confirm(f"Remove the schedule {name} for good?", abort=True)
    run(_changed(lambda table: table.remove(name), "{} is removed."))


@cli.command("rehearse")
def rehearse_kept(name: Name, as_json: AsJson = False) -> None:
    """Show what it would post now, to you alone. Reads are run; what changes data is only shown."""
    run(rehearse(lambda table, _: table.find(name), as_json=as_json))


@cli.command("run-now")
def run_now(name: Name) -> None:
    """Have it run once, now, as if it were due; paused or not."""
    told = "{} runs within seconds where the service runs, else when it starts; `deskhand schedules show` tells."
    run(_changed(lambda table: table.ask(name), told))


async def _add(draft: Callable[[Settings], Draft], *, as_json: bool) -> None:
    from bot.records import open_records
    from bot.schedules import Timetable
    from bot.settings import read_settings

    settings = read_settings()
    async with open_records(settings) as records:
        _tell(await Timetable(records).add(draft(settings)), settings.timezone, as_json=as_json)


async def _list(*, as_json: bool) -> None:
    from zoneinfo import ZoneInfo

    from bot.records import open_records
    from bot.schedules import Timetable
    from bot.settings import read_settings

    settings = read_settings()
    async with open_records(settings) as records:
        lines = await Timetable(records).lines(ZoneInfo(settings.timezone))
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], default=str, ensure_ascii=False, indent=2))
        return
    for line in lines:
        following = f"next {line.following:%a %Y-%m-%d %H:%M} {settings.timezone}" if line.following else "paused"
        typer.echo(f"{line.id:32} {line.name}: {line.words} ({line.zone}); {following}")
    if not lines:
        typer.echo('No schedules yet. Add one with: deskhand schedules add ACTION --when "every weekday at 9:00"')


async def _show(name: str, *, as_json: bool) -> None:
    from bot.records import open_records
    from bot.schedules import Timetable
    from bot.settings import read_settings

    settings = read_settings()
    async with open_records(settings) as records:
        schedule = await Timetable(records).find(name)
        ticks = await records.storage.schedules.latest(schedule.id, _TICKS)
        posts = await records.storage.posts.latest(f"schedule/{schedule.id}", _TICKS)
    _tell(schedule, settings.timezone, ticks, posts, as_json=as_json)


async def _changed(change: Callable[[Timetable], Awaitable[Schedule]], told: str) -> None:
    from bot.records import open_records
    from bot.schedules import Timetable
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        schedule = await change(Timetable(records))
    typer.echo(told.format(schedule.id))


def _tell(
    schedule: Schedule, reader: str, ticks: Sequence[Tick] = (), posts: Sequence[Post] = (), *, as_json: bool
) -> None:
    """The schedule in words, its next five times as the reader's own clock shows them, its last ticks and posts."""
    from zoneinfo import ZoneInfo

    from bot.records import utc_now
    from bot.scheduling.cron import Cron
    from bot.scheduling.upcoming import next_five
    from bot.scheduling.words import in_words

    cron, zone = Cron.parse(schedule.cron), ZoneInfo(schedule.zone)
    times = next_five(cron, zone, ZoneInfo(reader), utc_now())
    if as_json:
        told = {**asdict(schedule), "words": in_words(cron), "next": times, "ticks": [asdict(tick) for tick in ticks]}
        told["posts"] = [asdict(post) for post in posts]
        typer.echo(json.dumps(told, default=str, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{schedule.id}: {schedule.name}, {in_words(cron)} ({schedule.zone})")
    if not schedule.enabled:
        typer.echo("It is paused.")
    typer.echo(f"Next times, {reader}:")
    for time in times:
        typer.echo(f"  {time:%a %Y-%m-%d %H:%M %Z}")
    for tick in ticks:
        reason = f": {tick.reason}" if tick.reason else ""
        typer.echo(f"  {tick.slot.astimezone(ZoneInfo(reader)):%a %Y-%m-%d %H:%M} {tick.state.value}{reason}")
    for post in posts:
        place, reason = f"{post.address.platform.value}:{post.address.channel}", post.link or post.why
        typer.echo(f"  post to {place}: {post.state.value} {reason}".rstrip())
