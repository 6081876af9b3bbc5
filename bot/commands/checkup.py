"""``doctor``: what works, what does not, and how to mend it."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.entry import run


def register(cli: typer.Typer) -> None:
    """Add this command to the command line."""
    cli.command("doctor")(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Check settings, store, secrets, actions, language model, Docker Engine and demo world.

    Exit code 1 if something that is configured does not work.
    """
    import json
    from dataclasses import asdict

    from bot.checkup import examine

    findings = run(examine())
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    for finding in () if as_json else findings:
        mark = {"ok": "✓", "warning": "!", "problem": "✗"}[finding.state]
        typer.echo(f"{mark} {finding.part:16} {finding.text}")
        if finding.mend:
            typer.echo(f"  {'':16} → {finding.mend}")
    raise typer.Exit(any(finding.state == "problem" for finding in findings))
