"""Serves the stand-in world alone: ``python -m demo [--port PORT]``."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from demo.world import open_world


async def serve(host: str, port: int) -> None:
    """Serve until interrupted."""
    async with open_world([host], port, lambda: datetime.now(UTC)) as world:
        for name, value in world.variables.items():
            print(f"{name}={value}")
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="A stand-in for the services that actions call."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8480, help="port to listen on (default 8480)")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.host, options.port))


if __name__ == "__main__":
    main()
