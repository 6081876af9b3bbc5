"""Builds the image, from the official base where a registry answers and from Debian's own Python where none does."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from docker.errors import DockerException

from bot.errors import SandboxError
from bot.ports import Emit
from bot.sandbox.engine import connect, present
from bot.sandbox.image.tag import HERE, image_tag

BASE = "python:3.13-slim"
STAND_IN = "deskhand-base:trixie"
"""Debian 13, whose Python is 3.13 too, with git, curl and nftables."""
_STAND_IN_PACKAGES = "python3,python3-venv,ca-certificates,git,curl,nftables"
_SYSTEM_PACKAGES = {"slim": "", "full": "libgl1 libglib2.0-0"}
_PULL_SECONDS = 20
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


ClientFor: TypeAlias = Callable[..., Any]
"""Opens a client with a ``timeout`` in seconds."""


async def build_image(variant: str, docker_host: str, say: Emit, certificates: Path | None = None) -> str:
    """Build the image on an engine if it is not there; gives its tag. Raises SandboxError with what to do."""
    client_for = partial(connect, docker_host, certificates=certificates)
    loop = asyncio.get_running_loop()

    def tell(line: str) -> None:
        asyncio.run_coroutine_threadsafe(_said(say, line), loop)

    try:
        return await asyncio.to_thread(_build, variant, client_for, tell)
    except (DockerException, OSError) as error:
        raise SandboxError(f"the image could not be built: {error}") from error


async def _said(say: Emit, line: str) -> None:
    await say(line)


def _build(variant: str, client_for: ClientFor, tell: Any) -> str:
    tag = image_tag(variant)
    client = client_for(timeout=600)
    try:
        if present(client, tag):
            tell(f"{tag} is up to date.")
            return tag
        base = _base(client, client_for, tell)
        tell(f"Building {tag} from {base} …")
        arguments = {"BASE": base, "SYSTEM_PACKAGES": _SYSTEM_PACKAGES[variant]}
        lines = client.build(
            fileobj=_build_folder(variant), custom_context=True, tag=tag, buildargs=arguments, rm=True, forcerm=True,
            decode=True,
        )  # fmt: skip
        for line in lines:
            if "error" in line:
                raise SandboxError(f"the image could not be built: {line['error'].strip()}")
            if text := str(line.get("stream", "")).strip():
                tell(text)
        tell(f"Built {tag}.")
        return tag
    finally:
        client.close()


def _base(client: Any, client_for: ClientFor, tell: Any) -> str:
    for name in (BASE, STAND_IN):
        if present(client, name):
            return name
    tell(f"Fetching {BASE} …")
    if _pulled(client_for):
        return BASE
    tell("No registry answers; making a base from Debian packages instead …")
    _import_stand_in(client)
    return STAND_IN


def _pulled(client_for: ClientFor) -> bool:
    """Whether the base came from a registry that began to answer soon."""
    impatient = client_for(timeout=_PULL_SECONDS)
    try:
        lines = list(impatient.pull("python", tag="3.13-slim", stream=True, decode=True))
        return bool(lines) and not any("error" in line for line in lines)
    except (DockerException, OSError):
        return False
    finally:
        impatient.close()


def _import_stand_in(client: Any) -> None:
    """debootstrap needs root and a Debian machine."""
    tool = shutil.which("debootstrap") or _installed_debootstrap()
    if tool is None or os.getuid() != 0:
        raise SandboxError(
            f"no registry gives {BASE}, and a stand-in needs root and debootstrap. "
            f"Load the image with `docker load`, or run `sudo deskhand sandbox build` on Debian"
        )
    with tempfile.TemporaryDirectory(prefix="deskhand-base-") as folder:
        root = Path(folder) / "root"
        command = [tool, "--variant=minbase", f"--include={_STAND_IN_PACKAGES}", "trixie", str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
        if done.returncode:
            raise SandboxError(f"debootstrap failed: {(done.stderr or done.stdout).strip()[-300:]}")
        archive = Path(folder) / "base.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)  # noqa: S603, S607 - tar is everywhere
        repository, _, tag = STAND_IN.partition(":")
        client.import_image_from_file(str(archive), repository=repository, tag=tag)


def _installed_debootstrap() -> str | None:
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        return None
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "debootstrap"]):
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
    return shutil.which("debootstrap")


def _build_folder(variant: str) -> io.BytesIO:
    """The build's inputs as a tar file; the certificate bundle of this machine serves the first stage only."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in _build_files(variant):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    target.seek(0)
    return target


def _build_files(variant: str) -> Iterator[tuple[str, bytes]]:
    yield "Dockerfile", (HERE / "Dockerfile").read_bytes()
    yield "requirements.txt", (HERE / f"{variant}.txt").read_bytes()
    yield "certs/.keep", b""
    if _BUNDLE.is_file():
        yield "certs/machine.crt", _BUNDLE.read_bytes()
