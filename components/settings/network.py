"""Settings of the network layer."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from pydantic import Field, field_validator

from components.settings.section import PrivateCidr, Section, Texts, VpcCidr

# Private autonomous system numbers (RFC 6996).
PRIVATE_ASN_16 = range(64512, 65535)
PRIVATE_ASN_32 = range(4200000000, 4294967295)


class NetworkSettings(Section):
    """Addresses, zones, and the links to the outside."""

    vpc_cidr: VpcCidr = Field(IPv4Network("10.0.0.0/16"), description="Address range of this stack's VPC.")
    primary_vpc_cidr: VpcCidr = Field(
        IPv4Network("10.0.0.0/16"),
        description="Address range of the primary's VPC, which the recovery region peers with.",
    )
    availability_zones: Texts = Field(
        ("us-east-1a", "us-east-1b", "us-east-1c"),
        description="Three zones of the region, by name.",
        min_length=3,
        max_length=3,
    )
    transit_gateway_asn: int = Field(
        64512, description="Private autonomous system number of the hub, different in each region."
    )
    direct_connect_asn: int = Field(
        64900, description="Private autonomous system number of the Direct Connect gateway."
    )
    customer_gateway_ip: IPv4Address = Field(
        IPv4Address("203.0.113.10"), description="Public address of the VPN device on the customer's side."
    )
    customer_gateway_asn: int = Field(
        65010, description="Autonomous system number of the VPN device on the customer's side."
    )
    on_premises_cidr: PrivateCidr = Field(
        IPv4Network("192.168.0.0/16"), description="Address range behind the hybrid links."
    )
    flow_log_retention_days: int = Field(365, description="How long flow logs stay in CloudWatch Logs, in days.", ge=90)

    @field_validator("transit_gateway_asn", "direct_connect_asn")
    @classmethod
    def _private_asn(cls, asn: int) -> int:
        if asn not in PRIVATE_ASN_16 and asn not in PRIVATE_ASN_32:
            raise ValueError("must be private: 64512 to 65534, or 4200000000 to 4294967294")
        return asn
