"""What rules of security groups and network ACLs let pass: ports, and ranges of addresses as sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Any, TypeVar

from policy import tokens as t
from policy.addresses import Network, covers_world, networks
from policy.resources import Resource
from policy.stack import Stack
from policy.values import NotEvaluatedError, Unknown

ALL_PORTS = range(65536)
_NO_PORTS = ALL_PORTS[:0]
_EVERY = ("-1", "all")
# IANA, "Protocol Numbers": ICMP and ICMPv6 have types where TCP and UDP have ports.
_WITHOUT_PORTS = ("icmp", "icmpv6", "1", "58")
_EVERY_PROTOCOL = "-1"
_WITH_PORTS = ("6", "17")
# IANA, "Protocol Numbers": those that have names in rules of network ACLs.
_NUMBERS = {"all": _EVERY_PROTOCOL, "tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}

INGRESS = (t.INGRESS_RULE, t.CLASSIC_RULE, t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP)
# That the default group lets nothing out is asked by `default-security-group-closed`.
EGRESS = (t.EGRESS_RULE, t.CLASSIC_RULE, t.SECURITY_GROUP)
_GROUPS = (t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP)
_PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
_PREFIX_ENTRY = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"


@dataclass(frozen=True)
class Opening:
    """What a rule of a security group lets pass."""

    ports: range
    protocol: str
    ranges: tuple[str, ...]
    description: str

    @property
    def world(self) -> bool:
        """Whether its ranges hold much of the internet."""
        return covers_world(self.ranges)

    @property
    def everything(self) -> bool:
        """Whether all ports are open."""
        return self.protocol in _EVERY or self.ports == ALL_PORTS

    def admits(self, ports: range) -> bool:
        """Whether all of the ports are open."""
        return self.everything or (self.ports.start <= ports.start and ports.stop <= self.ports.stop)

    def __str__(self) -> str:
        return "all ports" if self.everything else f"ports {self.ports.start}-{self.ports.stop - 1}"


def openings(resource: Resource, direction: str, stack: Stack | None = None) -> Iterator[Opening]:
    """What a security group, or a rule declared apart from it, lets pass in a direction.

    With the stack, prefix lists of the plan are read too. Raises `NotEvaluatedError` for a range that is not known.
    """
    if resource.type in _GROUPS:
        for entry in resource.items(direction):
            listed = _listed(resource, direction, entry.get("prefixListIds"), stack)
            cidrs = [*(entry.get("cidrBlocks") or ()), *(entry.get("ipv6CidrBlocks") or ())]
            yield _opening(entry, entry.get("protocol"), [*cidrs, *listed])
    elif resource.type == t.CLASSIC_RULE:
        if resource.text("type") == direction:
            cidrs = [*resource.items("cidrBlocks"), *resource.items("ipv6CidrBlocks")]
            listed = _listed(resource, "prefixListIds", resource.peek("prefixListIds"), stack)
            yield _opening(resource.properties, resource.get("protocol"), [*cidrs, *listed])
    else:
        cidrs = [resource.get("cidrIpv4"), resource.get("cidrIpv6")]
        listed = _listed(resource, "prefixListId", resource.peek("prefixListId"), stack)
        yield _opening(resource.properties, resource.get("ipProtocol"), [*cidrs, *listed])


def _listed(resource: Resource, path: str, value: Any, stack: Stack | None) -> Iterator[Any]:
    """The ranges of the prefix lists that stand in the plan; AWS's own hold the addresses of its services."""
    if stack is None or isinstance(value, Unknown) or not stack.of_type(_PREFIX_LIST):
        return
    for found in stack.resolved(resource, path, value, _PREFIX_LIST):
        if isinstance(found, Resource):
            yield from (entry.get("cidr") for entry in found.items("entries"))
            yield from (entry.get("cidr") for entry in stack.attached(found, _PREFIX_ENTRY, "prefixListId"))


