"""What every command shares: one event loop, one way to fail."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine
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
    except ConfigError as error:
        fail("\n".join(f"  - {fault}" for fault in error.faults), "The settings are wrong:\n")
    except DeskhandError as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BrokenPipeError:
        with suppress(OSError):
            sys.stdout.close()
        raise typer.Exit(0) from None
    except typer.Exit:
        raise
    except Exception as error:
        log.exception("command failed")
        return fail(f"something went wrong inside Deskhand ({type(error).__name__}); the log above has the details")


def fail(text: str, heading: str = "Error: ") -> NoReturn:
    """Say what is wrong on standard error and end with exit code 1."""
    typer.echo(f"{heading}{text}", err=True)
    raise typer.Exit(1)
