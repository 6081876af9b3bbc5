"""Connects to a Docker Engine."""

from __future__ import annotations

from typing import Any

import docker


def connect(host: str, timeout: int) -> Any:
    """A client whose calls end within ``timeout`` seconds. Untyped, as the SDK's answers are dictionaries.

    Raises DockerException when no engine answers.
    """
    if host:
        return docker.APIClient(base_url=host, version="auto", timeout=timeout)
    return docker.APIClient(version="auto", timeout=timeout)
