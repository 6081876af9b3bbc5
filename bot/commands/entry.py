"""What every command shares: one event loop, one way to fail."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

import typer

from bot.errors import ConfigError, DeskhandError

log = logging.getLogger(__name__)

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command to its end. Our own errors become a short text and exit code 1, never a stack trace."""
    try:
        return asyncio.run(work)
    except DeskhandError as error:
        _tell([error])
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BrokenPipeError:
        with suppress(OSError):
            sys.stdout.close()
        raise typer.Exit(0) from None
    except typer.Exit:
        raise
    except Exception as error:
        if ours := _ours(error):
            _tell(ours)
        log.exception("command failed")
        return fail(f"something went wrong inside Deskhand ({type(error).__name__}); the log above has the details")


def _ours(error: Exception) -> list[DeskhandError]:
    """What tasks side by side ended with, if all of it is errors of our own: each has its text."""
    found = list(_leaves(error))
    ours = [each for each in found if isinstance(each, DeskhandError)]
    return ours if len(ours) == len(found) else []


def _leaves(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _tell(errors: Sequence[DeskhandError]) -> NoReturn:
    wrong = [fault for error in errors if isinstance(error, ConfigError) for fault in error.faults]
    other = [str(error) for error in errors if not isinstance(error, ConfigError)]
    if other:
        fail("\n".join(dict.fromkeys((*other, *wrong))))
    fail("\n".join(f"  - {fault}" for fault in dict.fromkeys(wrong)), "The settings are wrong:\n")


def fail(text: str, heading: str = "Error: ") -> NoReturn:
    """Say what is wrong on standard error and end with exit code 1."""
    typer.echo(f"{heading}{text}", err=True)
    raise typer.Exit(1)
