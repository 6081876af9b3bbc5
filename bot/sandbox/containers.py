"""The settings of one container: every limit of the specification (F063-F075)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEMORY = "512m"
PROCESSES = 128
TEMPORARY_SPACE = "rw,noexec,nosuid,nodev,size=100m"
NOBODY = "65534:65534"
"""User and group that scripts run as; they own nothing."""
INSTANCE_LABEL = "deskhand.instance"
PROCESS_LABEL = "deskhand.process"


def limits() -> dict[str, Any]:
    """Arguments of ``create_host_config``; read-only but for /tmp, no rights, one core, no swap."""
    return {
        "mem_limit": MEMORY,
        "memswap_limit": MEMORY,
        "nano_cpus": 1_000_000_000,
        "pids_limit": PROCESSES,
        "read_only": True,
        "tmpfs": {"/tmp": TEMPORARY_SPACE},  # noqa: S108 - the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,
        "log_config": {"Type": "none", "Config": {}},
        "ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
    }


def labels(instance: str) -> dict[str, str]:
    """What a container is known by, so that one left over by a killed service can be found."""
    return {INSTANCE_LABEL: instance, PROCESS_LABEL: this_process()}


def this_process() -> str:
    """This process in a way that no later one can share: its number and when it began, in clock ticks."""
    return f"{os.getpid()}-{_begun(os.getpid())}"


def left_over(found: Mapping[str, str]) -> bool:
    """Whether the process that a container's labels name has ended."""
    number, _, begun = found.get(PROCESS_LABEL, "").partition("-")
    return not (number.isdigit() and begun and _begun(int(number)) == begun)


def _begun(process: int) -> str:
    """Field 22 of proc_pid_stat(5); empty where there is no such process."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
