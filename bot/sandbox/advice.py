"""What is to be said of an engine: limits that its kernel cannot keep, and runtimes with known holes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_LIMITS = {
    "MemoryLimit": "512 MB of memory",
    "SwapLimit": "no swap beyond the memory",
    "CpuCfsQuota": "one core",
    "PidsLimit": "128 processes",
}
_LEAKED_DESCRIPTORS = (1, 1, 12)
"""CVE-2024-21626 is mended from this version of runc on."""
_MASKED_PATHS = {(1, 2): 8, (1, 3): 3}
"""CVE-2025-31133, -52565 and -52881: the patch level of each line of versions that mends them; 1.4 never had them."""


def warnings_of(components: Mapping[str, str], info: Mapping[str, Any]) -> Iterator[str]:
    """One plain sentence for each thing an operator should mend. ``info`` is the engine's ``/info``."""
    lacking = [words for key, words in _LIMITS.items() if info.get(key) is False]
    if lacking:
        yield f"this machine cannot enforce: {', '.join(lacking)}; enable the kernel's cgroups for them"
    if not any("seccomp" in option for option in info.get("SecurityOptions") or ()):
        yield "system calls are not filtered: the engine runs without seccomp"
    hole = _hole(components.get("runc", ""))
    if hole:
        yield (
            f"runc {components['runc']} is known for {hole}, a way out of containers; update it, unless your "
            "distribution has mended it under this number"
        )


def _hole(version: str) -> str:
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if not numbers:
        return ""
    major, minor, patch = map(int, numbers.groups())
    if (major, minor, patch) < _LEAKED_DESCRIPTORS:
        return "CVE-2024-21626"
    if (major, minor) < (1, 2) or patch < _MASKED_PATHS.get((major, minor), 0):
        return "CVE-2025-31133"
    return ""
