"""Names an image by what goes into it, so that a changed input is another image."""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).parent


def image_tag(variant: str) -> str:
    """``deskhand-sandbox:slim-0123456789ab`` for the inputs as they are now."""
    inputs = (HERE / "Dockerfile").read_bytes() + b"\0" + (HERE / f"{variant}.txt").read_bytes()
    return f"deskhand-sandbox:{variant}-{hashlib.sha256(inputs).hexdigest()[:12]}"
