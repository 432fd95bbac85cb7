"""Hybrid links: an IPSec VPN over the internet, and a Direct Connect gateway for private circuits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.hub import Hub
from components.settings.network import NetworkSettings

# Algorithms of the Commercial National Security Algorithm Suite (CNSA 1.0), or stronger, among those that AWS offers
# (Site-to-Site VPN User Guide, "Tunnel options"): groups 19 to 21 are NIST's elliptic curves.
_ENCRYPTION = ["AES256-GCM-16"]
_INTEGRITY = ["SHA2-384", "SHA2-512"]
_KEY_EXCHANGE = [19, 20, 21]
# Seconds: the longest lifetimes that AWS allows. IKE keys are renewed every eight hours, data keys every hour.
_IKE_LIFETIME = 28_800
_DATA_LIFETIME = 3_600
# Seconds: AWS's minimum and default for dead peer detection.
_DEAD_PEER_SECONDS = 30
# Larger AS numbers exceed the signed 32-bit field and have an argument of their own (CreateCustomerGateway).
_LARGEST_SHORT_ASN = 2_147_483_647


@dataclass(frozen=True)
class HybridLinksArgs:
    """`key_arn` is the key of the class LOGS; `name` is the first part of all names; `ranges` are those of both
    regions' VPCs."""

    name: str
    hub: Hub
    settings: NetworkSettings
    ranges: Sequence[IPv4Network]
    key_arn: pulumi.Input[str]


class HybridLinks(Layer):
    """Both links end at the hub and use BGP, so that on-premises routers detect a link that is down. Each region has
    its own links: neither region's links depend on the other region."""

    vpn: aws.ec2.VpnConnection

    def __init__(self, name: str, args: HybridLinksArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:HybridLinks", name, opts)
        self._args = args
        self.vpn = self._vpn()
        args.hub.join("vpn", self.vpn.transit_gateway_attachment_id)
        self._direct_connect()
        self.register_outputs({"vpnId": self.vpn.id})

    def _vpn(self) -> aws.ec2.VpnConnection:
        args = self._args
        customer_gateway = aws.ec2.CustomerGateway(
            "customer",
            type="ipsec.1",
            ip_address=str(args.settings.customer_gateway_ip),
            tags={"Name": f"{args.name}-customer"},
            opts=self.child,
            **_bgp_asn(args.settings.customer_gateway_asn),
        )
        log_group = aws.cloudwatch.LogGroup(
            "vpn",
            name=f"/{args.name}/vpn",
            retention_in_days=args.settings.flow_log_retention_days,
            kms_key_id=args.key_arn,
            opts=self.child,
        )
        return aws.ec2.VpnConnection(
            "vpn",
            type="ipsec.1",
            customer_gateway_id=customer_gateway.id,
            transit_gateway_id=args.hub.gateway.id,
            static_routes_only=False,
            # AWS generates and stores the pre-shared keys: they never appear in a setting or in the state.
            preshared_key_storage="SecretsManager",
            tags={"Name": f"{args.name}-vpn"},
            # The keys' storage is chosen once: a change interrupts both tunnels and must be a deliberate operation.
            opts=pulumi.ResourceOptions.merge(
                self.child, pulumi.ResourceOptions(ignore_changes=["preshared_key_storage"])
            ),
            **_tunnel(1, log_group.arn),
            **_tunnel(2, log_group.arn),
        )

    def _direct_connect(self) -> None:
        """Create the Direct Connect gateway. A carrier provides the circuit; its virtual interface attaches to this
        gateway."""
        args = self._args
        gateway = aws.directconnect.Gateway(
            "direct-connect",
            name=f"{args.name}-direct-connect",
            amazon_side_asn=str(args.settings.direct_connect_asn),
            opts=self.child,
        )
        association = aws.directconnect.GatewayAssociation(
            "direct-connect",
            dx_gateway_id=gateway.id,
            associated_gateway_id=args.hub.gateway.id,
            # For a transit gateway, AWS announces exactly these prefixes on premises (Direct Connect User Guide,
            # "Allowed prefixes interactions"). The other region's range is included: this circuit reaches it through
            # both hubs.
            allowed_prefixes=[str(cidr) for cidr in args.ranges],
            opts=self.child,
        )
        args.hub.join("direct-connect", association.transit_gateway_attachment_id)


def _bgp_asn(asn: int) -> dict[str, str]:
    return {"bgp_asn" if asn <= _LARGEST_SHORT_ASN else "bgp_asn_extended": str(asn)}


def _tunnel(number: int, log_group_arn: pulumi.Input[str]) -> dict[str, Any]:
    """The same options for each of the two tunnels; their argument names differ only in the prefix."""
    options = {
        "ike_versions": ["ikev2"],
        "startup_action": "start",
        "dpd_timeout_action": "restart",
        "dpd_timeout_seconds": _DEAD_PEER_SECONDS,
        "phase1_encryption_algorithms": _ENCRYPTION,
        "phase1_integrity_algorithms": _INTEGRITY,
        "phase1_dh_group_numbers": _KEY_EXCHANGE,
        "phase1_lifetime_seconds": _IKE_LIFETIME,
        "phase2_encryption_algorithms": _ENCRYPTION,
        "phase2_integrity_algorithms": _INTEGRITY,
        "phase2_dh_group_numbers": _KEY_EXCHANGE,
        "phase2_lifetime_seconds": _DATA_LIFETIME,
        # AWS asks before it replaces a tunnel endpoint, so that replacement does not happen in trading hours.
        "enable_tunnel_lifecycle_control": True,
        "log_options": {
            "cloudwatch_log_options": {
                "log_enabled": True,
                "log_group_arn": log_group_arn,
                "log_output_format": "json",
                "bgp_log_enabled": True,
                "bgp_log_group_arn": log_group_arn,
                "bgp_log_output_format": "json",
            }
        },
    }
    return {f"tunnel{number}_{name}": value for name, value in options.items()}
