"""What the API server's refusals mean for a person, and what to do about them."""

from __future__ import annotations

import json
from typing import Any

from bot.errors import SandboxError
from bot.sandbox.kubernetes.pod import one_line

GUIDE = "docs/guide/kubernetes.md"
_LASTING = (400, 401, 403, 404, 422)


class ApiProblem(SandboxError):
    """The API server refused, or did not answer: then ``status`` is 0."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(f"Python actions cannot run now: {text}")
        self.status = status

    @property
    def passing(self) -> bool:
        """Whether the same request may go through a moment later."""
        return self.status not in _LASTING


def no_answer(host: str) -> ApiProblem:
    """The server is down, or the way to it."""
    where = host or "the cluster"
    return ApiProblem(
        f"the Kubernetes API at {where} does not answer; check the cluster and the network, then ask again"
    )


def refusal(status: int, body: str, namespace: str, *, private: bool) -> ApiProblem:
    """In our words. ``private`` leaves out what the server says, which might repeat a value."""
    told = _message(body)
    said = "" if private else f" ({told})"
    if status == 401:
        text = f"the cluster does not accept our credentials; renew the kubeconfig or service account, see {GUIDE}"
    elif status == 403 and "exceeded quota" in told:
        text = f"the quota of the namespace {namespace} is used up{said}; ask again when a run has ended, or raise it"
    elif status == 403:
        text = f"our service account lacks a right{said}; apply the Role in {GUIDE}"
    elif status == 404:
        text = f"the namespace {namespace} is not there{said}; create it as in {GUIDE}"
    elif status in (400, 422):
        text = f"the cluster does not take the run as it is{said}; check the DESKHAND_KUBERNETES_ settings"
    else:
        text = f"the cluster answered with HTTP {status}{said}; ask again in a moment"
    return ApiProblem(text, status)


def _message(body: str) -> str:
    try:
        told: Any = json.loads(body)
        return one_line(str(told["message"]))
    except (ValueError, KeyError, TypeError):
        return one_line(body)
