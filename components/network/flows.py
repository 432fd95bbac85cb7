"""The connections of the platform, as data: source, target, port and reason.

The list has only the opening of each connection, because security groups are stateful and admit replies. It omits name
resolution, time and instance metadata: no group or network ACL filters them (VPC User Guide, "Control traffic to your
AWS resources using security groups").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Literal

import pulumi

from components.settings.network import NetworkSettings

HTTP = 80
HTTPS = 443
NFS = 2049
POSTGRESQL = 5432
REDIS = 6379
DNS = 53
GOSSIP = 9094
KUBELET = 10250

# EC2 API Reference, IpRange, Description, and CreateSecurityGroup, GroupDescription (in a VPC). EC2 accepts an empty
# description of a rule, but an auditor cannot use it.
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")


class Group(StrEnum):
    """Kinds of members that have a security group; `purpose` is the group's description."""

    purpose: str

    TRADING_ENGINES = "trading-engines", "Matching engines and the FIX sessions they hold"
    MARKET_DATA = "market-data", "Feed handlers that take market data in and pass it on"
    COMPLIANCE = "compliance", "Surveillance and reporting"
    SERVICES = "services", "Trading services in containers behind the public load balancer"
    FUNCTIONS = "functions", "Lambda functions"
    CLUSTER_NODES = "cluster-nodes", "Kubernetes nodes"
    CONTROL_PLANE = "control-plane", "Interfaces of the Kubernetes control plane"
    DELIVERY = "delivery", "Build jobs that deploy into the VPC"
    LOAD_BALANCER = "load-balancer", "The public load balancer"
    FIX_LOAD_BALANCER = "fix-load-balancer", "The internal load balancer of FIX sessions"
    DATABASE = "database", "The trade history database and its readers"
    CACHE = "cache", "The cache"
    FILE_SYSTEM = "file-system", "Mount targets of the file system"
    ENDPOINTS = "endpoints", "Interface endpoints of AWS services"

    def __new__(cls, value: str, purpose: str) -> Group:
        """Create a member whose value is `value` and whose `purpose` is an attribute."""
        group = str.__new__(cls, value)
        group._value_ = value
        group.purpose = purpose
        return group


@dataclass(frozen=True)
class Outside:
    """A peer without a security group: an address range, or a prefix list that AWS maintains."""

    name: str
    cidr: str | None = None
    prefix_list_id: pulumi.Input[str] | None = None


WORLD = Outside("world", cidr="0.0.0.0/0")


def check_description(text: str) -> None:
    """Raise `ValueError` if EC2 would refuse the text as the description of a security group or of a rule."""
    if not _DESCRIPTION.fullmatch(text):
        raise ValueError(
            f"description {text!r}: EC2 takes 1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$*; reword it"
        )


@dataclass(frozen=True)
class Flow:
    """Connections from `source` to `target` on one port; `why` is the description of its rules.

    Raises `ValueError` if EC2 would refuse the description.
    """

    source: Group | Outside
    target: Group | Outside
    port: int
    why: str
    protocol: Literal["tcp", "udp"] = "tcp"

    def __post_init__(self) -> None:
        check_description(self.why)

    @property
    def name(self) -> str:
        """Name of the flow, unique in a list of flows: `services-to-database-5432`,
        `cluster-nodes-to-cluster-nodes-53-udp`."""
        protocol = "" if self.protocol == "tcp" else f"-{self.protocol}"
        return f"{_name(self.source)}-to-{_name(self.target)}-{self.port}{protocol}"


# Members that run the platform's own code and call AWS.
WORKLOADS = (
    Group.TRADING_ENGINES,
    Group.MARKET_DATA,
    Group.COMPLIANCE,
    Group.SERVICES,
    Group.FUNCTIONS,
    Group.CLUSTER_NODES,
    Group.DELIVERY,
)
# Ports on which system pods listen: EKS's add-ons, and the charts of components.kubernetes.charts.
_PODS_OF_THE_SYSTEM = {
    DNS: "long DNS answers",
    3000: "Grafana",
    8080: "metrics of Kubernetes objects, and of reloads of Prometheus",
    8085: "metrics of the autoscaler",
    9090: "Prometheus",
    9093: "Alertmanager",
    GOSSIP: "gossip between Alertmanagers",
    9100: "metrics of nodes",
    9153: "metrics of CoreDNS",
    KUBELET: "metrics of kubelets and of the monitoring operator",
    61678: "metrics of the pod network",
}
# Members whose metrics the monitoring in the cluster scrapes.
WATCHED = (Group.TRADING_ENGINES, Group.MARKET_DATA, Group.COMPLIANCE, Group.SERVICES)


def flows_within(settings: NetworkSettings, prefix_lists: Mapping[str, pulumi.Input[str]]) -> list[Flow]:
    """All connections that start or end in one region's VPC, except those to the other region.

    `prefix_lists` are the ids of AWS's own prefix lists by service, for services with gateway endpoints.
    """
    return [
        *_public(settings),
        *_trading(settings),
        *_stores(),
        *_monitoring(settings),
        *_cluster(settings),
        *_aws_services(settings, prefix_lists),
    ]


def flows_between_regions(settings: NetworkSettings, other_region: IPv4Network) -> list[Flow]:
    """Connections of one region's groups to and from the other region, whose groups they cannot name.

    They are the same in both directions, so that neither region changes when the regions change roles.
    """
    other = Outside("other-region", cidr=str(other_region))
    reconcile = "Services of both regions reconcile open orders"
    watch = "Monitoring of each region watches the other region from outside"
    deploy = "Deployments call the Kubernetes API of the other region"
    return [
        Flow(Group.SERVICES, other, settings.service_port, reconcile),
        Flow(other, Group.SERVICES, settings.service_port, reconcile),
        Flow(Group.CLUSTER_NODES, other, settings.metrics_port, watch),
        *(Flow(other, group, settings.metrics_port, watch) for group in WATCHED),
        Flow(Group.DELIVERY, other, HTTPS, deploy),
        Flow(other, Group.CONTROL_PLANE, HTTPS, deploy),
    ]


