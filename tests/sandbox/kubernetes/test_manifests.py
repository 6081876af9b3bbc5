"""What is handed to the cluster: no secret where it can be seen, every limit, nothing that ``restricted`` forbids."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest

from bot.ports import SandboxJob
from bot.sandbox.kubernetes.manifests import PodShape, job_manifest, label, secret_manifest
from tests.sandbox.kubernetes.conftest import INSTANCE, SHAPE, Ran
from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.kubernetes.restricted import violations
from tests.simulators.kubernetes.schema import faults

JOB = SandboxJob("0a1b-run", "print('the script')", {"password": "hunter2"}, 30)


def manifest(shape: PodShape = SHAPE) -> dict[str, Any]:
    return job_manifest("deskhand-1", JOB, shape, INSTANCE, 8)


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = copy.deepcopy(manifest()["spec"]["template"]["spec"])
    return spec


async def test_script_and_values_are_in_a_secret_of_the_job_and_nowhere_else(
    run: Ran, sim: KubernetesSimulator
) -> None:
    await run("import os\nprint(len(os.environ['password']))", password="hunter2")
    await sim.plane.settled()
    (job,), (secret,) = sim.plane.every_job, sim.plane.every_secret

    assert "hunter2" not in json.dumps(job)
    assert "environ" not in json.dumps(job)
    assert json.loads(base64.b64decode(secret["data"]["job.json"]))["environment"] == {"password": "hunter2"}
    assert secret["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"]
    assert sim.plane.secrets == {}


def test_the_pod_has_every_limit_of_the_specification_that_a_pod_can_have() -> None:
    spec = pod()
    container = spec["containers"][0]

    assert container["resources"]["limits"] == {"memory": "512Mi", "cpu": "1", "ephemeral-storage": "100Mi"}
    assert {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "100Mi"}} in spec["volumes"]
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]) == (65534, 65534)
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    assert (spec["restartPolicy"], spec["runtimeClassName"]) == ("Never", "gvisor")
    assert spec["imagePullSecrets"] == [{"name": "registry"}]


def test_the_cluster_ends_and_forgets_a_job_that_the_service_has_left() -> None:
    spec = manifest()["spec"]

    assert spec["backoffLimit"] == 0
    assert JOB.timeout_seconds + 8 < spec["activeDeadlineSeconds"] < 2 * (JOB.timeout_seconds + 8)
    assert 0 < spec["ttlSecondsAfterFinished"] <= 600


@pytest.mark.parametrize("shape", [SHAPE, PodShape("image")])
def test_the_manifests_are_what_the_api_knows(shape: PodShape) -> None:
    assert list(faults(manifest(shape), "V1Job")) == []
    assert list(faults(secret_manifest("deskhand-1", JOB, "mark", INSTANCE), "V1Secret")) == []
    assert list(violations(manifest(shape)["spec"]["template"]["spec"])) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("containers.0.securityContext.allowPrivilegeEscalation", True),
        ("containers.0.securityContext.privileged", True),
        ("containers.0.securityContext.capabilities", {}),
        ("containers.0.securityContext.capabilities", {"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        ("securityContext.runAsNonRoot", False),
        ("securityContext.runAsUser", 0),
        ("securityContext.seccompProfile", {"type": "Unconfined"}),
        ("hostNetwork", True),
        ("volumes.0", {"name": "host", "hostPath": {"path": "/"}}),
    ],
)
async def test_the_simulated_cluster_admits_no_weaker_pod(sim: KubernetesSimulator, path: str, value: object) -> None:
    body = manifest()
    place: Any = body["spec"]["template"]["spec"]
    *parents, last = path.split(".")
    for key in parents:
        place = place[int(key)] if key.isdigit() else place[key]
    place[int(last) if last.isdigit() else last] = value
    sim.plane.create_job(body)
    await sim.plane.controlled()

    assert "violates PodSecurity" in sim.plane.events[0]["message"]
    assert sim.plane.pods == {}


@pytest.mark.parametrize(
    ("key", "value"), [("backofLimit", 0), ("backoffLimit", "0"), ("template", {"spec": {"containers": {}}})]
)
def test_the_simulated_cluster_knows_what_is_no_field(key: str, value: object) -> None:
    body = manifest()
    body["spec"][key] = value

    assert list(faults(body, "V1Job"))


@pytest.mark.parametrize(("text", "kept"), [("0a1b-run", True), ("/srv/data", False), ("x" * 64, False), ("", False)])
def test_labels_fit_the_rule_of_the_api(text: str, *, kept: bool) -> None:
    made = label(text)

    assert (made == text) is kept
    assert 0 < len(made) <= 63
    assert made.replace("-", "").isalnum()
