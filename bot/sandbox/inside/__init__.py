"""What runs inside a container: standard library only, nothing of ours is imported there."""

from __future__ import annotations

from pathlib import Path

BOOTSTRAP = (Path(__file__).parent / "bootstrap.py").read_text(encoding="utf-8")
"""The program that a container is started with."""
GATE = (Path(__file__).parent / "gate.py").read_text(encoding="utf-8")
"""The program that sets packet filters; it runs with that one right, and never with a script."""