def _opening(entry: Mapping[str, Any], protocol: Any, cidrs: list[Any]) -> Opening:
    ranges = tuple(map(str, networks(cidrs)))
    name = str(int(protocol) if isinstance(protocol, float) else protocol).lower()
    return Opening(_ports(entry, name), name, ranges, str(entry.get("description") or ""))


def _ports(entry: Mapping[str, Any], protocol: str) -> range:
    start, stop = entry.get("fromPort"), entry.get("toPort")
    if protocol in _WITHOUT_PORTS:
        return _NO_PORTS
    if protocol in _EVERY or start is None:
        return ALL_PORTS
    return range(int(start), int(stop if stop is not None else start) + 1)


def together(resource: Resource, stack: Stack, direction: str) -> Iterator[Opening]:
    """What a resource lets pass, its ranges those that all rules of its group have for the same ports.

    Several rules may split the world among them: 0.0.0.0/2, 64.0.0.0/2 and so on.
    """
    own = list(openings(resource, direction, stack))
    if not own:
        return
    others = _others(stack, direction).get(_group_of(resource, stack), [])
    for opening in own:
        # A rule that admits the world alone is to blame itself.
        beside = [r for o in others if o.admits(opening.ports) and not o.world for r in o.ranges]
        # A range that is not public itself takes no part: another rule is to blame.
        if any(network.is_global for network in networks(opening.ranges)):
            yield replace(opening, ranges=(*opening.ranges, *beside))
        else:
            yield opening


def _others(stack: Stack, direction: str) -> Mapping[str, list[Opening]]:
    def made() -> Mapping[str, list[Opening]]:
        found: dict[str, list[Opening]] = defaultdict(list)
        for resource in stack.of_type(*(INGRESS if direction == "ingress" else EGRESS)):
            try:
                found[_group_of(resource, stack)].extend(openings(resource, direction, stack))
            except (NotEvaluatedError, ValueError, TypeError, AttributeError):
                continue  # The rule that cannot be read says so itself.
        return found

    return stack.once(f"openings-{direction}", made)


def _group_of(resource: Resource, stack: Stack) -> str:
    if resource.type in _GROUPS:
        return resource.urn
    try:
        target = stack.target(resource, "securityGroupId")
    except NotEvaluatedError:
        return resource.urn
    return target.urn if isinstance(target, Resource) else target.value if target is not None else resource.urn


ACLS = (t.NETWORK_ACL_RULE, t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL)


@dataclass(frozen=True)
class AclRule:
    """An ingress rule of a network ACL."""

    urn: str
    number: int
    allows: bool
    protocol: str
    ports: range
    ranges: tuple[Network, ...]


def admitted(stack: Stack, port: int) -> Mapping[str, list[AclRule]]:
    """By URN, the rules that admit public addresses to a port where their network ACL admits much of the internet.

    Rules apply in the order of their numbers, the first that fits decides (VPC User Guide, "Network ACL rules"). A rule
    decides packets of its protocol, ports and addresses alone: one of UDP leaves TCP to the rules after it.
    """

    def made() -> Mapping[str, list[AclRule]]:
        found: dict[str, list[AclRule]] = defaultdict(list)
        for rules in _acls(stack).values():
            ordered = sorted(rules, key=lambda rule: rule.number)
            for protocol in _WITH_PORTS:
                fitting = [r for r in ordered if r.protocol in (protocol, _EVERY_PROTOCOL) and port in r.ports]
                for rule in _admitting(fitting):
                    found[rule.urn].append(rule)
        return found

    return stack.once(f"admitted-{port}", made)


def _admitting(rules: Iterable[AclRule]) -> list[AclRule]:
    """Of ordered rules on one port and protocol, those that admit public addresses if they admit the world together."""
    decided: list[Network] = []
    open_: list[Network] = []
    responsible: list[AclRule] = []
    for rule in rules:
        left = _without(rule.ranges, decided)
        decided += rule.ranges
        if rule.allows and left:
            open_ += left
            if any(network.is_global or covers_world([str(network)]) for network in left):
                responsible.append(rule)
    return responsible if covers_world(map(str, open_)) else []


