"""The real bot in a process of its own, connected to a simulated platform."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def deskhand(given: Mapping[str, str]) -> AsyncIterator[None]:
    """``deskhand gateway`` with these settings, over its demo world.

    It remembers nothing of an earlier run: that was another platform, whose ids come again in this one.
    """
    with tempfile.TemporaryDirectory(prefix="deskhand-sim-", ignore_cleanup_errors=True) as data:
        settings = {**os.environ, "DESKHAND_DEMO": "true", "DESKHAND_DATA_DIR": data, **given}
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "gateway", env=settings)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
