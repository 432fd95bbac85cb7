"""The way from a workload to an API of AWS, and what stands in it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from tests.permissions.evaluation import Request, decide
from tests.reachability.arns import region_of, resolved
from tests.reachability.call import Call
from tests.reachability.network import ANY_EPHEMERAL, HTTPS, WORLD, Network, name_of

# The endpoint's name where it is not the prefix of the actions (AWS PrivateLink Guide, "AWS services that integrate
# with AWS PrivateLink"). Images come from two: the API, and the registry that speaks Docker's protocol.
ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "kinesis": ("kinesis-streams",),
    "firehose": ("kinesis-firehose",),
    "cloudwatch": ("monitoring",),
    "ecr": ("ecr.api", "ecr.dkr"),
    "aps": ("aps-workspaces",),
}


def obstacles(network: Network, group: str, call: Call) -> Iterator[str]:
    """What keeps a workload of a group, in the app tier, from making a call; nothing where it gets through. A service
    that calls on the caller's behalf does not pass the caller's network."""
    if call.through:
        return
    service = call.request.action.partition(":")[0].lower()
    for endpoint in ENDPOINTS.get(service, (service,)):
        yield from _ways(network, group, endpoint, call.region)
        declared = network.endpoints.get(endpoint)
        # An endpoint serves its own region.
        if declared is not None and call.region == region_of(network.stack):
            decision = decide([_policy(network, declared["policy"])], _by_endpoint(call, endpoint))
            if not decision.allowed:
                yield f"{endpoint}: the endpoint's policy {decision}: {call.request.resource}"


def _policy(network: Network, text: str) -> Mapping[str, Any]:
    return json.loads(resolved(network.stack, text))


def _by_endpoint(call: Call, endpoint: str) -> Request:
    """The request as an endpoint sees it: with itself and the VPC among the keys."""
    passed = {"aws:sourcevpce": f"vpce-{endpoint}", "aws:sourcevpc": "vpc"}
    return dataclasses.replace(call.request, context={**call.request.context, **passed})


def _ways(network: Network, group: str, endpoint: str, region: str) -> list[str]:
    """What stands in the way to a service, whatever the call."""
    known = network.ways.get((group, endpoint, region))
    if known is None:
        declared = network.endpoints.get(endpoint)
        if declared is None or region != region_of(network.stack):
            found = _by_nat(network, group, endpoint)
        elif declared["vpcEndpointType"] == "Gateway":
            found = _by_gateway(network, group, endpoint)
        else:
            found = _by_interface(network, group, endpoint)
        known = network.ways[(group, endpoint, region)] = list(found)
    return known


def _by_interface(network: Network, group: str, endpoint: str) -> Iterator[str]:
    """The endpoint has taken the service's public name over: there is no other way, open or not."""
    declared = network.endpoints[endpoint]
    if not declared.get("privateDnsEnabled"):
        yield f"{endpoint}: the endpoint does not answer to the service's name"
    subnets = [network.stack.one("aws:ec2/subnet:Subnet", name_of(each)) for each in declared["subnetIds"]]
    for range_ in (IPv4Network(each.properties["cidrBlock"]) for each in subnets):
        if not _may_open(network, group, range_):
            yield f"{endpoint}: the group {group} may not open {HTTPS} to {range_}"
    guards = [name_of(each) for each in declared["securityGroupIds"]]
    if not any(_admits(network, guard, group) for guard in guards):
        yield f"{endpoint}: its groups {', '.join(guards)} do not admit {group}"
    app = [IPv4Network(each.properties["cidrBlock"]) for each in network.subnets("app")]
    for tier in {each.properties["tags"]["Tier"] for each in subnets}:
        yield from _acls(network, "app", tier, app)


def _by_gateway(network: Network, group: str, endpoint: str) -> Iterator[str]:
    declared = network.endpoints[endpoint]
    tables = {name_of(each) for each in declared["routeTableIds"]}
    for subnet in network.subnets("app"):
        if network.route_table(subnet) not in tables:
            yield f"{endpoint}: {subnet.name} has no route to the gateway endpoint"
    opened = [rule for rule in network.egress if rule.group == group and rule.takes("tcp", HTTPS)]
    if not any(rule.peer in (endpoint, str(WORLD)) for rule in opened):
        yield f"{endpoint}: the group {group} may not open {HTTPS} to its prefix list"
    yield from _outside(network, "app")


def _by_nat(network: Network, group: str, service: str) -> Iterator[str]:
    opened = [rule for rule in network.egress if rule.group == group and rule.takes("tcp", HTTPS)]
    if not any(rule.peer == str(WORLD) for rule in opened):
        yield f"{service}: there is no endpoint, and the group {group} may not call the internet"
        return
    for subnet in network.subnets("app"):
        route = network.default_route(network.route_table(subnet))
        if route is None or not route.get("natGatewayId"):
            yield f"{service}: {subnet.name} has no route to a NAT gateway"
    for subnet in network.subnets("public"):
        route = network.default_route(network.route_table(subnet))
        if route is None or not route.get("gatewayId"):
            yield f"{service}: {subnet.name} has no route to the internet gateway"
    yield from _outside(network, "app")
    yield from _outside(network, "public")


def _outside(network: Network, tier: str) -> Iterator[str]:
    """Calls of the internet, and answers to whatever port a function or a NAT gateway calls from."""
    if not network.acl_passes(tier, "out", (HTTPS, HTTPS), WORLD):
        yield f"the ACL of the {tier} tier does not let calls out"
    if not network.acl_passes(tier, "in", ANY_EPHEMERAL, WORLD):
        yield f"the ACL of the {tier} tier drops answers"


def _acls(network: Network, here: str, there: str, callers: list[IPv4Network]) -> Iterator[str]:
    for subnet in network.subnets(there):
        target = IPv4Network(subnet.properties["cidrBlock"])
        if not network.acl_passes(here, "out", (HTTPS, HTTPS), target):
            yield f"the ACL of the {here} tier does not let calls to {target} out"
        if not network.acl_passes(here, "in", ANY_EPHEMERAL, target):
            yield f"the ACL of the {here} tier drops answers of {target}"
    for caller in callers:
        if not network.acl_passes(there, "in", (HTTPS, HTTPS), caller):
            yield f"the ACL of the {there} tier does not let calls of {caller} in"
        if not network.acl_passes(there, "out", ANY_EPHEMERAL, caller):
            yield f"the ACL of the {there} tier drops answers to {caller}"


def _may_open(network: Network, group: str, target: IPv4Network) -> bool:
    return any(
        rule.group == group and rule.takes("tcp", HTTPS) and rule.range is not None and target.subnet_of(rule.range)
        for rule in network.egress
    )


def _admits(network: Network, guard: str, group: str) -> bool:
    return any(
        rule.group == guard
        and rule.takes("tcp", HTTPS)
        and (rule.peer == group or (rule.range is not None and network.range.subnet_of(rule.range)))
        for rule in network.ingress
    )
