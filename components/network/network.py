"""The network layer as a whole: its parts, the order in which they are created, and how they depend on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.layer import Layer
from components.network.acls import NetworkAcls, NetworkAclsArgs
from components.network.endpoints import (
    GatewayEndpoints,
    GatewayEndpointsArgs,
    InterfaceEndpoints,
    InterfaceEndpointsArgs,
    services_of,
)
from components.network.exports import NetworkExports
from components.network.firewall import WebFirewall, WebFirewallArgs
from components.network.firewall_rules import Limits
from components.network.flow_logs import FlowLogs, FlowLogsArgs
from components.network.flows import flows_within
from components.network.groups import SecurityGroups, SecurityGroupsArgs
from components.network.hub import Hub, HubArgs
from components.network.hub_peering import HubPeering, HubPeeringArgs
from components.network.hybrid import HybridLinks, HybridLinksArgs
from components.network.peering import RegionPeering, RegionPeeringArgs, Side
from components.network.vpc import Vpc, VpcArgs
from components.settings import Settings


@dataclass(frozen=True)
class NetworkArgs:
    """`logs_key_arn` is the key of the class LOGS. `flow_logs_destination` is the ARN of a bucket and folder, and
    `flow_logs_bucket_ready` are the resources that must exist before AWS can write into it.

    `primary` is the primary's network as the recovery stack reads it, None in the primary itself. `primary_side` is the
    provider for the primary's region, None after a takeover.
    """

    settings: Settings
    logs_key_arn: pulumi.Input[str]
    flow_logs_destination: pulumi.Input[str]
    flow_logs_bucket_ready: Sequence[pulumi.Resource]
    primary: NetworkExports | None
    primary_side: pulumi.ProviderResource | None


class Network(Layer):
    """The network of one region: VPC, security groups, ACLs, endpoints, hub, hybrid links, flow logs, firewall."""

    vpc: Vpc
    groups: SecurityGroups
    firewall: WebFirewall
    hub: Hub

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:Network", name, opts)
        self._args = args
        self._settings = args.settings
        self.vpc = self._vpc()
        self.gateway_endpoints = self._gateway_endpoints()
        self.groups = self._groups()
        self.acls = self._acls()
        self.endpoints = self._endpoints()
        self.hub = self._hub()
        self.links = self._links()
        self.flow_logs = self._flow_logs()
        self.firewall = self._firewall()
        if args.primary is not None:
            self._peerings(args.primary)
        self.register_outputs({"vpcId": self.vpc.id})

    @property
    def exports(self) -> NetworkExports:
        """The outputs that the recovery stack reads."""
        return NetworkExports(
            vpc_id=self.vpc.id,
            vpc_cidr=str(self._settings.network.vpc_cidr),
            app_route_table_ids=pulumi.Output.all(*self.vpc.app_route_table_ids),
            app_acl_id=self.acls.app.id,
            group_ids={group.value: id_ for group, id_ in self.groups.ids.items()},
            hub_id=self.hub.gateway.id,
            hub_core_routes_id=self.hub.core_routes.id,
            hub_peer_routes_id=self.hub.peer_routes.id,
        )

    def _vpc(self) -> Vpc:
        settings = self._settings
        return Vpc(
            "vpc",
            VpcArgs(
                name=settings.name("vpc"),
                cidr=settings.network.vpc_cidr,
                zones=settings.network.availability_zones,
                nat_gateways=settings.sizes.nat_gateways,
            ),
            self.child,
        )

    def _gateway_endpoints(self) -> GatewayEndpoints:
        settings = self._settings
        return GatewayEndpoints(
            "gateway-endpoints",
            GatewayEndpointsArgs(settings.name(), settings.general.account_id, settings.region.name, self.vpc),
            self.child,
        )

    def _groups(self) -> SecurityGroups:
        settings = self._settings
        flows = flows_within(settings.network, self.gateway_endpoints.prefix_lists)
        return SecurityGroups("groups", SecurityGroupsArgs(settings.name(), self.vpc.vpc, flows), self.child)

    def _acls(self) -> NetworkAcls:
        settings = self._settings
        return NetworkAcls("acls", NetworkAclsArgs(settings.name(), self.vpc, settings.network), self.child)

    def _endpoints(self) -> InterfaceEndpoints:
        settings = self._settings
        return InterfaceEndpoints(
            "endpoints",
            InterfaceEndpointsArgs(
                name=settings.name(),
                account_id=settings.general.account_id,
                region=settings.region.name,
                vpc=self.vpc,
                services=services_of(settings.sizes.private_services),
                security_group_id=self.groups.endpoints.id,
            ),
            self.child,
        )

    def _hub(self) -> Hub:
        network = self._settings.network
        return Hub(
            "hub",
            HubArgs(self._settings.name("hub"), network.transit_gateway_asn, self.vpc, network.on_premises_cidr),
            self.child,
        )

    def _links(self) -> HybridLinks:
        settings, network = self._settings, self._settings.network
        ranges = (
            (network.vpc_cidr, network.dr_vpc_cidr)
            if settings.is_primary
            else (network.primary_vpc_cidr, network.vpc_cidr)
        )
        return HybridLinks(
            "links",
            HybridLinksArgs(settings.name(), self.hub, network, ranges, self._args.logs_key_arn),
            self.child,
        )

    def _flow_logs(self) -> FlowLogs:
        settings = self._settings
        return FlowLogs(
            "flow-logs",
            FlowLogsArgs(
                name=settings.name("vpc"),
                account_id=settings.general.account_id,
                region=settings.region.name,
                vpc_id=self.vpc.id,
                bucket_destination=self._args.flow_logs_destination,
                bucket_ready=self._args.flow_logs_bucket_ready,
                key_arn=self._args.logs_key_arn,
                retention_days=settings.network.flow_log_retention_days,
            ),
            self.child,
        )

    def _firewall(self) -> WebFirewall:
        settings, network = self._settings, self._settings.network
        return WebFirewall(
            "firewall",
            WebFirewallArgs(
                name=settings.name("api"),
                account_id=settings.general.account_id,
                region=settings.region.name,
                limits=Limits(
                    network.waf_requests_per_minute, network.waf_max_order_bytes, network.waf_block_anonymous
                ),
                key_arn=self._args.logs_key_arn,
                retention_days=network.flow_log_retention_days,
            ),
            self.child,
        )

    def _peerings(self, primary: NetworkExports) -> None:
        settings = self._settings
        account, region = settings.general.account_id, settings.general.primary_region
        here = Side(
            name="dr",
            cidr=settings.network.vpc_cidr,
            app_route_table_ids=pulumi.Output.all(*self.vpc.app_route_table_ids),
            app_acl_id=self.acls.app.id,
            group_ids=self.groups.ids,
        )
        RegionPeering(
            "region-peering",
            RegionPeeringArgs(
                name=settings.shared_name("regions"),
                account_id=account,
                primary_region=region,
                vpc_id=self.vpc.id,
                here=here,
                primary=primary,
                primary_side=self._args.primary_side,
                settings=settings.network,
            ),
            self.child,
        )
        HubPeering(
            "hub-peering",
            HubPeeringArgs(
                name=settings.shared_name("hubs"),
                account_id=account,
                primary_region=region,
                hub=self.hub,
                primary=primary,
                primary_side=self._args.primary_side,
                settings=settings.network,
            ),
            self.child,
        )
