"""Checks of the settings of the network layer against each other."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems

# Docker documentation, "Networking overview": the default address pool of the bridge.
DOCKER_BRIDGE = IPv4Network("172.17.0.0/16")

if TYPE_CHECKING:
    from components.settings.root import Settings


def hubs_differ(settings: Settings) -> Problems:
    """Two hubs with one number cannot tell each other's routes from their own."""
    network = settings.network
    same = network.transit_gateway_asn == network.primary_transit_gateway_asn
    if settings.is_primary and not same:
        yield (
            "primaryTransitGatewayAsn",
            network.primary_transit_gateway_asn,
            f"differs from transitGatewayAsn = {network.transit_gateway_asn}; in the primary they are the same",
        )
    if not settings.is_primary and same:
        yield (
            "transitGatewayAsn",
            network.transit_gateway_asn,
            "is also that of the primary's hub; give the recovery region's hub a number of its own",
        )


def links_join_different_systems(settings: Settings) -> Problems:
    """BGP sessions of the hybrid links are between autonomous systems, so their ends have different numbers."""
    network = settings.network
    ends = {
        "transitGatewayAsn": network.transit_gateway_asn,
        "directConnectAsn": network.direct_connect_asn,
        "customerGatewayAsn": network.customer_gateway_asn,
    }
    for (key, asn), (other_key, other) in combinations(ends.items(), 2):
        if asn == other:
            yield (other_key, other, f"is also the {key}; both ends of a link need a number of their own")


def ports_differ(settings: Settings) -> Problems:
    """One port, one meaning: else a rule that admits one kind of traffic admits another."""
    network = settings.network
    ports = {
        "servicePort": network.service_port,
        "fixPort": network.fix_port,
        "marketDataPort": network.market_data_port,
        "metricsPort": network.metrics_port,
    }
    for (key, port), (other_key, other) in combinations(ports.items(), 2):
        if port == other:
            yield (other_key, other, f"is also the {key}; choose another port")


def ranges_are_disjoint(settings: Settings) -> Problems:
    """Every two of the ranges that this stack routes to, of the cluster's services, and of Docker, in either role.

    A pod sends what is for a service's address to the service, and Docker keeps its bridge's range to itself. Amazon
    EKS User Guide, "View Amazon EKS networking requirements": the services' range must not overlap the VPC, or
    networks that are routed to it. Amazon VPC User Guide, "VPC CIDR blocks": services of AWS that run containers use
    172.17.0.0/16.
    """
    services = settings.kubernetes.kubernetes_service_cidr
    routed = _routed(settings)
    for (key, one), (other_key, other) in combinations(routed.items(), 2):
        if one.overlaps(other):
            yield (
                key,
                str(one),
                f"overlaps {other_key} = {str(other)!r}; networks that are routed to each other must be disjoint",
            )
    for key, other in routed.items():
        if other.overlaps(services):
            yield (
                key,
                str(other),
                f"overlaps kubernetesServiceCidr = {str(services)!r}, so that pods cannot reach what lies there; "
                "choose another range for one of them",
            )
    for key, other in (*routed.items(), ("kubernetesServiceCidr", services)):
        if other.overlaps(DOCKER_BRIDGE):
            yield key, str(other), f"overlaps {DOCKER_BRIDGE}, the bridge of Docker; choose another range"


def _routed(settings: Settings) -> dict[str, IPv4Network]:
    """Ranges of networks that packets of this stack may reach: its own, the other region's, and those on premises."""
    network = settings.network
    if settings.is_primary:
        other_region = {"drVpcCidr": network.dr_vpc_cidr}
    else:
        other_region = {"primaryVpcCidr": network.primary_vpc_cidr}
    return {"vpcCidr": network.vpc_cidr, "onPremisesCidr": network.on_premises_cidr, **other_region}


CHECKS: tuple[Check, ...] = (
    hubs_differ,
    links_join_different_systems,
    ports_differ,
    ranges_are_disjoint,
)
