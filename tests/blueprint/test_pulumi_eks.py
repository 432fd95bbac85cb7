"""What a blueprint says that the plugin of pulumi-eks would declare."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blueprint import Blueprint, BlueprintError
from blueprint.pulumi_eks import CLUSTER, Component, Expansion, expand

STACK = "urn:pulumi:primary::trading-platform"
PROVIDER = f"{STACK}::pulumi:providers:aws::regional"
REFERENCE = {"4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e"}
INPUTS = {
    "version": "1.35",
    "vpcId": "vpc-1",
    "privateSubnetIds": ["subnet-1", "subnet-2"],
    "authenticationMode": "API",
    "skipDefaultNodeGroup": True,
    "useDefaultVpcCni": True,
    "kubeProxyAddonOptions": {"enabled": False},
}


def _urn(parent: str, type_: str, name: str) -> str:
    return f"{STACK}::{parent.split('::')[2]}${type_}::{name}"


def _expanded(**inputs: Any) -> Expansion:
    given = {**INPUTS, **inputs}
    return expand(Component(f"{STACK}::{CLUSTER}::c", "c", given, PROVIDER, ("urn:before",), _urn))


def _names(expansion: Expansion) -> dict[str, str]:
    return {child.name: child.type for child in expansion.children}


def test_children_are_marked_belong_to_the_component_and_have_its_provider(primary: Blueprint) -> None:
    component = primary.one(CLUSTER, "cluster")
    children = [resource for resource in primary.resources if resource.implied]
    assert {child.type for child in primary.children(component.urn)} == {
        "aws:eks/cluster:Cluster",
        "aws:eks/accessEntry:AccessEntry",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "pulumi:providers:kubernetes",
    }
    for child in children:
        assert child.urn.startswith(component.urn.rsplit("::", 1)[0]), "a child's URN tells its ancestors"
        assert child.as_json()["implied"] is True
        if child.type.startswith("aws:"):
            assert child.provider is not None
            assert child.provider.endswith("::regional")


def test_the_program_gets_the_implied_cluster_as_a_resource(primary: Blueprint) -> None:
    (cluster,) = primary.of_type("aws:eks/cluster:Cluster")
    for addon in primary.of_type("aws:eks/addon:Addon"):
        assert addon.properties["clusterName"] == cluster.properties["name"]
        assert cluster.urn in addon.dependencies, "what is in the cluster waits for it"


def test_a_child_waits_for_what_the_component_waits_for() -> None:
    assert all("urn:before" in child.dependencies for child in _expanded().children)


def test_without_a_role_the_plugin_makes_one_and_attaches_its_policy_first() -> None:
    expansion = _expanded()
    by_type = {child.type: child for child in expansion.children}
    attachment = by_type["aws:iam/rolePolicyAttachment:RolePolicyAttachment"]
    assert attachment.properties["policyArn"] == "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    assert attachment.name.startswith("c-eksRole-")
    assert attachment.urn in by_type["aws:eks/cluster:Cluster"].dependencies
    assert by_type["eks:index:ServiceRole"].custom is False


def test_a_given_role_and_group_are_used_and_none_is_made() -> None:
    role = {**REFERENCE, "urn": "urn:role", "id": "${aws:iam/role:Role::mine#id}"}
    group = {**REFERENCE, "urn": "urn:group", "id": "${aws:ec2/securityGroup:SecurityGroup::mine#id}"}
    expansion = _expanded(serviceRole=role, clusterSecurityGroup=group, skipDefaultSecurityGroups=True)
    (cluster,) = (child for child in expansion.children if child.type == "aws:eks/cluster:Cluster")
    assert cluster.properties["roleArn"] == "${aws:iam/role:Role::mine#arn}"
    assert cluster.properties["vpcConfig"]["securityGroupIds"] == [group["id"]]
    assert set(_names(expansion)) == {"c-eksCluster", "c-eks-k8s"}


def test_default_security_groups_are_named_with_all_their_rules() -> None:
    names = _names(_expanded())
    groups = {name for name, type_ in names.items() if type_ == "aws:ec2/securityGroup:SecurityGroup"}
    rules = {name for name, type_ in names.items() if type_ == "aws:ec2/securityGroupRule:SecurityGroupRule"}
    assert groups == {"c-eksClusterSecurityGroup", "c-nodeSecurityGroup"}
    assert rules == {
        "c-eksClusterInternetEgressRule",
        "c-eksNodeIngressRule",
        "c-eksNodeClusterIngressRule",
        "c-eksExtApiServerClusterIngressRule",
        "c-eksNodeInternetEgressRule",
        "c-eksClusterIngressRule",
    }


def test_addons_come_at_the_versions_that_were_asked_for() -> None:
    expansion = _expanded(
        kubeProxyAddonOptions={"version": "v1.35.3-eksbuild.29"},
        corednsAddonOptions={
            "enabled": True,
            "version": "v1.13.2-eksbuild.31",
            "configurationValues": {"b": 1, "a": 2},
        },
    )
    addons = {child.properties["addonName"]: child.properties for child in expansion.children if "addon:" in child.type}
    assert addons["kube-proxy"]["addonVersion"] == "v1.35.3-eksbuild.29"
    assert addons["coredns"]["configurationValues"] == '{"a":2,"b":1}'
    assert all(addon["preserve"] for addon in addons.values())


def test_the_kubeconfig_holds_no_secret_and_knows_the_cluster() -> None:
    config = json.loads(_expanded(providerCredentialOpts={"roleArn": "arn:role"}).outputs["kubeconfigJson"])
    (user,) = config["users"]
    assert user["user"]["exec"]["command"] == "aws"
    assert user["user"]["exec"]["args"][-2:] == ["--role", "arn:role"]
    assert config["clusters"][0]["cluster"]["server"] == "${aws:eks/cluster:Cluster::c-eksCluster#endpoint}"


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"fargate": True}, "fargate: declare an aws.eks.FargateProfile"),
        ({"skipDefaultNodeGroup": False}, "skipDefaultNodeGroup: set it"),
        ({"authenticationMode": "CONFIG_MAP"}, "authenticationMode: set API"),
        ({"version": None}, "version: set it"),
        ({"kubeProxyAddonOptions": {}}, "version of kube-proxy"),
        ({"useDefaultVpcCni": False}, "useDefaultVpcCni"),
    ],
)
def test_what_cannot_be_expanded_is_refused_by_name(inputs: dict[str, Any], named: str) -> None:
    with pytest.raises(BlueprintError, match=named):
        _expanded(**inputs)
