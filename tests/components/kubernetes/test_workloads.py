"""What runs in the cluster: the autoscaler, monitoring, and what they keep."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest

from blueprint import Blueprint, Resource, record_primary
from blueprint.manifests import RELEASE, as_yaml, manifests, releases
from blueprint.secrets import MASK
from components.settings.node_types import NODE_TYPES
from tests.golden import Golden

PROVIDER = "pulumi:providers:kubernetes"
OPERATOR_KINDS = {"ServiceMonitor", "PodMonitor", "ScrapeConfig", "PrometheusRule"}
# kubelet of EKS (awslabs/amazon-eks-ami, nodeadm): kept back for itself, for each pod, and before it evicts; in MiB.
KEPT_BACK, KEPT_BACK_PER_POD, EVICTION = 255, 11, 100
# What the firmware and the kernel take of a small instance before the kubelet counts, in MiB.
KERNEL = 140
# Requests of EKS's own add-ons by default, in MiB: CoreDNS, and the EBS driver's six and three containers.
ADDONS = {"coredns": 70, "ebs-csi-controller": 6 * 40, "ebs-csi-node": 3 * 40}


def _kubernetes(stack: Blueprint) -> list[Resource]:
    return [r for r in stack.resources if r.type.startswith("kubernetes:")]


def _values(stack: Blueprint, name: str) -> dict[str, Any]:
    (found,) = (release["values"] for release in releases(stack) if release["name"] == name)
    return found


def test_objects_hold_to_the_schemas_of_the_clusters_version(stack: Blueprint) -> None:
    (cluster,) = stack.of_type("aws:eks/cluster:Cluster")
    checked = 0
    for manifest in manifests(stack):
        if manifest["kind"] not in OPERATOR_KINDS:
            kubernetes_validate.validate(manifest, cluster.properties["version"], strict=True)
            checked += 1
    assert checked >= 8, "most objects are of kinds that Kubernetes itself has"


def test_what_the_schema_check_would_catch_is_caught(primary: Blueprint) -> None:
    (claim,) = (m for m in manifests(primary) if m["kind"] == "PersistentVolumeClaim")
    broken = {**claim, "spec": {**claim["spec"], "accessMode": "ReadWriteMany"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, "1.35", strict=True)


def test_objects_and_releases_are_those_that_were_reviewed(primary: Blueprint, dr: Blueprint, golden: Golden) -> None:
    for stack in (primary, dr):
        golden.matches_text(f"kubernetes-{stack.stack}.yaml", as_yaml([*manifests(stack), *releases(stack)]))


def test_everything_in_the_cluster_is_made_by_the_one_provider_that_is_declared_for_it(stack: Blueprint) -> None:
    provider = stack.one(PROVIDER, "kubernetes")
    assert {resource.provider for resource in _kubernetes(stack)} == {provider.urn}
    assert "get-token" in provider.properties["kubeconfig"], "the caller's own role answers for each call"
    for secret in ("client-key", "client-certificate", "password", "token:"):
        assert secret not in provider.properties["kubeconfig"], f"{secret} stands in the provider's inputs"


def test_charts_are_pinned(stack: Blueprint) -> None:
    for release in stack.of_type(RELEASE):
        assert release.properties["version"].replace(".", "").isdigit(), f"{release.name} would take any version"
        assert release.properties["atomic"] is True, f"{release.name} would be left half made"


def test_the_autoscaler_is_of_the_clusters_version_and_looks_for_its_tags(stack: Blueprint) -> None:
    values = _values(stack, "cluster-autoscaler")
    (cluster,) = stack.of_type("aws:eks/cluster:Cluster")
    assert values["image"]["tag"].startswith(f"v{cluster.properties['version']}.")
    assert values["autoDiscovery"]["clusterName"] == cluster.properties["name"]
    tags = {tag.properties["tag"]["key"] for tag in stack.of_type("aws:autoscaling/tag:Tag")}
    assert set(values["autoDiscovery"]["tags"]) == tags
    (identity,) = (
        i
        for i in stack.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
        if i.properties["serviceAccount"] == values["rbac"]["serviceAccount"]["name"]
    )
    assert identity.properties["namespace"] == "kube-system"


def test_metrics_are_kept_on_the_shared_file_system_where_it_can_be_written(
    primary: Blueprint, dr: Blueprint, dr_active: Blueprint
) -> None:
    for stack in (primary, dr_active):
        storage = _values(stack, "monitoring")["prometheus"]["prometheusSpec"]["storageSpec"]
        claim = storage["volumeClaimTemplate"]["spec"]
        (volume,) = (
            m
            for m in manifests(stack)
            if m["kind"] == "PersistentVolume" and m["metadata"]["labels"] == claim["selector"]["matchLabels"]
        )
        assert volume["spec"]["csi"]["driver"] == "efs.csi.aws.com"
        assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
        assert set(volume["spec"]["mountOptions"]) == {"tls", "iam"}, "the file system refuses any other mount"
        assert _values(stack, "monitoring")["grafana"]["persistence"]["enabled"] is True
    standing = _values(dr, "monitoring")
    assert "emptyDir" in standing["prometheus"]["prometheusSpec"]["storageSpec"], "a replica takes no writes"
    assert standing["grafana"]["persistence"]["enabled"] is False


def test_claims_find_the_volumes_that_are_declared(primary: Blueprint) -> None:
    volumes = {m["metadata"]["name"]: m["spec"] for m in manifests(primary) if m["kind"] == "PersistentVolume"}
    classes = {m["metadata"]["name"] for m in manifests(primary) if m["kind"] == "StorageClass"}
    (claim,) = (m for m in manifests(primary) if m["kind"] == "PersistentVolumeClaim")
    assert claim["spec"]["volumeName"] in volumes
    assert claim["metadata"]["name"] == _values(primary, "monitoring")["grafana"]["persistence"]["existingClaim"]
    for volume in volumes.values():
        assert volume["storageClassName"] in classes
        assert "::" in volume["csi"]["volumeHandle"], "a volume names the file system and its access point"


def test_volumes_of_pods_are_encrypted_under_the_platforms_key(stack: Blueprint) -> None:
    (default,) = (
        m
        for m in manifests(stack)
        if m["kind"] == "StorageClass"
        and m["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    )
    assert default["parameters"]["encrypted"] == "true"
    assert "compute#arn" in default["parameters"]["kmsKeyId"]


def test_grafanas_password_is_nowhere_in_the_clear(stack: Blueprint) -> None:
    (secret,) = (m for m in manifests(stack) if m["kind"] == "Secret")
    assert set(secret["stringData"].values()) == {MASK}
    admin = _values(stack, "monitoring")["grafana"]["admin"]
    assert admin["existingSecret"] == secret["metadata"]["name"]
    assert {admin["userKey"], admin["passwordKey"]} == set(secret["stringData"])


def test_monitors_come_after_the_operator_that_knows_their_kind(stack: Blueprint) -> None:
    operator = stack.one(RELEASE, "monitoring")
    monitors = [r for r in _kubernetes(stack) if r.type.startswith("kubernetes:monitoring.coreos.com")]
    assert {monitor.properties["kind"] for monitor in monitors} == OPERATOR_KINDS
    for monitor in monitors:
        assert operator.urn in monitor.dependencies, f"{monitor.name} is of a kind that is not there yet"
    spec = _values(stack, "monitoring")["prometheus"]["prometheusSpec"]
    assert spec["serviceMonitorSelectorNilUsesHelmValues"] is False, "only the chart's own monitors would count"


def test_the_webhook_of_the_operator_is_admitted_by_the_label_its_chart_gives_it(stack: Blueprint) -> None:
    (policy,) = (m for m in manifests(stack) if m["metadata"]["name"] == "operator-webhook")
    # The chart names the operator `<nameOverride>-operator`.
    name = _values(stack, "monitoring")["nameOverride"]
    assert policy["spec"]["podSelector"]["matchLabels"] == {"app": f"{name}-operator"}


def test_what_stands_in_the_recovery_region_fits_on_its_one_node(dr: Blueprint) -> None:
    (group,) = dr.of_type("aws:eks/nodeGroup:NodeGroup")
    node = NODE_TYPES[group.properties["instanceTypes"][0]]
    room = node.memory_gib * 1024 - KERNEL - KEPT_BACK - KEPT_BACK_PER_POD * node.most_pods - EVICTION
    monitoring = _values(dr, "monitoring")
    operator, grafana = monitoring["prometheusOperator"], monitoring["grafana"]
    asked = sum(
        _mebibytes(quantities)
        for quantities in (
            _values(dr, "cluster-autoscaler")["resources"],
            monitoring["prometheus"]["prometheusSpec"]["resources"],
            monitoring["alertmanager"]["alertmanagerSpec"]["resources"],
            operator["resources"],
            # One beside Prometheus, one beside Alertmanager.
            operator["prometheusConfigReloader"]["resources"],
            operator["prometheusConfigReloader"]["resources"],
            grafana["resources"],
            # One sidecar for dashboards, one for data sources.
            grafana["sidecar"]["resources"],
            grafana["sidecar"]["resources"],
            monitoring["kube-state-metrics"]["resources"],
            monitoring["prometheus-node-exporter"]["resources"],
        )
    )
    assert asked + sum(ADDONS.values()) <= room, f"the node has room for {room} MiB"


def _mebibytes(resources: dict[str, Any]) -> int:
    return int(resources["requests"]["memory"].removesuffix("Mi"))


def test_a_stack_without_workloads_ends_at_the_cluster_and_keeps_the_roles_of_pods() -> None:
    stack = record_primary({"workloads": False})
    assert _kubernetes(stack) == []
    assert [p.name for p in stack.of_type(PROVIDER)] == ["cluster-eks-k8s"], "only the plugin's own provider is left"
    accounts = {
        i.properties["serviceAccount"] for i in stack.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    }
    assert {"cluster-autoscaler", "prometheus", "alertmanager", "grafana"} <= accounts, "whoever runs them needs roles"
