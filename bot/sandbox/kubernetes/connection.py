"""The only file that knows the client library: an open connection to a cluster, made at the first call."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import SandboxError
from bot.sandbox.kubernetes.problems import GUIDE

if TYPE_CHECKING:
    from kubernetes_asyncio.client import Configuration


@dataclass(frozen=True, slots=True)
class Apis:
    """The parts of the API that we use. Their types end here: we send and read plain JSON."""

    host: str
    batch: Any
    core: Any
    network: Any
    version: Any
    client: Any


@dataclass(frozen=True, slots=True)
class Access:
    """Where the cluster is. Both empty: the one that this service runs in, else the kubeconfig's current context."""

    kubeconfig: str = ""
    context: str = ""


class Connection:
    """Opened once; close it when done."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = asyncio.Lock()
        self._apis: Apis | None = None

    @property
    def host(self) -> str:
        """Of the API server, once known."""
        return self._apis.host if self._apis else ""

    async def apis(self) -> Apis:
        """Raises SandboxError if the library or the way to the cluster is missing."""
        async with self._lock:
            if self._apis is None:
                self._apis = await _opened(self._access)
            return self._apis

    async def renew(self) -> None:
        """Read the credentials anew: tokens of kubeconfigs end after minutes with some clouds."""
        async with self._lock:
            if self._apis:
                await _load(self._access, self._apis.client.configuration)

    async def close(self) -> None:
        """Let go of the cluster."""
        apis, self._apis = self._apis, None
        if apis:
            await apis.client.close()


async def _opened(access: Access) -> Apis:
    try:
        from kubernetes_asyncio import client
        from kubernetes_asyncio.client import ApiClient, Configuration
    except ImportError as error:
        raise SandboxError(
            "Kubernetes is set, but its library is not there: pip install 'deskhand[kubernetes]'"
        ) from error
    configuration = Configuration()
    await _load(access, configuration)
    configuration.connection_pool_maxsize = 0  # every run holds a connection for its log
    api = ApiClient(configuration)
    return Apis(
        str(configuration.host),
        client.BatchV1Api(api),
        client.CoreV1Api(api),
        client.NetworkingV1Api(api),
        client.VersionApi(api),
        api,
    )


async def _load(access: Access, configuration: Configuration) -> None:
    import yaml
    from kubernetes_asyncio import config

    loader: Any = config
    try:
        if not (access.kubeconfig or access.context) and "KUBERNETES_SERVICE_HOST" in os.environ:
            loader.load_incluster_config(client_configuration=configuration)
        else:
            await config.load_kube_config(
                access.kubeconfig or None, access.context or None, configuration, persist_config=False
            )
    except (config.ConfigException, OSError, yaml.YAMLError) as error:
        raise SandboxError(
            "Python actions cannot run: there is no usable way to a Kubernetes cluster; set DESKHAND_KUBERNETES_CONFIG "
            f"to a kubeconfig file, or run inside the cluster with a service account, see {GUIDE}"
        ) from error
