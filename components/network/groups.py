"""Security groups. All rules come from one list of flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.flows import Flow, Group, Outside, check_description


@dataclass(frozen=True)
class SecurityGroupsArgs:
    """`prefix` is the first part of every group's name, e.g. `trading-primary`."""

    prefix: str
    vpc: aws.ec2.Vpc
    flows: list[Flow]


class SecurityGroups(Layer):
    """One group for each kind of member. Rules name a group, and not an address, where both ends belong to the
    platform. The default group admits no traffic."""

    trading_engines: aws.ec2.SecurityGroup
    market_data: aws.ec2.SecurityGroup
    compliance: aws.ec2.SecurityGroup
    services: aws.ec2.SecurityGroup
    functions: aws.ec2.SecurityGroup
    cluster_nodes: aws.ec2.SecurityGroup
    control_plane: aws.ec2.SecurityGroup
    delivery: aws.ec2.SecurityGroup
    load_balancer: aws.ec2.SecurityGroup
    fix_load_balancer: aws.ec2.SecurityGroup
    database: aws.ec2.SecurityGroup
    cache: aws.ec2.SecurityGroup
    file_system: aws.ec2.SecurityGroup
    endpoints: aws.ec2.SecurityGroup
    ids: dict[Group, pulumi.Output[str]]

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:SecurityGroups", name, opts)
        aws.ec2.DefaultSecurityGroup(
            "default",
            vpc_id=args.vpc.id,
            ingress=[],
            egress=[],
            tags={"Name": f"{args.prefix}-default-closed"},
            opts=self.child,
        )
        groups = {group: self._group(args, group) for group in Group}
        self.trading_engines = groups[Group.TRADING_ENGINES]
        self.market_data = groups[Group.MARKET_DATA]
        self.compliance = groups[Group.COMPLIANCE]
        self.services = groups[Group.SERVICES]
        self.functions = groups[Group.FUNCTIONS]
        self.cluster_nodes = groups[Group.CLUSTER_NODES]
        self.control_plane = groups[Group.CONTROL_PLANE]
        self.delivery = groups[Group.DELIVERY]
        self.load_balancer = groups[Group.LOAD_BALANCER]
        self.fix_load_balancer = groups[Group.FIX_LOAD_BALANCER]
        self.database = groups[Group.DATABASE]
        self.cache = groups[Group.CACHE]
        self.file_system = groups[Group.FILE_SYSTEM]
        self.endpoints = groups[Group.ENDPOINTS]
        self.ids = {group: resource.id for group, resource in groups.items()}
        open_flows(args.flows, self.ids, self.child)
        self.register_outputs({"ids": {group.value: id_ for group, id_ in self.ids.items()}})

    def _group(self, args: SecurityGroupsArgs, group: Group) -> aws.ec2.SecurityGroup:
        name = f"{args.prefix}-{group.value}"
        check_description(group.purpose)
        return aws.ec2.SecurityGroup(
            group.value,
            name=name,
            description=group.purpose,
            vpc_id=args.vpc.id,
            # Groups refer to each other in their rules, which would prevent the deletion of either.
            revoke_rules_on_delete=True,
            tags={"Name": name},
            opts=self.child,
        )


def open_flows(
    flows: list[Flow],
    ids: Mapping[Group, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    prefix: str = "",
) -> None:
    """Create one rule at each end of a flow that is a group: egress at its source, ingress at its target.

    `prefix` comes before the names of rules, for groups whose rules are declared in more than one place.
    """
    for flow in flows:
        name = f"{prefix}{flow.name}"
        if isinstance(flow.source, Group):
            aws.vpc.SecurityGroupEgressRule(
                name,
                security_group_id=ids[flow.source],
                description=flow.why,
                ip_protocol=flow.protocol,
                from_port=flow.port,
                to_port=flow.port,
                opts=opts,
                **_end(flow.target, ids),
            )
        if isinstance(flow.target, Group):
            aws.vpc.SecurityGroupIngressRule(
                name,
                security_group_id=ids[flow.target],
                description=flow.why,
                ip_protocol=flow.protocol,
                from_port=flow.port,
                to_port=flow.port,
                opts=opts,
                **_end(flow.source, ids),
            )


def _end(end: Group | Outside, ids: Mapping[Group, pulumi.Input[str]]) -> dict[str, Any]:
    if isinstance(end, Group):
        return {"referenced_security_group_id": ids[end]}
    return {"prefix_list_id": end.prefix_list_id} if end.prefix_list_id is not None else {"cidr_ipv4": end.cidr or ""}
