"""The process under test: the real command line, with one deadly place in it if the environment names one."""

from __future__ import annotations

import os

from bot.__main__ import main
from tests.chaos.points import arm

if __name__ == "__main__":
    if point := os.environ.get("CHAOS_POINT"):
        arm(point, int(os.environ.get("CHAOS_PASSAGE", "1")))
    main()
