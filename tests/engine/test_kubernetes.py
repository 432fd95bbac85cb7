"""Objects in a cluster of the in-memory AWS, made by this project's Kubernetes plugin.

The tests stand on each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from aws_emulator.server import RunningServer
from tests.engine.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAM = Path(__file__).with_name("kubernetes_program")
MADE = 11  # with the stack and its provider
SECRET = "hush-hush-value"


@pytest.fixture(scope="module")
def kubeconfig(aws: RunningServer) -> str:
    """A cluster of version 1.35, and the kubeconfig that pulumi-eks writes for one."""
    environment = aws.environment()
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    ec2 = session.client("ec2", endpoint_url=aws.endpoint)
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    session.client("eks", endpoint_url=aws.endpoint).create_cluster(
        name="apps",
        version="1.35",
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": subnets},
    )
    arguments = ["--region", "us-east-1", "eks", "get-token", "--cluster-name", "apps"]
    return json.dumps({"users": [{"name": "aws", "user": {"exec": {"command": "aws", "args": arguments}}}]})


@pytest.fixture(scope="module")
def cluster(make_project: Callable[[Path], Project], kubeconfig: str) -> Project:
    return make_project(PROGRAM)


def test_a_preview_has_the_api_validate_what_it_knows(cluster: Project, kubeconfig: str) -> None:
    """A preview fails on an object that the API would refuse, before anything is created."""
    cluster.set(kubeconfig=kubeconfig, misspelt=True)
    ran = cluster.run("preview", "--suppress-progress")
    assert ran.code != 0
    assert "ConfigMap" in ran.said
    assert "date" in ran.said


def test_a_claim_that_fits_no_volume_fails_the_update_and_is_kept(cluster: Project, kubeconfig: str) -> None:
    """An object that does not become ready is in the state, and the error says why."""
    ran = cluster.up(kubeconfig=kubeconfig, volumeName="another")
    assert ran.code != 0
    assert "is not ready: the claim is Pending" in ran.said
    assert "claim" in cluster.state()


def test_the_next_update_creates_everything(cluster: Project, kubeconfig: str) -> None:
    """Deployment, claim, release, and a custom resource whose definition the release brings become ready."""
    ran = cluster.up(kubeconfig=kubeconfig)
    assert ran.code == 0, ran.said
    assert cluster.preview() == {"same": MADE}
    state = cluster.state()
    assert state["claim"]["outputs"]["status"]["phase"] == "Bound"
    assert state["api"]["outputs"]["status"]["availableReplicas"] == 2
    assert state["monitoring"]["outputs"]["status"]["status"] == "deployed"


def test_a_refresh_finds_no_change(cluster: Project) -> None:
    """What the API answers is what the state holds."""
    ran = cluster.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert ran.code == 0, ran.said


def test_data_of_a_secret_is_never_in_clear(cluster: Project) -> None:
    """Neither the state nor an export holds the password or its base64 form."""
    leaking = [
        path
        for path in cluster.state_files()
        if any(text in path.read_bytes() for text in (SECRET.encode(), b"aHVzaC1odXNoLXZhbHVl"))
    ]
    assert not leaking


def test_settings_change_in_place_and_a_class_is_replaced(cluster: Project, kubeconfig: str) -> None:
    """Fields that never change lead to a replacement, all others to an update in place."""
    before = cluster.state()
    ran = cluster.up(kubeconfig=kubeconfig, level="debug", replicas=3, retention="2d", reclaim="Delete")
    assert ran.code == 0, ran.said
    after = cluster.state()
    uid = {
        name: (before[name]["outputs"]["metadata"]["uid"], after[name]["outputs"]["metadata"]["uid"])
        for name in ("settings", "api", "class")
    }
    assert uid["settings"][0] == uid["settings"][1]
    assert uid["api"][0] == uid["api"][1]
    assert uid["class"][0] != uid["class"][1]
    assert after["api"]["outputs"]["status"]["availableReplicas"] == 3
    assert after["monitoring"]["outputs"]["status"]["revision"] == 2


def test_everything_is_destroyed(cluster: Project) -> None:
    """Nothing is left in the state."""
    ran = cluster.run("destroy", "--yes", "--skip-preview")
    assert ran.code == 0, ran.said
    assert not cluster.state()


def test_a_cluster_that_does_not_exist_is_named(cluster: Project, kubeconfig: str) -> None:
    """The error names the cluster that the kubeconfig names, in one line."""
    cluster.set(kubeconfig=kubeconfig.replace('"apps"', '"elsewhere"'))
    ran = cluster.run("up", "--yes", "--skip-preview")
    assert ran.code != 0
    assert "cluster elsewhere is unreachable: there is no cluster elsewhere in us-east-1" in ran.said
