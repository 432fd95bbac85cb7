"""The VPC: public, app, data and transit subnets in three zones, with the internet gateway and NAT gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.addressing import ZoneRanges, divide


@dataclass(frozen=True)
class VpcArgs:
    """Address range, zone names, and the number of zones with a NAT gateway of their own."""

    name: str
    cidr: IPv4Network
    zones: Sequence[str]
    nat_gateways: int


@dataclass(frozen=True)
class Zone:
    """The subnets of one zone, their ranges, and the route table of its app tier."""

    name: str
    ranges: ZoneRanges
    public: aws.ec2.Subnet
    app: aws.ec2.Subnet
    data: aws.ec2.Subnet
    transit: aws.ec2.Subnet
    app_routes: aws.ec2.RouteTable


def _is_zone_id(zone: str) -> bool:
    """Whether `zone` is a zone id (`use1-az1`); zone names contain no `-az`."""
    return "-az" in zone


class Vpc(Layer):
    """Subnets by zone and tier. Only the public tier has a direct route to the internet. The app tier uses a NAT
    gateway; the data tier has no route to the internet. The transit tier holds the hub's interfaces."""

    vpc: aws.ec2.Vpc
    zones: list[Zone]
    data_routes: aws.ec2.RouteTable

    def __init__(self, name: str, args: VpcArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:Vpc", name, opts)
        self._args = args
        self.vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=str(args.cidr),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": args.name},
            opts=self.child,
        )
        self.internet_gateway = aws.ec2.InternetGateway(
            "internet", vpc_id=self.vpc.id, tags={"Name": args.name}, opts=self.child
        )
        self._empty_main_route_table()
        self.public_routes = self._route_table("public")
        aws.ec2.Route(
            "public-internet",
            route_table_id=self.public_routes.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=self.internet_gateway.id,
            opts=self.child,
        )
        self.data_routes = self._route_table("data")
        # The hub forwards only packets for this VPC, so its subnets need only the local route.
        self.transit_routes = self._route_table("transit")
        ranges = divide(args.cidr, args.zones)
        publics = {zone.zone: self._subnet("public", zone.zone, zone.public) for zone in ranges}
        self.nat_gateways = {
            zone.zone: self._nat_gateway(zone.zone, publics[zone.zone]) for zone in ranges[: args.nat_gateways]
        }
        self.zones = [self._zone(zone, publics[zone.zone]) for zone in ranges]
        self.register_outputs({"vpcId": self.vpc.id})

    @property
    def id(self) -> pulumi.Output[str]:
        """Id of the VPC."""
        return self.vpc.id

    @property
    def public_subnet_ids(self) -> list[pulumi.Output[str]]:
        """Ids of the public subnets, one for each zone."""
        return [zone.public.id for zone in self.zones]

    @property
    def app_subnet_ids(self) -> list[pulumi.Output[str]]:
        """Ids of the app subnets, one for each zone."""
        return [zone.app.id for zone in self.zones]

    @property
    def data_subnet_ids(self) -> list[pulumi.Output[str]]:
        """Ids of the data subnets, one for each zone."""
        return [zone.data.id for zone in self.zones]

    @property
    def transit_subnet_ids(self) -> list[pulumi.Output[str]]:
        """Ids of the hub's subnets, one for each zone."""
        return [zone.transit.id for zone in self.zones]

    @property
    def app_route_table_ids(self) -> list[pulumi.Output[str]]:
        """Ids of the app tier's route tables, one for each zone."""
        return [zone.app_routes.id for zone in self.zones]

    def _empty_main_route_table(self) -> None:
        # A subnet without a route table of its own uses this one, and then has only the local route.
        aws.ec2.DefaultRouteTable(
            "main",
            default_route_table_id=self.vpc.default_route_table_id,
            routes=[],
            tags={"Name": f"{self._args.name}-main-unused"},
            opts=self.child,
        )

    def _zone(self, ranges: ZoneRanges, public: aws.ec2.Subnet) -> Zone:
        zone = ranges.zone
        app = self._subnet("app", zone, ranges.app)
        data = self._subnet("data", zone, ranges.data)
        transit = self._subnet("transit", zone, ranges.transit)
        app_routes = self._route_table(f"app-{zone}")
        # A zone without a NAT gateway uses the first zone's, and depends on that zone.
        nat_zone = zone if zone in self.nat_gateways else next(iter(self.nat_gateways))
        aws.ec2.Route(
            f"app-{zone}-internet",
            route_table_id=app_routes.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=self.nat_gateways[nat_zone].id,
            opts=self.child,
        )
        self._associate(f"public-{zone}", public, self.public_routes)
        self._associate(f"app-{zone}", app, app_routes)
        self._associate(f"data-{zone}", data, self.data_routes)
        self._associate(f"transit-{zone}", transit, self.transit_routes)
        return Zone(zone, ranges, public, app, data, transit, app_routes)

    def _subnet(self, tier: str, zone: str, cidr: IPv4Network) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{tier}-{zone}",
            vpc_id=self.vpc.id,
            cidr_block=str(cidr),
            availability_zone=None if _is_zone_id(zone) else zone,
            availability_zone_id=zone if _is_zone_id(zone) else None,
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._args.name}-{tier}-{zone}", "Tier": tier},
            opts=self.child,
        )

    def _nat_gateway(self, zone: str, subnet: aws.ec2.Subnet) -> aws.ec2.NatGateway:
        tags = {"Name": f"{self._args.name}-nat-{zone}"}
        address = aws.ec2.Eip(f"nat-{zone}", domain="vpc", tags=tags, opts=self.after(self.internet_gateway))
        return aws.ec2.NatGateway(
            f"nat-{zone}",
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=tags,
            opts=self.after(self.internet_gateway),
        )

    def _route_table(self, name: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(name, vpc_id=self.vpc.id, tags={"Name": f"{self._args.name}-{name}"}, opts=self.child)

    def _associate(self, name: str, subnet: aws.ec2.Subnet, routes: aws.ec2.RouteTable) -> None:
        aws.ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=routes.id, opts=self.child)
