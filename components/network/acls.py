"""Network ACLs: the outer filter of each tier, which still applies when a security group is opened by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.acl_rules import AclRule, app_rules, data_rules, public_rules, transit_rules
from components.network.addressing import merge_ranges
from components.network.vpc import Vpc
from components.settings.network import NetworkSettings


@dataclass(frozen=True)
class NetworkAclsArgs:
    """`name` is the first part of each ACL's name tag."""

    name: str
    vpc: Vpc
    settings: NetworkSettings


class NetworkAcls(Layer):
    """One ACL for each tier. Rules are resources of their own, so that the recovery stack can add those for the traffic
    between the regions. The default ACL, which applies to a subnet without an ACL of its own, denies everything."""

    app: aws.ec2.NetworkAcl

    def __init__(self, name: str, args: NetworkAclsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:NetworkAcls", name, opts)
        self._args = args
        vpc, settings = args.vpc, args.settings
        app = merge_ranges(zone.ranges.app for zone in vpc.zones)
        data = merge_ranges(zone.ranges.data for zone in vpc.zones)
        tiers = (
            self._acl("public", vpc.public_subnet_ids, public_rules(settings)),
            self._acl("app", vpc.app_subnet_ids, app_rules(settings)),
            self._acl("data", vpc.data_subnet_ids, data_rules(app, data)),
            self._acl("transit", vpc.transit_subnet_ids, transit_rules(settings)),
        )
        self.app = tiers[1]
        aws.ec2.DefaultNetworkAcl(
            "default",
            default_network_acl_id=vpc.vpc.default_network_acl_id,
            ingress=[],
            egress=[],
            tags={"Name": f"{args.name}-default-closed"},
            # The default ACL is emptied last: a new VPC would lose its connections while its subnets move to their own
            # ACLs.
            opts=self.after(*tiers),
        )
        self.register_outputs({"appAclId": self.app.id})

    def _acl(self, tier: str, subnet_ids: Sequence[pulumi.Input[str]], rules: Sequence[AclRule]) -> aws.ec2.NetworkAcl:
        acl = aws.ec2.NetworkAcl(
            tier,
            vpc_id=self._args.vpc.id,
            subnet_ids=subnet_ids,
            tags={"Name": f"{self._args.name}-{tier}"},
            opts=self.child,
        )
        declare_rules(tier, acl.id, rules, self.child)
        return acl


def declare_rules(
    prefix: str, acl_id: pulumi.Input[str], rules: Sequence[AclRule], opts: pulumi.ResourceOptions
) -> None:
    """One resource for each rule, named by the ACL, the direction and the number."""
    for rule in rules:
        aws.ec2.NetworkAclRule(
            f"{prefix}-{rule.direction}-{rule.number}",
            network_acl_id=acl_id,
            rule_number=rule.number,
            egress=rule.direction == "out",
            rule_action=rule.action,
            protocol=rule.protocol,
            cidr_block=str(rule.cidr),
            opts=opts,
            **_ports(rule),
        )


def _ports(rule: AclRule) -> dict[str, Any]:
    if rule.protocol == "icmp":
        return {"icmp_type": rule.first, "icmp_code": rule.last}
    return {"from_port": rule.first, "to_port": rule.last}
