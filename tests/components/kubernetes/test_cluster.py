"""The control plane, its nodes and its add-ons."""

from __future__ import annotations

import base64
import json

import pytest
import yaml
from pulumi_aws.ec2 import InstanceType

from blueprint import Blueprint, Resource, record_primary
from blueprint.references import Reference, references_in
from components.settings.kubernetes import PINS
from components.settings.node_types import NODE_TYPES
from tests.golden import Golden

CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
ADDON = "aws:eks/addon:Addon"
IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
VERSION = "1.35"


def _cluster(stack: Blueprint) -> Resource:
    (cluster,) = stack.of_type(CLUSTER)
    return cluster


def _group(stack: Blueprint) -> Resource:
    (group,) = stack.of_type(NODES)
    return group


def _needs(stack: Blueprint, resource: Resource) -> set[str]:
    """Everything that a resource waits for, near and far."""
    found: set[str] = set()
    waiting = [resource]
    while waiting:
        for urn in waiting.pop().dependencies:
            if urn not in found and urn in stack.by_urn:
                found.add(urn)
                waiting.append(stack.by_urn[urn])
    return found


def test_the_api_is_reached_from_inside_the_vpc_alone(stack: Blueprint) -> None:
    network = _cluster(stack).properties["vpcConfig"]
    assert network["endpointPrivateAccess"] is True
    assert network["endpointPublicAccess"] is False, "the Kubernetes API is open to the internet"
    tiers = {stack.one(r.type, r.name).properties["tags"]["Tier"] for r in references_in(network["subnetIds"])}
    assert tiers == {"app"}, "the control plane's interfaces stand in the app tier"


def test_secrets_lie_under_the_platforms_own_key(stack: Blueprint) -> None:
    encryption = _cluster(stack).properties["encryptionConfig"]
    assert encryption["resources"] == ["secrets"]
    (key,) = references_in(encryption["provider"]["keyArn"])
    assert key.name == "compute"


def test_every_log_of_the_control_plane_is_kept_and_encrypted(stack: Blueprint) -> None:
    cluster = _cluster(stack)
    kinds = {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert set(cluster.properties["enabledClusterLogTypes"]) == kinds
    logs = stack.one("aws:cloudwatch/logGroup:LogGroup", "control-plane")
    assert logs.properties["name"] == f"/aws/eks/{cluster.properties['name']}/cluster"
    assert logs.properties["retentionInDays"] >= 365
    assert logs.urn in cluster.dependencies, "EKS would make the group first, without a key and for ever"


def test_people_enter_by_access_entries_and_nobody_by_a_map_inside_the_cluster(stack: Blueprint) -> None:
    assert _cluster(stack).properties["accessConfig"]["authenticationMode"] == "API"
    policies = {
        next(references_in(association.properties["principalArn"])).name: association.properties["policyArn"]
        for association in stack.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    }
    assert {who: arn.rsplit("/", 1)[-1] for who, arn in policies.items()} == {
        "operator": "AmazonEKSEditPolicy",
        "auditor": "AmazonEKSViewPolicy",
        **({} if stack.stack == "primary" else {"scale-out": "AmazonEKSClusterAdminPolicy"}),
    }, "an operator works in the cluster, an auditor looks, a build grows it, a trader has no business there"


def test_the_cluster_has_an_identity_provider(stack: Blueprint) -> None:
    (provider,) = stack.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert next(references_in(provider.properties["url"])).name == _cluster(stack).name


def test_the_clusters_role_is_bound_and_ready_before_the_cluster(stack: Blueprint) -> None:
    role = stack.one("aws:iam/role:Role", "control-plane")
    assert role.properties["permissionsBoundary"]
    attached = stack.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "control-plane")
    assert attached.urn in _cluster(stack).dependencies


