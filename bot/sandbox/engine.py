"""One Docker Engine: its client, kept off the event loop, and its errors in our words."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.tls import TLSConfig

from bot.errors import SandboxError

T = TypeVar("T")

ANSWER_SECONDS = 8
"""How long the engine may take for one control call before it counts as down."""
CALLS_AT_ONCE = 12
BUILD = "Build it with: deskhand sandbox build"


class DockerEngine:
    """Control calls on the engine at ``host`` (empty for the one that the environment names). Close it when done."""

    def __init__(self, host: str = "", certificates: Path | None = None) -> None:
        self.host = host
        self._certificates = certificates
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="docker")
        self._client: Any = None
        self.owed: set[str] = set()
        """Containers whose removal failed, most likely as the engine was lost: to be removed when it is back."""

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
            self._client = connect(self.host, ANSWER_SECONDS, self._certificates)
        return self._client


def connect(host: str, timeout: int, certificates: Path | None = None) -> Any:
    """A client whose calls end within ``timeout`` seconds. Untyped, as the SDK's answers are dictionaries.

    ``ssh://`` uses the machine's own ssh. ``certificates`` is a folder of ``ca.pem``, ``cert.pem`` and ``key.pem``, by
    which client and engine prove themselves to each other on ``tcp://``. Raises DockerException or OSError when no
    engine answers.
    """
    _check_socket(host or "unix:///var/run/docker.sock")
    if not host:
        return _Client(version="auto", timeout=timeout)
    tls = _tls(certificates) if certificates and host.startswith("tcp://") else False
    return _Client(base_url=host, version="auto", timeout=timeout, tls=tls, use_ssh_client=host.startswith("ssh://"))


def present(client: Any, image: str) -> bool:
    """Whether the engine has an image of that name."""
    try:
        client.inspect_image(image)
    except ImageNotFound:
        return False
    return True


def removed(client: Any, container: str) -> None:
    """Destroy a container, whatever it does at the moment. One that is gone is no problem."""
    with suppress(NotFound):
        client.remove_container(container, force=True, v=True)


class _Client(docker.APIClient):
    """Deaf to this machine's proxies and certificate bundle, which ``requests`` would put before our own."""

    @property
    def trust_env(self) -> bool:
        return False

    @trust_env.setter
    def trust_env(self, _: bool) -> None:
        """``requests`` sets it; the answer stays no."""


def _tls(folder: Path) -> TLSConfig:
    pair = str(folder / "cert.pem"), str(folder / "key.pem")
    return TLSConfig(client_cert=pair, ca_cert=str(folder / "ca.pem"), verify=True)


def _check_socket(host: str) -> None:
    """The SDK does not close the socket of a connection that was refused, so that is found out before."""
    path = urlsplit(host).path
    if not host.startswith("unix:"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        probe.connect(path)
