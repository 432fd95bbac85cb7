"""The transit gateway that connects the VPC, the hybrid links and the other region's transit gateway."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.vpc import Vpc


@dataclass(frozen=True)
class HubArgs:
    """`asn` is the hub's private autonomous system number."""

    name: str
    asn: int
    vpc: Vpc
    on_premises: IPv4Network


class Hub(Layer):
    """A transit gateway with two route tables, both of which learn the routes of this region's attachments:

    - `core_routes` routes packets from this region (VPC, VPN, Direct Connect), and can send them to the other region's
      hub;
    - `peer_routes` routes packets from the other hub and never sends one back, so that a packet cannot loop between the
      hubs while a link is down.

    No attachment is associated with a table by default; `join` associates it.
    """

    gateway: aws.ec2transitgateway.TransitGateway

    def __init__(self, name: str, args: HubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:Hub", name, opts)
        self._args = args
        self.gateway = aws.ec2transitgateway.TransitGateway(
            "hub",
            description=f"{args.name}: joins the VPC, on-premises networks and the other region",
            amazon_side_asn=args.asn,
            auto_accept_shared_attachments="disable",
            default_route_table_association="disable",
            default_route_table_propagation="disable",
            dns_support="enable",
            vpn_ecmp_support="enable",
            tags={"Name": args.name},
            opts=self.child,
        )
        self.core_routes = self._route_table("core")
        self.peer_routes = self._route_table("peer")
        self.vpc_attachment = aws.ec2transitgateway.VpcAttachment(
            "vpc",
            transit_gateway_id=self.gateway.id,
            vpc_id=args.vpc.id,
            subnet_ids=args.vpc.transit_subnet_ids,
            dns_support="enable",
            transit_gateway_default_route_table_association=False,
            transit_gateway_default_route_table_propagation=False,
            tags={"Name": f"{args.name}-vpc"},
            opts=self.child,
        )
        self.join("vpc", self.vpc_attachment.id)
        self._route_on_premises()
        self.register_outputs({"hubId": self.gateway.id})

    def join(self, name: str, attachment_id: pulumi.Input[str]) -> None:
        """Route packets from an attachment of this region, and let both tables learn its routes."""
        aws.ec2transitgateway.RouteTableAssociation(
            f"{name}-core",
            transit_gateway_attachment_id=attachment_id,
            transit_gateway_route_table_id=self.core_routes.id,
            opts=self.child,
        )
        for table, routes in (("core", self.core_routes), ("peer", self.peer_routes)):
            aws.ec2transitgateway.RouteTablePropagation(
                f"{name}-{table}",
                transit_gateway_attachment_id=attachment_id,
                transit_gateway_route_table_id=routes.id,
                opts=self.child,
            )

    def _route_on_premises(self) -> None:
        # Only the app tier has on-premises partners. AWS refuses a route to an attachment that does not exist yet.
        for zone in self._args.vpc.zones:
            aws.ec2.Route(
                f"app-{zone.name}-on-premises",
                route_table_id=zone.app_routes.id,
                destination_cidr_block=str(self._args.on_premises),
                transit_gateway_id=self.gateway.id,
                opts=self.after(self.vpc_attachment),
            )

    def _route_table(self, table: str) -> aws.ec2transitgateway.RouteTable:
        return aws.ec2transitgateway.RouteTable(
            table,
            transit_gateway_id=self.gateway.id,
            tags={"Name": f"{self._args.name}-{table}"},
            opts=self.child,
        )
