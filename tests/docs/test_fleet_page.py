"""The manifest that docs/fleet.md shows is what KubeRay reads. The commands and Ray's file: tests/execution."""

from __future__ import annotations

import shlex
from pathlib import Path

import yaml

from seqzoo import cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fleet.md").read_text("utf-8")

# Of KubeRay 1.5.1, ray-operator/apis/ray/v1: the fields that a RayJob may have, those that must be there first.
FIELDS = {
    "": "apiVersion kind metadata spec",
    "spec": "entrypoint rayClusterSpec activeDeadlineSeconds backoffLimit submitterPodTemplate metadata "
    "clusterSelector submitterConfig managedBy deletionStrategy runtimeEnvYAML jobId submissionMode "
    "entrypointResources entrypointNumCpus entrypointNumGpus ttlSecondsAfterFinished shutdownAfterJobFinishes "
    "suspend",
    "rayClusterSpec": "headGroupSpec rayVersion workerGroupSpecs authOptions enableInTreeAutoscaling "
    "autoscalerOptions headServiceAnnotations suspend managedBy gcsFaultToleranceOptions",
    "headGroupSpec": "template rayStartParams serviceType headService enableIngress resources labels",
    "workerGroupSpecs": "groupName template rayStartParams replicas minReplicas maxReplicas numOfHosts scaleStrategy "
    "suspend idleTimeoutSeconds resources labels",
    "authOptions": "mode",
}
REQUIRED = {"": 4, "spec": 2, "rayClusterSpec": 3, "headGroupSpec": 1, "workerGroupSpecs": 2, "authOptions": 1}


def test_kuberay_takes_the_manifest_of_a_job_and_its_command_is_one_of_ours() -> None:
    assert "(../deploy/rayjob.yaml)" in PAGE
    job = yaml.safe_load((ROOT / "deploy" / "rayjob.yaml").read_text("utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    cluster = job["spec"]["rayClusterSpec"]
    (workers,) = cluster["workerGroupSpecs"]
    parts = {
        "": job, "spec": job["spec"], "rayClusterSpec": cluster, "headGroupSpec": cluster["headGroupSpec"],
        "workerGroupSpecs": workers, "authOptions": cluster["authOptions"],
    }  # fmt: skip
    for name, part in parts.items():
        fields = FIELDS[name].split()
        assert set(fields[: REQUIRED[name]]) <= set(part) <= set(fields), name
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    for group in (cluster["headGroupSpec"], workers):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert set(container) <= {"name", "image", "resources", "volumeMounts"}
        assert container["resources"]["limits"] == container["resources"]["requests"]
        mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
        assert mounted == {volume["name"] for volume in pod.get("volumes", [])}
    seqzoo, name, *words = shlex.split(job["spec"]["entrypoint"])
    assert seqzoo == "seqzoo" and words[words.index("--on") + 1] == "ray:auto"
    given = cli._line().commands[name].make_context(name, words).params  # type: ignore[attr-defined]
    assert Path(cluster["headGroupSpec"]["template"]["spec"]["containers"][0]["volumeMounts"][0]["mountPath"]) in (
        given["out"].parents
    )
