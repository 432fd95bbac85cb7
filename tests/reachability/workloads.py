"""What runs in the VPC, under which roles and in which security group, and what those roles have it call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blueprint import Blueprint
from tests.reachability.network import name_of

# AWS Managed Policy Reference Guide: the calls that a host, a node or a pod makes by AWS's own policies.
MANAGED: Mapping[str, tuple[str, ...]] = {
    "AmazonSSMManagedInstanceCore": (
        "ssm:UpdateInstanceInformation",
        "ssmmessages:OpenDataChannel",
        "ec2messages:GetMessages",
    ),
    "AmazonEC2ContainerRegistryPullOnly": ("ecr:GetAuthorizationToken", "ecr:BatchGetImage"),
    "AmazonEKSWorkerNodePolicy": ("ec2:DescribeInstances", "eks:DescribeCluster", "eks-auth:AssumeRoleForPodIdentity"),
    "AmazonEKS_CNI_Policy": ("ec2:AssignPrivateIpAddresses",),
    "AmazonEBSCSIDriverPolicy": ("ec2:AttachVolume",),
}
# Lambda Developer Guide: the service attaches the interface, writes the logs, delivers what failed asynchronously, and
# runs the daemon of X-Ray; none of it passes the function's interface.
BY_LAMBDA = ("ec2", "logs", "xray")


@dataclass(frozen=True)
class Workload:
    """`group` is the security group, `roles` are those that the workload calls AWS with."""

    name: str
    group: str
    roles: tuple[str, ...]
    left_to_the_service: tuple[str, ...] = ()


def workloads(stack: Blueprint) -> Iterator[Workload]:
    """What runs in this state: a group with no host, or a service with no task, calls nobody."""
    groups = stack.of_type("aws:autoscaling/group:Group")
    if stack.of_type("aws:ec2/instance:Instance") or any(each.properties["minSize"] for each in groups):
        yield Workload("engine", "trading-engines", ("engine",))
    if any(each.properties["desiredCount"] for each in stack.of_type("aws:ecs/service:Service")):
        yield Workload("task", "services", ("services-task",))
        yield Workload("agent of a task", "services", ("services-execution",))
    for function in stack.of_type("aws:lambda/function:Function"):
        place = function.properties.get("vpcConfig")
        if place:
            (group,) = map(name_of, place["securityGroupIds"])
            role = name_of(function.properties["role"])
            yield Workload(f"function {function.name}", group, (role,), BY_LAMBDA)
    for project in stack.of_type("aws:codebuild/project:Project"):
        place = project.properties.get("vpcConfig")
        if place:
            (group,) = map(name_of, place["securityGroupIds"])
            yield Workload(f"build {project.name}", group, (name_of(project.properties["serviceRole"]),))
    for nodes in stack.of_type("aws:eks/nodeGroup:NodeGroup"):
        yield Workload("node", "cluster-nodes", (name_of(nodes.properties["nodeRoleArn"]),))
    for pod in stack.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation"):
        yield Workload(f"pod {pod.name}", "cluster-nodes", (name_of(pod.properties["roleArn"]),))


def actions(stack: Blueprint, workload: Workload) -> set[str]:
    """The actions that a workload calls by itself."""
    found = {action for role in workload.roles for action in _of_role(stack, role)}
    return {action for action in found if action.partition(":")[0] not in workload.left_to_the_service}


def _of_role(stack: Blueprint, role: str) -> Iterator[str]:
    physical = stack.one("aws:iam/role:Role", role).properties["name"]
    for policy in stack.of_type("aws:iam/rolePolicy:RolePolicy"):
        if (
            policy.properties["role"] in (physical, f"${{aws:iam/role:Role::{role}#id}}")
            or name_of(policy.properties["role"]) == role
        ):
            for statement in json.loads(policy.properties["policy"])["Statement"]:
                if statement["Effect"] == "Allow" and not _by_a_service(statement):
                    listed = statement["Action"]
                    yield from listed if isinstance(listed, list) else [listed]
    for attached in stack.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        if attached.properties["role"] == physical or name_of(attached.properties["role"]) == role:
            yield from MANAGED[attached.properties["policyArn"].rsplit("/", 1)[-1]]


def _by_a_service(statement: Mapping[str, Any]) -> bool:
    """Whether AWS's service makes the call on the caller's behalf (KMS Developer Guide, `kms:ViaService`)."""
    return any("kms:ViaService" in tests for tests in statement.get("Condition", {}).values())
