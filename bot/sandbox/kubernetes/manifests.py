"""The Job of one run and the Secret that brings it its script: every limit that a pod can carry (F063-F075)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.ports import SandboxJob
from bot.sandbox.inside import BOOTSTRAP
from bot.sandbox.kubernetes.pod import CONTAINER

INSTANCE_LABEL = "deskhand.instance"
RUN_LABEL = "deskhand.run"
JOB_LABEL = "deskhand.job"
LARGEST_SECRET = 1024 * 1024
"""Bytes of all values together; the API refuses more."""
_NOBODY = 65534
_MARGIN_SECONDS = 30
_KEPT_SECONDS = 120
"""How long the cluster keeps an ended Job that nobody deleted."""
_MOUNTED = "/job"
_RELAY = (Path(__file__).parent / "relay.py").read_text(encoding="utf-8")
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class PodShape:
    """What an operator chooses of the pods."""

    image: str
    """As the nodes pull it."""
    runtime_class: str = ""
    """Such as ``gvisor``; empty for the cluster's default."""
    pull_secret: str = ""
    """Name of a Secret of the namespace that opens the image's registry."""


def job_manifest(name: str, job: SandboxJob, shape: PodShape, instance: str, start_seconds: float) -> dict[str, Any]:
    """The Job. Neither script nor values are in it: anyone who may look at pods could read them."""
    labels = {RUN_LABEL: label(job.id), INSTANCE_LABEL: label(instance), JOB_LABEL: name}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": math.ceil(start_seconds + job.timeout_seconds) + _MARGIN_SECONDS,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": _pod(name, shape)},
        },
    }


def secret_manifest(name: str, job: SandboxJob, marker: str, instance: str) -> dict[str, Any]:
    """What the pod mounts, under the name of its Job."""
    order = {
        "code": job.code, "environment": dict(job.environment), "timeout": job.timeout_seconds, "marker": marker,
    }  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "labels": {RUN_LABEL: label(job.id), INSTANCE_LABEL: label(instance)},
        },
        "immutable": True,
        "stringData": {"relay.py": _RELAY, "bootstrap.py": BOOTSTRAP, "job.json": json.dumps(order)},
    }


def owned(secret: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """The Secret as part of the Job of its name, so that the cluster deletes it with the Job."""
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": secret["metadata"]["name"], "uid": uid}
    return {**secret, "metadata": {**secret["metadata"], "ownerReferences": [owner]}}


def size_of(secret: Mapping[str, Any]) -> int:
    """Bytes that count towards ``LARGEST_SECRET``."""
    return sum(len(value.encode()) for value in secret["stringData"].values())


def label(text: str) -> str:
    """``text`` as a label's value; what does not fit the API's rule becomes a fingerprint."""
    return text if _LABEL_VALUE.fullmatch(text) else hashlib.sha256(text.encode()).hexdigest()[:32]


def _pod(name: str, shape: PodShape) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": _NOBODY, "runAsGroup": _NOBODY, "fsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(shape.image)],
        "volumes": [
            {"name": "job", "secret": {"secretName": name, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "100Mi"}},
        ],
        **({"runtimeClassName": shape.runtime_class} if shape.runtime_class else {}),
        **({"imagePullSecrets": [{"name": shape.pull_secret}]} if shape.pull_secret else {}),
    }  # fmt: skip


def _container(image: str) -> dict[str, Any]:
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", f"{_MOUNTED}/relay.py"],
        "workingDir": "/tmp",  # noqa: S108 - the container's own
        "securityContext": {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        },
        "resources": {
            "limits": {"memory": "512Mi", "cpu": "1", "ephemeral-storage": "100Mi"},
            "requests": {"memory": "256Mi", "cpu": "250m", "ephemeral-storage": "50Mi"},
        },
        "volumeMounts": [
            {"name": "job", "mountPath": _MOUNTED, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }  # fmt: skip
