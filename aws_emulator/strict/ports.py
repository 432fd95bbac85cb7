"""Ports and protocols of security group rules and network ACL entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Constraint

_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
# IpPermission and NetworkAclEntry: by name or by IANA's number.
_WITH_PORTS, _ICMP = ("tcp", "6", "udp", "17"), ("icmp", "1", "icmpv6", "58")
_HIGHEST, _HIGHEST_TYPE = 65535, 255


def _fault(protocol: str, low: Any, high: Any, words: str) -> str | None:
    if protocol in _WITH_PORTS:
        if low is None or high is None:
            return f"Invalid value 'Must specify both from and to ports with TCP/UDP.' for {words}."
        if not 0 <= int(low) <= int(high) <= _HIGHEST:
            return f"Invalid value '{low}-{high}' for {words}. From 0 to {_HIGHEST}, the first not above the last."
    if protocol in _ICMP and low is not None and not -1 <= int(low) <= _HIGHEST_TYPE:
        return f"Invalid value '{low}' for {words}: an ICMP type is -1 to {_HIGHEST_TYPE}."
    return None


def _permissions(call: Call) -> Iterator[Mapping[str, Any]]:
    yield from call.params.get("IpPermissions") or ()
    for update in call.params.get("SecurityGroupRules") or ():
        yield update.get("SecurityGroupRule") or {}
    if call.params.get("IpProtocol"):
        yield call.params


def _rule_ports(call: Call) -> str | None:
    for rule in _permissions(call):
        protocol = str(rule.get("IpProtocol", "")).lower()
        fault = _fault(protocol, rule.get("FromPort"), rule.get("ToPort"), "portRange")
        if fault:
            return fault
    return None


def _entry_ports(call: Call) -> str | None:
    ports = call.params.get("PortRange") or {}
    protocol = str(call.params.get("Protocol", "")).lower()
    if protocol in _ICMP:
        return None if call.params.get("IcmpTypeCode") else "The parameter icmpTypeCode must be specified for ICMP"
    return _fault(protocol, ports.get("From"), ports.get("To"), "portRange")


CONSTRAINTS = (
    Constraint("ports of security group rules", "ec2",
               ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules"),
               "InvalidParameterValue", f"{_EC2}API_IpPermission.html", _rule_ports),
    Constraint("ports of network ACL entries", "ec2", ("CreateNetworkAclEntry", "ReplaceNetworkAclEntry"),
               "InvalidParameterValue", f"{_EC2}API_CreateNetworkAclEntry.html", _entry_ports),
)  # fmt: skip