def _acls(stack: Stack) -> Mapping[str, list[AclRule]]:
    def made() -> Mapping[str, list[AclRule]]:
        found: dict[str, list[AclRule]] = defaultdict(list)
        for resource in stack.of_type(*ACLS):
            try:
                for acl, rule in _acl_rules(resource, stack):
                    found[acl].append(rule)
            except (NotEvaluatedError, ValueError, TypeError, AttributeError):
                continue  # `acl_readable` says so of the resource itself.
        return found

    return stack.once("acls", made)


def acl_readable(resource: Resource, stack: Stack) -> None:
    """Raises `NotEvaluatedError` where a rule of a network ACL is not known."""
    list(_acl_rules(resource, stack))


def _acl_rules(resource: Resource, stack: Stack) -> Iterator[tuple[str, AclRule]]:
    if resource.type == t.NETWORK_ACL_RULE:
        if not resource.flag("egress"):
            target = stack.target(resource, "networkAclId")
            acl = target.urn if isinstance(target, Resource) else target.value if target else resource.urn
            yield acl, _acl_rule(resource.urn, resource.properties, resource.number("ruleNumber"), "ruleAction")
        return
    for entry in resource.items("ingress"):
        yield resource.urn, _acl_rule(resource.urn, entry, entry.get("ruleNo"), "action")


def _acl_rule(urn: str, entry: Mapping[str, Any], number: Any, action: str) -> AclRule:
    """One entry. Raises `NotEvaluatedError` for an action that is none, `ValueError` and `TypeError` for a number."""
    protocol = _protocol(entry.get("protocol"))
    ranges = networks([entry.get("cidrBlock"), entry.get("ipv6CidrBlock")])
    word = str(entry.get(action)).lower()
    if word not in ("allow", "deny"):
        raise NotEvaluatedError(action, f"is neither allow nor deny but {entry.get(action)!r}")
    # The API takes no ports with a protocol that has none (EC2 API Reference, "CreateNetworkAclEntry").
    ports = _ports(entry, protocol) if protocol in (*_WITH_PORTS, _EVERY_PROTOCOL) else _NO_PORTS
    return AclRule(urn, int(number), word == "allow", protocol, ports, tuple(ranges))


def _protocol(value: Any) -> str:
    """A protocol by its IANA number, `-1` for every one; a name that is not known stays as it is."""
    if isinstance(value, Unknown) or value is None:
        raise NotEvaluatedError("protocol", "is not known")
    name = str(int(value) if isinstance(value, float) else value).lower()
    return _NUMBERS.get(name, name)


def _without(ranges: Iterable[Network], taken: Iterable[Network]) -> list[Network]:
    left = list(ranges)
    for gone in taken:
        left = [part for network in left for part in _minus(network, gone)]
    four = collapse_addresses(n for n in left if isinstance(n, IPv4Network))
    six = collapse_addresses(n for n in left if isinstance(n, IPv6Network))
    return [*four, *six]


def _minus(network: Network, gone: Network) -> Iterator[Network]:
    """What is left of a network. Two networks of one version are apart, or one is part of the other."""
    # The same for both versions, which the types of ipaddress keep apart.
    if isinstance(network, IPv4Network) and isinstance(gone, IPv4Network):  # noqa: SIM114
        yield from _rest(network, gone)
    elif isinstance(network, IPv6Network) and isinstance(gone, IPv6Network):
        yield from _rest(network, gone)
    else:
        yield network


_N = TypeVar("_N", IPv4Network, IPv6Network)


def _rest(network: _N, gone: _N) -> Iterator[_N]:
    if gone.subnet_of(network):
        yield from network.address_exclude(gone)
    elif not network.subnet_of(gone):
        yield network
