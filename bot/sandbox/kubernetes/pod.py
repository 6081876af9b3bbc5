"""What the cluster tells of a run's pod, read from the API's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTAINER = "script"
_IMAGE = "check DESKHAND_KUBERNETES_IMAGE, and that the nodes may pull it"
_HOPELESS = {
    "ErrImagePull": _IMAGE,
    "ImagePullBackOff": _IMAGE,
    "ErrImageNeverPull": _IMAGE,
    "InvalidImageName": _IMAGE,
    "ImageInspectError": _IMAGE,
    "RegistryUnavailable": _IMAGE,
    "CreateContainerConfigError": "see `kubectl get events`",
    "CreateContainerError": "see `kubectl get events`",
    "RunContainerError": "see `kubectl get events`",
    "StartError": "the image must hold python3, as the one of `deskhand sandbox build` does",
    "ContainerCannotRun": "the image must hold python3, as the one of `deskhand sandbox build` does",
}
"""Reasons why a container will not start however long one waits, and what to do."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class PodState:
    """One look at the pod."""

    name: str
    begun: bool = False
    """Whether its container runs, or ran."""
    over: bool = False
    exit_code: int | None = None
    reason: str = ""
    """Why it ended, in the cluster's word: ``OOMKilled``, ``Error``, ``Evicted``."""
    waits_for: str = ""
    """Why it has not begun."""
    hopeless: str = ""
    """Why it never will, and what to do."""


def pod_state(pod: Mapping[str, Any]) -> PodState:
    """Read a pod object of the API."""
    status = pod.get("status", {})
    told = {each["name"]: each.get("state", {}) for each in status.get("containerStatuses") or ()}
    state = told.get(CONTAINER, {})
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    unable = _unable(waiting) or _unable(ended)
    return PodState(
        name=str(pod["metadata"]["name"]),
        begun=bool("running" in state or ended) and not unable,
        over=bool(ended) or status.get("phase") in ("Succeeded", "Failed"),
        exit_code=ended.get("exitCode"),
        reason=str(ended.get("reason") or status.get("reason") or ""),
        waits_for=_said(waiting) or _not_scheduled(status),
        hopeless=unable,
    )


def one_line(text: str) -> str:
    """The cluster's words, fit for a sentence of ours."""
    return " ".join(text.split())[:_LONGEST]


def _unable(state: Mapping[str, Any]) -> str:
    mend = _HOPELESS.get(str(state.get("reason")))
    return f"{_said(state)}; {mend}" if mend else ""


def _said(state: Mapping[str, Any]) -> str:
    return one_line(": ".join(filter(None, (str(state.get("reason") or ""), str(state.get("message") or "")))))


def _not_scheduled(status: Mapping[str, Any]) -> str:
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _said(condition)
    return ""
