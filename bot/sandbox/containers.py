"""The settings of one container: every limit of the specification (F063-F075)."""

from __future__ import annotations

from typing import Any

MEMORY = "512m"
PROCESSES = 128
TEMPORARY_SPACE = "rw,noexec,nosuid,nodev,size=100m"
NOBODY = "65534:65534"
RUN_LABEL = "deskhand.run"
INSTANCE_LABEL = "deskhand.instance"


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


def labels(run_id: str, instance: str) -> dict[str, str]:
    """What a container is known by, so that one left over by a killed service can be found."""
    return {RUN_LABEL: run_id, INSTANCE_LABEL: instance}
