"""What the Pod Security Standard ``restricted`` has against a pod, in the words of the admission controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip


def violations(spec: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each rule that a pod's ``spec`` breaks."""
    pod = spec.get("securityContext", {})
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"host namespaces ({key}=true)"
    if pod.get("sysctls"):
        yield "forbidden sysctls"
    for volume in spec.get("volumes", ()):
        if not set(volume) - {"name"} <= _VOLUMES:
            yield f'restricted volume types (volume "{volume["name"]}")'
    for container in [*spec.get("initContainers", ()), *spec["containers"]]:
        yield from _of_container(container, pod)


def _of_container(container: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    said = {**pod, **own}
    named = f'container "{container["name"]}" must set'
    capabilities = own.get("capabilities", {})
    if own.get("privileged"):
        yield f'privileged (container "{container["name"]}" must not set securityContext.privileged=true)'
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"allowPrivilegeEscalation != false ({named} securityContext.allowPrivilegeEscalation=false)"
    if "ALL" not in capabilities.get("drop", ()) or set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield f'unrestricted capabilities ({named} securityContext.capabilities.drop=["ALL"])'
    if said.get("runAsNonRoot") is not True:
        yield f"runAsNonRoot != true ({named} securityContext.runAsNonRoot=true)"
    if said.get("runAsUser") == 0:
        yield f'runAsUser=0 (container "{container["name"]}" must not set runAsUser=0)'
    if said.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield f'seccompProfile ({named} securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    if any(port.get("hostPort") for port in container.get("ports", ())):
        yield "hostPort"
