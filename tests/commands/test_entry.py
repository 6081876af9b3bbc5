"""How a command fails: in words where the error is our own, whatever it ran side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import typer

from bot.commands.entry import run
from bot.errors import ConfigError, StorageError

LOCKED, PORT, ZONE = StorageError("the database is locked"), ConfigError(["PORT: taken"]), ConfigError(["ZONE: Mars"])


async def fails(errors: Sequence[Exception]) -> None:
    """As tasks do that ran side by side in a task that did so, too."""
    raise ExceptionGroup("tasks", [ExceptionGroup("tasks of a task", errors)])


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([LOCKED], "Error: the database is locked\n"),
        ([LOCKED, LOCKED], "Error: the database is locked\n"),
        ([LOCKED, PORT], "Error: the database is locked\nPORT: taken\n"),
        ([PORT, ZONE], "The settings are wrong:\n  - PORT: taken\n  - ZONE: Mars\n"),
    ],
)
def test_our_own_errors_of_tasks_are_told_in_words(
    errors: Sequence[Exception], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        run(fails(errors))

    assert caught.value.exit_code == 1
    assert capsys.readouterr().err == told


def test_a_bug_beside_one_of_our_own_errors_is_not_hidden(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(typer.Exit):
        run(fails([LOCKED, LookupError("a bug")]))

    assert "something went wrong inside Deskhand" in capsys.readouterr().err
    assert "a bug" in caplog.text
