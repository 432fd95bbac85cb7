"""Transit gateway peering: on-premises networks reach either region through the other region's links."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.exports import NetworkExports
from components.network.hub import Hub
from components.settings.network import NetworkSettings


@dataclass(frozen=True)
class HubPeeringArgs:
    """`primary_side` is None after a takeover: the recovery stack then leaves the primary's end alone."""

    name: str
    account_id: str
    primary_region: str
    hub: Hub
    primary: NetworkExports
    primary_side: pulumi.ProviderResource | None
    settings: NetworkSettings


class HubPeering(Layer):
    """Peering attachments exchange no routes, so each side has static routes in its core table:

    - the other region's VPC, for packets that arrive from on premises through this region's links;
    - the on-premises range, for packets to on premises while this region's own links are down. This route is slightly
      wider than the range that the links announce, so that it applies only while they announce nothing: a transit
      gateway prefers the more specific route, and among equals the static one.

    Packets from the other hub use the peer table, which has no route back.
    """

    def __init__(self, name: str, args: HubPeeringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:HubPeering", name, opts)
        self._args = args
        self.attachment = aws.ec2transitgateway.PeeringAttachment(
            "primary",
            transit_gateway_id=args.hub.gateway.id,
            peer_account_id=args.account_id,
            peer_region=args.primary_region,
            peer_transit_gateway_id=args.primary.hub_id,
            tags={"Name": args.name},
            opts=self.child,
        )
        settings, near = args.settings, args.hub
        accepted = self._accept(args.primary_side) if args.primary_side else []
        self._route("dr", near.core_routes.id, near.peer_routes.id, settings.primary_vpc_cidr, self.after(*accepted))
        if args.primary_side:
            self._route(
                "primary",
                args.primary.hub_core_routes_id,
                args.primary.hub_peer_routes_id,
                settings.vpc_cidr,
                self.in_primary_region(args.primary_side, *accepted),
            )
        self.register_outputs({"attachmentId": self.attachment.id})

    def _accept(self, primary_side: pulumi.ProviderResource) -> list[pulumi.Resource]:
        return [
            aws.ec2transitgateway.PeeringAttachmentAccepter(
                "primary",
                transit_gateway_attachment_id=self.attachment.id,
                tags={"Name": self._args.name},
                opts=self.in_primary_region(primary_side),
            )
        ]

    def _route(
        self,
        side: str,
        core_routes_id: pulumi.Input[str],
        peer_routes_id: pulumi.Input[str],
        other_region: IPv4Network,
        opts: pulumi.ResourceOptions,
    ) -> None:
        aws.ec2transitgateway.RouteTableAssociation(
            f"{side}-hub-peer",
            transit_gateway_attachment_id=self.attachment.id,
            transit_gateway_route_table_id=peer_routes_id,
            opts=opts,
        )
        beyond = self._args.settings.on_premises_cidr.supernet()
        for name, destination in (("other-region", other_region), ("on-premises", beyond)):
            aws.ec2transitgateway.Route(
                f"{side}-hub-{name}",
                destination_cidr_block=str(destination),
                transit_gateway_attachment_id=self.attachment.id,
                transit_gateway_route_table_id=core_routes_id,
                opts=opts,
            )