def test_both_regions_run_one_version_of_kubernetes(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> None:
    versions = {
        resource.properties["version"] for s in (primary, dr, dr_active) for resource in s.of_type(CLUSTER, NODES)
    }
    assert versions == {VERSION}


@pytest.mark.parametrize(
    ("name", "type_", "least", "most"),
    [("primary", "m6i.xlarge", 3, 12), ("dr", "t3.small", 1, 3), ("dr_active", "m6i.xlarge", 3, 12)],
)
def test_nodes_have_their_regions_size(
    request: pytest.FixtureRequest, name: str, type_: str, least: int, most: int
) -> None:
    group = _group(request.getfixturevalue(name)).properties
    assert group["instanceTypes"] == [type_]
    scaling = group["scalingConfig"]
    assert (scaling["minSize"], scaling["desiredSize"], scaling["maxSize"]) == (least, least, most)


def test_a_takeover_adds_larger_nodes_beside_the_small_ones(dr: Blueprint, dr_active: Blueprint) -> None:
    before, after = _group(dr), _group(dr_active)
    assert before.urn != after.urn, "the one node would be taken down before its successors stand"
    assert before.properties["nodeGroupName"] != after.properties["nodeGroupName"]


def test_nodes_stand_in_every_zone_of_the_app_tier_under_the_groups_own_flows(stack: Blueprint) -> None:
    subnets = [stack.one(r.type, r.name) for r in references_in(_group(stack).properties["subnetIds"])]
    assert len({subnet.properties["availabilityZone"] for subnet in subnets}) == 3
    (template,) = (t for t in stack.of_type(TEMPLATE) if t.name.startswith("nodes-"))
    groups = [reference.name for reference in references_in(template.properties["vpcSecurityGroupIds"])]
    assert groups == ["cluster-nodes"]


def test_pods_cannot_take_the_role_of_their_node(stack: Blueprint) -> None:
    (template,) = (t for t in stack.of_type(TEMPLATE) if t.name.startswith("nodes-"))
    metadata = template.properties["metadataOptions"]
    assert metadata["httpTokens"] == "required"
    assert metadata["httpPutResponseHopLimit"] == 1
    (volume,) = (mapping["ebs"] for mapping in template.properties["blockDeviceMappings"])
    assert volume["encrypted"] == "true"
    assert next(references_in(volume["kmsKeyId"])).name == "compute"


def test_a_node_runs_as_many_pods_as_its_memory_leaves_room_for(primary: Blueprint, dr: Blueprint) -> None:
    def most_pods(stack: Blueprint) -> int:
        (template,) = (t for t in stack.of_type(TEMPLATE) if t.name.startswith("nodes-"))
        text = base64.b64decode(template.properties["userData"]).decode()
        config = yaml.safe_load(text.split("Content-Type: application/node.eks.aws")[1].split("--NODE-CONFIG")[0])
        return config["spec"]["kubelet"]["config"]["maxPods"]

    assert (most_pods(primary), most_pods(dr)) == (110, 20)


def test_the_autoscaler_finds_its_groups_and_may_change_no_other(stack: Blueprint) -> None:
    cluster = _cluster(stack).properties["name"]
    tags = {t.properties["tag"]["key"]: t.properties["tag"]["value"] for t in stack.of_type("aws:autoscaling/tag:Tag")}
    owned = f"k8s.io/cluster-autoscaler/{cluster}"
    assert tags == {"k8s.io/cluster-autoscaler/enabled": "true", owned: "owned"}
    policy = json.loads(stack.one("aws:iam/rolePolicy:RolePolicy", "pod-autoscaler").properties["policy"])
    (change,) = (s for s in policy["Statement"] if "autoscaling:SetDesiredCapacity" in s["Action"])
    assert change["Condition"] == {"StringEquals": {f"aws:ResourceTag/{owned}": "owned"}}
    assert "scalingConfig.desiredSize" in _group(stack).options["ignoreChanges"], "an update would undo the autoscaler"


def test_addons_are_pinned_to_the_clusters_version(stack: Blueprint) -> None:
    versions = {addon.properties["addonName"]: addon.properties["addonVersion"] for addon in stack.of_type(ADDON)}
    assert versions == dict(PINS[VERSION].addons)
    assert set(versions) == {
        "vpc-cni",
        "coredns",
        "kube-proxy",
        "eks-pod-identity-agent",
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
    }


@pytest.mark.parametrize("version", PINS)
def test_what_is_pinned_for_a_version_is_of_that_version(version: str) -> None:
    assert PINS[version].addons["kube-proxy"].startswith(f"v{version}.")
    assert PINS[version].autoscaler.startswith(f"v{version}."), "the autoscaler simulates one version's scheduler"


def test_no_node_comes_before_its_network_and_no_driver_before_its_node(stack: Blueprint) -> None:
    addons = {addon.properties["addonName"]: addon for addon in stack.of_type(ADDON)}
    group = _group(stack)
    for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert addons[name].urn in _needs(stack, group), f"a node without {name} is never ready"
        assert group.urn not in _needs(stack, addons[name])
    for name in ("coredns", "aws-ebs-csi-driver", "aws-efs-csi-driver"):
        assert group.urn in _needs(stack, addons[name]), f"{name} is degraded until there is a node"


def test_each_driver_has_its_role_before_it_starts(stack: Blueprint) -> None:
    accounts = {i.properties["serviceAccount"]: i for i in stack.of_type(IDENTITY)}
    wanted = {
        "aws-node": "vpc-cni",
        "ebs-csi-controller-sa": "aws-ebs-csi-driver",
        "efs-csi-controller-sa": "aws-efs-csi-driver",
        "efs-csi-node-sa": "aws-efs-csi-driver",
    }
    addons = {addon.properties["addonName"]: addon for addon in stack.of_type(ADDON)}
    for account, addon in wanted.items():
        assert accounts[account].urn in addons[addon].dependencies, f"{addon} would start without credentials"
    assert set(accounts) == {*wanted, "cluster-autoscaler", "prometheus", "alertmanager", "grafana"}


def test_a_pods_role_is_handed_out_by_this_cluster_alone(stack: Blueprint) -> None:
    for identity in stack.of_type(IDENTITY):
        (reference,) = references_in(identity.properties["roleArn"])
        role = stack.one(reference.type, reference.name)
        (trust,) = json.loads(role.properties["assumeRolePolicy"])["Statement"]
        assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        assert trust["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(
            f":cluster/{_cluster(stack).properties['name']}"
        )
        assert role.properties["permissionsBoundary"], f"{role.name} is bound by nothing"


def test_files_are_mounted_through_declared_access_points_alone(stack: Blueprint) -> None:
    policy = json.loads(stack.one("aws:iam/rolePolicy:RolePolicy", "pod-mounts").properties["policy"])
    (mount,) = (s for s in policy["Statement"] if "elasticfilesystem:ClientMount" in s["Action"])
    points = mount["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"]
    assert {reference.name for reference in references_in(points)} == {"prometheus", "grafana"}


def test_the_control_plane_and_the_nodes_admit_each_other_and_deployments(stack: Blueprint) -> None:
    rules = {r.name for r in stack.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")}
    assert {
        "cluster-nodes-to-control-plane-443",
        "delivery-to-control-plane-443",
        "control-plane-to-cluster-nodes-10250",
        "cluster-nodes-to-cluster-nodes-53-udp",
    } <= rules
    group = _cluster(stack).properties["vpcConfig"]["securityGroupIds"]
    assert group == [str(Reference("aws:ec2/securityGroup:SecurityGroup", "control-plane", "id"))]


def test_pods_reach_each_other_on_the_ports_they_listen_on(primary: Blueprint) -> None:
    open_ports = {
        (rule.properties["fromPort"], rule.properties["ipProtocol"])
        for rule in primary.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.name.startswith("cluster-nodes-to-cluster-nodes-")
    }
    needed = {(53, "udp"), (53, "tcp"), (8443, "tcp"), (9464, "tcp"), (9090, "tcp")}
    needed |= {(9093, "tcp"), (9094, "tcp"), (9094, "udp"), (9100, "tcp"), (10250, "tcp")}
    assert needed <= open_ports


def test_a_workload_gets_its_port_by_a_setting() -> None:
    stack = record_primary({"podPorts": [9443, 8443]})
    rules = {rule.name for rule in stack.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")}
    assert {"cluster-nodes-to-cluster-nodes-9443", "control-plane-to-cluster-nodes-9443"} <= rules


def test_every_type_that_nodes_may_have_is_one_that_ec2_has() -> None:
    known = {member.value for member in InstanceType}
    assert set(NODE_TYPES) <= known, "the catalogue names types that EC2 does not have"


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_policies_of_pods_and_nodes_are_as_reviewed(role: str, request: pytest.FixtureRequest, golden: Golden) -> None:
    stack = request.getfixturevalue(role)
    layer = next(r for r in stack.resources if r.type == "trading:kubernetes:Kubernetes")
    own = [r for r in stack.resources if r.urn.startswith(layer.urn.rsplit("::", 1)[0] + "$")]
    golden.matches(
        f"pod-policies-{role}",
        {
            "trust": {r.name: json.loads(r.properties["assumeRolePolicy"]) for r in own if r.type == ROLE},
            "attached": sorted(r.properties["policyArn"] for r in own if "rolePolicyAttachment" in r.type),
            "permissions": {r.name: json.loads(r.properties["policy"]) for r in own if r.type == ROLE_POLICY},
        },
    )
