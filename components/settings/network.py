"""Settings of the network layer."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from components.settings.data import LOG_DAYS
from components.settings.ranges import Cidr, PrivateCidr, PublicAddress, VpcCidr
from components.settings.section import Decoded, Section, Texts

# Private autonomous system numbers (RFC 6996).
PRIVATE_ASN_16 = range(64512, 65535)
PRIVATE_ASN_32 = range(4200000000, 4294967295)

# Numbers that AWS keeps for itself (Site-to-Site VPN User Guide, "Customer gateway options").
_AWS_ASNS = (7224, 9059, 10124, 17943)

# Numbers that no network has: AS_TRANS (RFC 6793, 9) and the last of each length (RFC 7300). Number 0 (RFC 7607) is
# below the least.
_NO_NETWORK = (23456, 65535, 4294967295)

# Ports that hand over a host: SSH, Telnet, RDP, VNC, WinRM.
ADMIN_PORTS = (22, 23, 3389, 5900, 5985, 5986)

# Amazon VPC User Guide, "Amazon VPC quotas": inbound rules of a security group, IPv4, without a raised quota.
RULES_OF_A_GROUP = 60
# `components.network.flows` opens two ports to each range: HTTPS, and HTTP for the redirection. Nothing else may call
# the load balancer. A test compares.
RULES_OF_A_CLIENT_RANGE = 2
MOST_CLIENT_RANGES = RULES_OF_A_GROUP // RULES_OF_A_CLIENT_RANGE
# Inbound rules of the cluster's nodes: those of each pod port, between pods and from the control plane, and all others.
# A test counts them among the declared flows.
RULES_OF_A_POD_PORT = 2
OTHER_RULES_OF_NODES = 16
MOST_POD_PORTS = (RULES_OF_A_GROUP - OTHER_RULES_OF_NODES) // RULES_OF_A_POD_PORT


def _application_port(port: int) -> int:
    if port in ADMIN_PORTS:
        raise ValueError("is a port that administers hosts; choose another one from 1024 to 65535")
    return port


Cidrs = Annotated[tuple[Cidr, ...], Decoded]
Port = Annotated[int, Field(ge=1024, le=65535), AfterValidator(_application_port)]
Ports = Annotated[tuple[Port, ...], Decoded]


class NetworkSettings(Section):
    """Addresses, zones, ports, and the links to the outside."""

    vpc_cidr: VpcCidr = Field(IPv4Network("10.0.0.0/16"), description="Address range of this stack's VPC.")
    primary_vpc_cidr: VpcCidr = Field(
        IPv4Network("10.0.0.0/16"),
        description="Address range of the primary's VPC, which the recovery region peers with.",
    )
    dr_vpc_cidr: VpcCidr = Field(
        IPv4Network("10.1.0.0/16"),
        description="Primary only: vpcCidr of the recovery stack, which the primary's circuit announces too.",
    )
    availability_zones: Texts = Field(
        ("us-east-1a", "us-east-1b", "us-east-1c"),
        description="Three zones of the region, by name or by id: us-east-1a is another place in each account, "
        "use1-az1 is not (aws ec2 describe-availability-zones).",
        min_length=3,
        max_length=3,
    )
    transit_gateway_asn: int = Field(
        64512, description="Private autonomous system number of the hub, different in each region."
    )
    primary_transit_gateway_asn: int = Field(
        64512,
        description="Private autonomous system number of the primary's hub, with which the other hub peers.",
    )
    direct_connect_asn: int = Field(
        64900, description="Private autonomous system number of the Direct Connect gateway."
    )
    customer_gateway_ip: PublicAddress = Field(
        IPv4Address("203.0.113.10"),
        description="Public address of the VPN device on the customer's side; the default is for documentation only.",
    )
    customer_gateway_asn: int = Field(
        65010, description="Autonomous system number of the VPN device on the customer's side.", ge=1, le=4294967295
    )
    on_premises_cidr: PrivateCidr = Field(
        IPv4Network("192.168.0.0/16"), description="Address range behind the hybrid links."
    )
    client_cidrs: Cidrs = Field(
        (IPv4Network("0.0.0.0/0"),),
        description="Address ranges that may call the public load balancer, on HTTP and HTTPS alone.",
        min_length=1,
    )
    service_port: Port = Field(8443, description="Port on which the trading services take requests, in TLS.")
    fix_port: Port = Field(9878, description="Port on which the engines hold FIX sessions.")
    market_data_port: Port = Field(31001, description="UDP port on which market data arrives and is passed on.")
    metrics_port: Port = Field(9464, description="Port on which everything that is watched serves its metrics.")
    pod_ports: Ports = Field(
        (),
        description="Further ports on which pods in the cluster call each other, and the Kubernetes API webhooks.",
    )
    waf_requests_per_minute: int = Field(
        6000,
        description="Requests a minute that one address may send to the trading API before it is blocked.",
        ge=10,
        le=2000000000,
    )
    waf_max_order_bytes: int = Field(
        8192,
        description="Largest body of a request to the trading API, in bytes; the firewall sees no more than 8192.",
        ge=256,
        le=8192,
    )
    waf_block_anonymous: bool = Field(
        False, description="Whether calls from anonymisers and hosting providers are blocked, rather than counted."
    )
    flow_log_retention_days: int = Field(
        365, description="How long flow logs and the logs of firewall and VPN stay in CloudWatch Logs, in days."
    )

    @field_validator("transit_gateway_asn", "primary_transit_gateway_asn", "direct_connect_asn")
    @classmethod
    def _private_asn(cls, asn: int) -> int:
        if asn not in PRIVATE_ASN_16 and asn not in PRIVATE_ASN_32:
            raise ValueError("must be private: 64512 to 65534, or 4200000000 to 4294967294; choose one of these")
        return asn

    @field_validator("client_cidrs")
    @classmethod
    def _fit_into_a_group(cls, ranges: tuple[IPv4Network, ...]) -> tuple[IPv4Network, ...]:
        if len(ranges) > MOST_CLIENT_RANGES:
            raise ValueError(
                f"has {len(ranges)} ranges, which are {RULES_OF_A_CLIENT_RANGE * len(ranges)} rules of a security "
                f"group with a quota of {RULES_OF_A_GROUP}; name {MOST_CLIENT_RANGES} or fewer, and join ranges"
            )
        return ranges

    @field_validator("pod_ports")
    @classmethod
    def _fit_beside_those_of_nodes(cls, ports: tuple[int, ...]) -> tuple[int, ...]:
        if len(ports) > MOST_POD_PORTS:
            raise ValueError(
                f"has {len(ports)} ports, which with {OTHER_RULES_OF_NODES} others are "
                f"{OTHER_RULES_OF_NODES + RULES_OF_A_POD_PORT * len(ports)} rules of the nodes' security group with a "
                f"quota of {RULES_OF_A_GROUP}; name {MOST_POD_PORTS} or fewer"
            )
        return ports

    @field_validator("customer_gateway_asn")
    @classmethod
    def _not_amazons(cls, asn: int) -> int:
        if asn in _AWS_ASNS:
            raise ValueError("belongs to AWS; give the number of your own network, or a private one from 64512 on")
        if asn in _NO_NETWORK:
            raise ValueError(
                "is reserved, and no network has it; give the number of your own network, or a private one from 64512 "
                "on"
            )
        return asn

    @field_validator("flow_log_retention_days")
    @classmethod
    def _retention_exists(cls, days: int) -> int:
        if days not in LOG_DAYS:
            raise ValueError(
                "is not a retention of a year or more that CloudWatch has; choose one of "
                + ", ".join(map(str, LOG_DAYS))
            )
        return days
