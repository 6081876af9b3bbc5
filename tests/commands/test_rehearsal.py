"""A rehearsal at the command line: the post is printed, nothing is saved. Nothing outside is asked: scripts are off."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.commands.test_command_line import Shell

DEMO = {"DESKHAND_DEMO": "true", "DESKHAND_DEMO_PORT": "0", "DESKHAND_SANDBOX": "off", "DESKHAND_ENCODER": "false"}


def test_a_schedule_is_rehearsed_before_it_is_saved(tmp_path: Path) -> None:
    shell = Shell(tmp_path)

    text = shell(
        "schedules", "add", "incident-status", "--when", "every monday at 9:00", "--zone", "Europe/Berlin",
        "--name", "Status", "--rehearse", given=DEMO,
    )  # fmt: skip

    assert text.startswith("**Status**\n\n**Incident status** did not succeed: Python actions are switched off")
    assert "(Europe/Berlin); no data; sources failed: Incident status." in text
    assert "Only you see this. Now it would be posted (always)." in shell.errors
    with closing(sqlite3.connect(tmp_path / "data" / "deskhand.db")) as kept:
        assert kept.execute("SELECT (SELECT count(*) FROM schedules) + (SELECT count(*) FROM posts)").fetchone() == (0,)