def _public(settings: NetworkSettings) -> Iterator[Flow]:
    for index, cidr in enumerate(settings.client_cidrs):
        clients = Outside(f"clients-{index}", cidr=str(cidr))
        yield Flow(clients, Group.LOAD_BALANCER, HTTPS, "Clients call the trading API")
        yield Flow(clients, Group.LOAD_BALANCER, HTTP, "Clients are redirected to HTTPS")
    yield Flow(Group.LOAD_BALANCER, Group.SERVICES, settings.service_port, "The load balancer forwards requests")


def _trading(settings: NetworkSettings) -> Iterator[Flow]:
    partners = Outside("on-premises", cidr=str(settings.on_premises_cidr))
    engines = Group.TRADING_ENGINES
    fix = settings.fix_port
    yield Flow(partners, Group.FIX_LOAD_BALANCER, fix, "Members open FIX sessions over the hybrid links")
    yield Flow(Group.FIX_LOAD_BALANCER, engines, fix, "The load balancer forwards FIX sessions")
    yield Flow(engines, partners, fix, "Engines open FIX sessions to venues over the hybrid links")
    yield Flow(engines, engines, settings.service_port, "Engines replicate the book to each other")
    yield Flow(engines, Group.SERVICES, settings.service_port, "Engines read risk limits")
    yield Flow(Group.SERVICES, engines, settings.service_port, "Services submit and cancel orders")
    feed = settings.market_data_port
    yield Flow(partners, Group.MARKET_DATA, feed, "Venues send market data over the hybrid links", "udp")
    yield Flow(Group.MARKET_DATA, engines, feed, "Feed handlers pass market data on", "udp")


def _stores() -> Iterator[Flow]:
    for reader, why in (
        (Group.SERVICES, "Services store trades and positions"),
        (Group.FUNCTIONS, "Functions check the integrity of trades and positions"),
        (Group.COMPLIANCE, "Compliance reads the trade history"),
    ):
        yield Flow(reader, Group.DATABASE, POSTGRESQL, why)
    for reader in (Group.TRADING_ENGINES, Group.SERVICES, Group.FUNCTIONS):
        yield Flow(reader, Group.CACHE, REDIS, "Prices and positions are read from the cache, in TLS")
    for reader in (Group.CLUSTER_NODES, Group.SERVICES):
        yield Flow(reader, Group.FILE_SYSTEM, NFS, "Monitoring data is kept on the shared file system, in TLS")


def _monitoring(settings: NetworkSettings) -> Iterator[Flow]:
    for group in WATCHED:
        yield Flow(Group.CLUSTER_NODES, group, settings.metrics_port, "Monitoring on the cluster collects metrics")


def _cluster(settings: NetworkSettings) -> Iterator[Flow]:
    """Connections that EKS requires between the control plane and the nodes (Amazon EKS User Guide, "View Amazon EKS
    security group requirements for clusters"). Pods share their node's group, so flows between pods are here too."""
    nodes, control_plane = Group.CLUSTER_NODES, Group.CONTROL_PLANE
    yield Flow(nodes, control_plane, HTTPS, "Nodes and pods call the Kubernetes API")
    yield Flow(Group.DELIVERY, control_plane, HTTPS, "Deployments call the Kubernetes API")
    yield Flow(control_plane, nodes, KUBELET, "The control plane calls kubelets and webhooks")
    yield Flow(nodes, nodes, DNS, "Pods resolve names at the servers of the cluster", "udp")
    yield Flow(nodes, nodes, GOSSIP, "Alertmanagers find each other", "udp")
    for port, what in _between_pods(settings).items():
        yield Flow(nodes, nodes, port, f"Pods call each other: {what}")
    for port in sorted({*settings.pod_ports} - {KUBELET}):
        yield Flow(control_plane, nodes, port, "The control plane calls a webhook on a port from the settings")


def _between_pods(settings: NetworkSettings) -> dict[int, str]:
    return {
        **dict.fromkeys(settings.pod_ports, "a port from the settings"),
        settings.service_port: "trading services",
        settings.metrics_port: "metrics of trading services",
        **_PODS_OF_THE_SYSTEM,
    }


def _aws_services(settings: NetworkSettings, prefix_lists: Mapping[str, pulumi.Input[str]]) -> Iterator[Flow]:
    # Interface endpoints answer at the public names of their services for the whole VPC. Every member of the VPC must
    # reach them, including a node that has only the cluster's own group.
    vpc = Outside("vpc", cidr=str(settings.vpc_cidr))
    yield Flow(vpc, Group.ENDPOINTS, HTTPS, "Everything in the VPC calls AWS services through interface endpoints")
    for group in WORKLOADS:
        yield Flow(group, vpc, HTTPS, "AWS services are called through interface endpoints")
        for service, id_ in prefix_lists.items():
            to = Outside(service, prefix_list_id=id_)
            yield Flow(group, to, HTTPS, f"{service} is called through its gateway endpoint")
    # Images, charts and AWS APIs without an endpoint, through a NAT gateway, which admits no inbound connection.
    for group in (Group.CLUSTER_NODES, Group.DELIVERY):
        yield Flow(group, WORLD, HTTPS, "Images, packages and AWS services without an endpoint are fetched")


def _name(end: Group | Outside) -> str:
    return end.value if isinstance(end, Group) else end.name
