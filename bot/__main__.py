"""The command line: ``deskhand``, or ``python -m bot``."""

from __future__ import annotations


def main() -> None:
    """Run the command that the arguments name."""
    from bot.commands import cli

    cli()


if __name__ == "__main__":
    main()
