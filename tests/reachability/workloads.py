"""What runs in the VPC, under which roles and in which security group, and what those roles have it call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from blueprint import Blueprint
from tests.reachability.authority import Authority
from tests.reachability.call import Call
from tests.reachability.calls import calls
from tests.reachability.network import name_of

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


def calls_of(authority: Authority, workload: Workload) -> Iterator[tuple[str, Call]]:
    """The calls that a workload makes by itself, each with the role that it makes it with."""
    for role in workload.roles:
        for call in calls(authority, role):
            if call.request.action.partition(":")[0] not in workload.left_to_the_service:
                yield role, call
