"""VPC peering between the regions, with its routes, ACL rules and security group rules.

Which traffic takes which path:

- between the two VPCs, this peering: one hop, encrypted by AWS, cheaper and faster than two transit gateways;
- between a VPC and on premises, the transit gateway of its own region and that region's VPN or circuit;
- between a VPC and on premises while that region's links are down, both transit gateways (see `hub_peering`).

Each route table has one route for each destination: the app tier's tables send the other VPC's range to the peering and
the on-premises range to the hub; the other tiers' tables have neither route.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.acl_rules import between_regions
from components.network.acls import declare_rules
from components.network.exports import NetworkExports
from components.network.flows import Group, flows_between_regions
from components.network.groups import open_flows
from components.settings.network import NetworkSettings


@dataclass(frozen=True)
class Side:
    """One end of the peering: the VPC's range, its app tier's route tables and ACL, and its security groups.

    `app_route_table_ids` is one output with an id for each zone, because the primary exports its ids as one value.
    """

    name: str
    cidr: IPv4Network
    app_route_table_ids: pulumi.Output[Sequence[str]]
    app_acl_id: pulumi.Input[str]
    group_ids: Mapping[Group, pulumi.Input[str]]


@dataclass(frozen=True)
class RegionPeeringArgs:
    """`primary_side` is None after a takeover: the recovery stack then leaves the primary's end alone."""

    name: str
    account_id: str
    primary_region: str
    vpc_id: pulumi.Input[str]
    here: Side
    primary: NetworkExports
    primary_side: pulumi.ProviderResource | None
    settings: NetworkSettings


class RegionPeering(Layer):
    """The recovery stack requests the peering and declares both ends. A takeover leaves the recovery region's end as it
    is, so that no route changes."""

    def __init__(self, name: str, args: RegionPeeringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:RegionPeering", name, opts)
        self._args = args
        self.connection = aws.ec2.VpcPeeringConnection(
            "primary",
            vpc_id=args.vpc_id,
            peer_vpc_id=args.primary.vpc_id,
            peer_owner_id=args.account_id,
            peer_region=args.primary_region,
            auto_accept=False,
            tags={"Name": args.name},
            opts=self.child,
        )
        accepted = self._accept(args.primary_side) if args.primary_side else []
        there = _primary_side(args)
        self._connect(args.here, there, self.after(*accepted))
        aws.ec2.PeeringConnectionOptions(
            "requester",
            vpc_peering_connection_id=self.connection.id,
            requester=aws.ec2.PeeringConnectionOptionsRequesterArgs(allow_remote_vpc_dns_resolution=True),
            opts=self.after(*accepted),
        )
        if args.primary_side:
            self._connect(there, args.here, self.in_primary_region(args.primary_side, *accepted))
            aws.ec2.PeeringConnectionOptions(
                "accepter",
                vpc_peering_connection_id=self.connection.id,
                accepter=aws.ec2.PeeringConnectionOptionsAccepterArgs(allow_remote_vpc_dns_resolution=True),
                opts=self.in_primary_region(args.primary_side, *accepted),
            )
        self.register_outputs({"peeringId": self.connection.id})

    def _accept(self, primary_side: pulumi.ProviderResource) -> list[pulumi.Resource]:
        return [
            aws.ec2.VpcPeeringConnectionAccepter(
                "primary",
                vpc_peering_connection_id=self.connection.id,
                auto_accept=True,
                tags={"Name": self._args.name},
                opts=self.in_primary_region(primary_side),
            )
        ]

    def _connect(self, near: Side, far: Side, opts: pulumi.ResourceOptions) -> None:
        """Create the routes from one side to the other, and the ACL and security group rules that admit that side."""
        for index in range(len(self._args.settings.availability_zones)):
            aws.ec2.Route(
                f"{near.name}-app-{index}-to-{far.name}",
                route_table_id=near.app_route_table_ids[index],
                destination_cidr_block=str(far.cidr),
                vpc_peering_connection_id=self.connection.id,
                opts=opts,
            )
        settings = self._args.settings
        declare_rules(f"{near.name}-app", near.app_acl_id, between_regions(settings, far.cidr), opts)
        open_flows(flows_between_regions(settings, far.cidr), near.group_ids, opts, prefix=f"{near.name}-")


def _primary_side(args: RegionPeeringArgs) -> Side:
    group_ids = pulumi.Output.from_input(args.primary.group_ids)
    return Side(
        name="primary",
        cidr=args.settings.primary_vpc_cidr,
        app_route_table_ids=args.primary.app_route_table_ids,
        app_acl_id=args.primary.app_acl_id,
        group_ids={group: group_ids[group.value] for group in Group},
    )
