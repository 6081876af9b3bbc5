"""The commands of ``deskhand``, one file a group; what each needs is imported when it runs."""

from __future__ import annotations

import typer

from bot.commands import (
    actions,
    backups,
    checkup,
    conversation,
    evaluation,
    history,
    runs,
    sandbox,
    schedules,
    secrets,
    service,
    webhooks,
)

cli = typer.Typer(
    name="deskhand",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answers questions by running your own actions, side by side, in one reply.\n\n"
    'Start with `deskhand run`, or ask once: `deskhand ask "Where is my refund for order 12345?"`.\n\n'
    "Settings come from `DESKHAND_*` variables or a `.env` file; `deskhand doctor` says what works and what does not.",
)

for group in (service, conversation, checkup, history, evaluation, backups):
    group.register(cli)
cli.add_typer(actions.cli, name="actions", help="See, check, test, import, export and switch actions.")
cli.add_typer(secrets.cli, name="secrets", help="Set, list and delete the secrets that actions use; rotate their key.")
cli.add_typer(sandbox.cli, name="sandbox", help="The containers that Python actions run in.")
cli.add_typer(runs.cli, name="runs", help="Look at runs, stop them, settle those whose end is not known.")
cli.add_typer(schedules.cli, name="schedules", help="Have actions run at set times and their results posted.")
cli.add_typer(webhooks.cli, name="webhooks", help="Secret addresses by which other programs start actions.")
