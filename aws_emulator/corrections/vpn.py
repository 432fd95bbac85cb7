"""EC2: Site-to-Site VPN keeps its options, its static routes, and where its pre-shared keys are.

- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnConnectionOptionsSpecification.html is what is given,
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnConnectionOptions.html what is answered.
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnectionRoute.html (also Delete)
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html: keys that Secrets Manager holds
  are named by their secret, and are not in the answer. The secret itself is not made.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.vpn_connections import VPNConnection
from moto.ec2.responses import EC2Response
from moto.ec2.responses.vpn_connections import VPNConnections
from moto.moto_api._internal import mock_random

from aws_emulator.corrections._patch import around, lacking

TUNNELS = 2
_ANSWERED_AS = {
    "DPDTimeoutSeconds": "DpdTimeoutSeconds",
    "DPDTimeoutAction": "DpdTimeoutAction",
    "IKEVersions": "IkeVersions",
}
# Networks set aside for documentation (RFC 5737), so that no address of a real gateway appears.
_OUTSIDE = ipaddress.ip_network("198.51.100.0/24")
# Inside addresses of VPN tunnels are link-local:
# https://docs.aws.amazon.com/vpn/latest/s2svpn/VPNTunnels.html
_INSIDE = ipaddress.ip_network("169.254.32.0/20")
_INSIDE_PREFIX = 30
_REDACTED = "redacted"


@cache
def install() -> None:
    around(VPNConnections, "create_vpn_connection", _create)
    around(VPNConnection, "get_filter_value", _filter_value)
    lacking(EC2Response, "create_vpn_connection_route", _create_route)
    lacking(EC2Response, "delete_vpn_connection_route", _delete_route)


def _create(original: Any, response: VPNConnections) -> ActionResult:
    answer = original(response)
    given = response._get_param("Options", {})
    connection = answer.result["VpnConnection"]
    number = len(response.ec2_backend.vpn_connections) - 1
    tunnels = list(given.get("TunnelOptions", []))
    tunnels += [{}] * (TUNNELS - len(tunnels))
    kept = response._get_param("PreSharedKeyStorage") == "SecretsManager"
    if kept:
        where = f"{response.region}:{response.current_account}"
        connection.pre_shared_key_arn = f"arn:aws:secretsmanager:{where}:secret:s2svpn!{connection.id}"
    connection.options = {
        "EnableAcceleration": False,
        "StaticRoutesOnly": False,
        "LocalIpv4NetworkCidr": "0.0.0.0/0",
        "RemoteIpv4NetworkCidr": "0.0.0.0/0",
        "TunnelInsideIpVersion": "ipv4",
        **{key: value for key, value in given.items() if key != "TunnelOptions"},
        "TunnelOptions": [
            _tunnel(options, number * TUNNELS + index) | ({"PreSharedKey": _REDACTED} if kept else {})
            for index, options in enumerate(tunnels)
        ],
    }
    connection.routes = []
    return answer


def _tunnel(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What was asked for, and what AWS chooses where nothing was: addresses and the pre-shared key."""
    inside = list(_INSIDE.subnets(new_prefix=_INSIDE_PREFIX))
    chosen = {
        "OutsideIpAddress": str(_OUTSIDE[1 + number % (_OUTSIDE.num_addresses - 2)]),
        "TunnelInsideCidr": str(inside[number % len(inside)]),
        "PreSharedKey": mock_random.get_random_string(length=32),
    }
    return chosen | {_ANSWERED_AS.get(key, key): value for key, value in given.items()}


def _filter_value(original: Any, connection: VPNConnection, filter_name: str, method_name: str | None = None) -> Any:
    if filter_name == "route.destination-cidr-block":
        return [route["DestinationCidrBlock"] for route in vars(connection).get("routes", [])]
    if filter_name == "vpn-connection-id":
        return connection.id
    return original(connection, filter_name, method_name)


def _connection(response: EC2Response) -> Any:
    return response.ec2_backend.describe_vpn_connections([response._get_param("VpnConnectionId")])[0]


def _create_route(response: EC2Response) -> ActionResult:
    destination = response._get_param("DestinationCidrBlock")
    routes = _connection(response).routes
    if all(route["DestinationCidrBlock"] != destination for route in routes):
        routes.append({"DestinationCidrBlock": destination, "Source": "Static", "State": "available"})
    return EmptyResult()


def _delete_route(response: EC2Response) -> ActionResult:
    connection = _connection(response)
    destination = response._get_param("DestinationCidrBlock")
    connection.routes = [route for route in connection.routes if route["DestinationCidrBlock"] != destination]
    return EmptyResult()
