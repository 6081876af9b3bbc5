"""Connects to a Docker Engine."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import docker


def connect(host: str, timeout: int) -> Any:
    """A client whose calls end within ``timeout`` seconds. Untyped, as the SDK's answers are dictionaries.

    Raises DockerException or OSError when no engine answers.
    """
    _check_socket(host or "unix:///var/run/docker.sock")
    if host:
        return docker.APIClient(base_url=host, version="auto", timeout=timeout)
    return docker.APIClient(version="auto", timeout=timeout)


def _check_socket(host: str) -> None:
    """The SDK does not close the socket of a connection that was refused, so that is found out before."""
    path = urlsplit(host).path
    if not host.startswith("unix:"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        probe.connect(path)
