"""The Kubernetes APIs of the in-memory AWS: what they accept, and what they refuse as the genuine one does."""

from __future__ import annotations

from typing import Any

import pytest

from aws_emulator.kubernetes.errors import ApiError
from aws_emulator.kubernetes.objects import Cluster
from rehearsal.plugins.kubernetes.client import Client
from rehearsal.plugins.kubernetes.releases import definitions


@pytest.fixture
def cluster() -> Cluster:
    return Cluster("1.35")


def _object(kind: str, name: str, api: str = "v1", **content: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **content}


def _refused(cluster: Cluster, wanted: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as refused:
        cluster.create(wanted)
    return refused.value


def test_a_field_that_the_version_does_not_know_is_refused(cluster: Cluster) -> None:
    """The check is strict: a misspelt field would be dropped in silence otherwise."""
    error = _refused(cluster, _object("ConfigMap", "settings", date={}))
    assert error.code == 422
    assert "date" in str(error)


def test_a_kind_is_unknown_until_it_is_defined(cluster: Cluster) -> None:
    """A custom resource needs the definition that its chart brings."""
    monitor = _object("ServiceMonitor", "api", "monitoring.coreos.com/v1", spec={"selector": {}, "endpoints": []})
    error = _refused(cluster, monitor)
    assert (error.code, str(error)) == (
        404,
        'no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"',
    )
    for definition in definitions("kube-prometheus-stack"):
        cluster.create(definition)
    assert cluster.create(monitor)["metadata"]["namespace"] == "default"


def test_a_namespace_has_to_exist_and_takes_its_objects_along(cluster: Cluster) -> None:
    wanted = _object("ConfigMap", "settings")
    wanted["metadata"]["namespace"] = "apps"
    assert str(_refused(cluster, wanted)) == 'namespaces "apps" not found'
    cluster.create(_object("Namespace", "apps"))
    cluster.create(wanted)
    cluster.delete("v1", "Namespace", "", "apps")
    with pytest.raises(ApiError, match="not found"):
        cluster.read("v1", "ConfigMap", "apps", "settings")


def test_a_name_is_taken_once(cluster: Cluster) -> None:
    cluster.create(_object("ConfigMap", "settings"))
    assert _refused(cluster, _object("ConfigMap", "settings")).reason == "AlreadyExists"


def test_a_dry_run_changes_nothing(cluster: Cluster) -> None:
    cluster.create(_object("ConfigMap", "settings"), dry_run=True)
    cluster.create(_object("ConfigMap", "settings"))


def test_an_immutable_field_is_refused(cluster: Cluster) -> None:
    """The provisioner of a class never changes."""
    kind = ("StorageClass", "files", "storage.k8s.io/v1")
    cluster.create(_object(*kind, provisioner="efs.csi.aws.com"))
    with pytest.raises(ApiError, match="provisioner: field is immutable"):
        cluster.replace(_object(*kind, provisioner="ebs.csi.aws.com"))


def test_text_of_a_secret_becomes_its_data(cluster: Cluster) -> None:
    made = cluster.create(_object("Secret", "credentials", stringData={"password": "x"}))
    assert made["data"] == {"password": "eA=="}
    assert "stringData" not in made


def test_a_deployment_waits_for_what_its_pods_need(cluster: Cluster) -> None:
    pod = {
        "containers": [{"name": "api", "image": "api:1"}],
        "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
    }
    template = {"metadata": {"labels": {"app": "api"}}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "api"}}, "template": template}
    made = cluster.create(_object("Deployment", "api", "apps/v1", spec=spec))
    assert made["status"]["availableReplicas"] == 0
    assert 'ConfigMap "settings" not found' in made["status"]["conditions"][0]["message"]
    cluster.create(_object("ConfigMap", "settings"))
    assert cluster.read("apps/v1", "Deployment", "", "api")["status"]["availableReplicas"] == 2


def test_a_kubeconfig_names_its_cluster() -> None:
    """Only the form that pulumi-eks writes is understood; anything else is one clear line."""
    with pytest.raises(ValueError, match="kubeconfig: names no cluster of EKS"):
        Client.of("users: [{name: a, user: {token: x}}]")
    arguments = '["--region", "us-west-2", "eks", "get-token", "--cluster-name", "apps"]'
    read = Client.of(f'{{"users": [{{"name": "a", "user": {{"exec": {{"args": {arguments}}}}}}}]}}')
    assert read == Client("us-west-2", "apps")
