"""One Docker Engine: its client, kept off the event loop, and its errors in our words."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound
from docker.utils import kwargs_from_env

from bot.errors import SandboxError

T = TypeVar("T")

ANSWER_SECONDS = 8
"""How long the engine may take for one control call before it counts as down."""
CALLS_AT_ONCE = 12
BUILD = "Build it with: deskhand sandbox build"


class DockerEngine:
    """Control calls on the engine at ``host`` (empty for the one that the environment names). Close it when done."""

    def __init__(self, host: str = "") -> None:
        self.host = host
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="docker")
        self._client: Any = None

    async def call(self, control: Callable[[Any], T]) -> T:
        """Do ``control`` with a client in a thread. Raises SandboxError with what to do.

        A call that was begun is waited for even when cancelled, so that nothing happens behind the caller's back.
        """
        doing = asyncio.get_running_loop().run_in_executor(self._threads, lambda: control(self._connected()))
        try:
            async with asyncio.timeout(ANSWER_SECONDS + 1):
                return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait({doing}, timeout=ANSWER_SECONDS)
            raise
        except ImageNotFound as error:
            raise SandboxError(f"Python actions cannot run: their image is not built. {BUILD}") from error
        except (TimeoutError, requests.exceptions.RequestException, APIError, DockerException, OSError) as error:
            self._forget_client()
            raise SandboxError(
                f"Python actions cannot run now: the Docker Engine at {self.host or 'the local socket'} does not "
                "answer. Start it, then ask again; other actions are not affected"
            ) from error
        finally:
            if doing.done() and not doing.cancelled():
                doing.exception()

    def close(self) -> None:
        """Let go of the engine."""
        self._forget_client()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _forget_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:
        if self._client is None:
            self._client = connect(self.host, ANSWER_SECONDS)
        return self._client


def connect(host: str, timeout: int) -> Any:
    """A client whose calls end within ``timeout`` seconds. Untyped, as the SDK's answers are dictionaries.

    ``ssh://`` uses the machine's own ssh; ``tcp://`` with ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH`` uses TLS, as
    Docker's own command does. Raises DockerException or OSError when no engine answers.
    """
    _check_socket(host or "unix:///var/run/docker.sock")
    if not host:
        return docker.APIClient(version="auto", timeout=timeout)
    tls = kwargs_from_env().get("tls", False) if host.startswith(("tcp://", "https://")) else False
    return docker.APIClient(
        base_url=host, version="auto", timeout=timeout, tls=tls, use_ssh_client=host.startswith("ssh://")
    )


def _check_socket(host: str) -> None:
    """The SDK does not close the socket of a connection that was refused, so that is found out before."""
    path = urlsplit(host).path
    if not host.startswith("unix:"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        probe.connect(path)
