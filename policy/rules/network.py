"""VPCs, subnets, security groups and endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from policy import tokens as t
from policy.addresses import networks
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.rules.openings import ACLS, EGRESS, INGRESS, acl_readable, admitted, openings, together
from policy.stack import Stack

RULES = Rules("Network")


@RULES.joined(
    t.VPC,
    id="vpc-flow-logs",
    title="Every VPC has flow logs of all traffic",
    remediation="Declare an aws.ec2.FlowLog of the VPC with trafficType ALL.",
    needs=((t.FLOW_LOG, "trafficType"), (t.FLOW_LOG, "vpcId")),
)
def flow_logs(vpc: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """An investigation needs rejected and accepted traffic."""
    logs = stack.attached(vpc, t.FLOW_LOG, "vpcId")
    if not any(log.text("trafficType") == "ALL" for log in logs):
        yield "no flow log records all of the VPC's traffic"


@RULES.joined(
    t.VPC,
    id="default-security-group-closed",
    title="The default security group has no rules",
    remediation="Adopt it with aws.ec2.DefaultSecurityGroup and give it neither ingress nor egress rules.",
    needs=((t.DEFAULT_SECURITY_GROUP, "ingress"), (t.DEFAULT_SECURITY_GROUP, "egress")),
)
def default_group(vpc: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """AWS creates the default group with rules that admit its own members and all outgoing traffic."""
    groups = stack.attached(vpc, t.DEFAULT_SECURITY_GROUP, "vpcId")
    if not groups:
        yield "the VPC's default security group has the open rules that AWS creates"
    for group in groups:
        for direction in ("ingress", "egress"):
            if group.items(direction):
                yield f"the default security group has {direction} rules"
        for type_ in (t.INGRESS_RULE, t.EGRESS_RULE, t.CLASSIC_RULE):
            if stack.attached(group, type_, "securityGroupId") or stack.attached(vpc, type_, "securityGroupId"):
                yield "the default security group has rules that are declared apart from it"


_ADMIN = Parameter("array", [22, 3389], "Ports of remote administration.", items="integer")


@RULES.joined(
    *INGRESS,
    id="no-world-ingress-to-administration",
    title="No security group opens administration ports, or all ports, to the internet",
    remediation="Name the networks or security groups that may connect; administer through Session Manager.",
    needs=("cidrIpv4", "fromPort", "ipProtocol"),
    parameters={"ports": _ADMIN},
)
def no_world_administration(resource: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Scanners find an open port within minutes.

    Ranges count as the internet when they hold a sixteenth of the public IPv4 addresses or a /12 of IPv6: in one
    rule, in several rules of a group together, or in a prefix list of the plan.
    """
    for opening in together(resource, stack, "ingress"):
        if opening.world and (opening.everything or any(int(port) in opening.ports for port in parameters["ports"])):
            yield f"the internet may connect to {opening}"


@RULES.joined(
    *INGRESS,
    id="world-ingress-authorised",
    title="Security groups open only authorised ports to the internet",
    remediation="Close the port to 0.0.0.0/0 and ::/0, or add it to the parameter `ports` with a reason in review.",
    needs=("cidrIpv4", "fromPort"),
    parameters={
        "ports": Parameter("array", [80, 443], "Ports that the world may connect to.", items="integer"),
        "administration": _ADMIN,
    },
)
def world_authorised(resource: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Open administration ports and open port ranges are judged by `no-world-ingress-to-administration`."""
    allowed = {int(port) for port in parameters["ports"]}
    other = {int(port) for port in parameters["administration"]}
    for opening in together(resource, stack, "ingress"):
        if not opening.world or opening.everything or any(port in opening.ports for port in other):
            continue
        if not all(port in allowed for port in opening.ports):
            yield f"the internet may connect to {opening}, of which only {sorted(allowed)} are authorised"


@RULES.joined(
    *ACLS,
    id="acl-no-world-administration",
    title="No network ACL opens administration ports to the internet",
    remediation="Deny the port before the rule that allows it, or name the networks that may connect.",
    needs=((t.NETWORK_ACL_RULE, "cidrBlock"), (t.NETWORK_ACL_RULE, "ruleAction")),
    parameters={"ports": _ADMIN},
)
def acl_no_world(resource: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Rules apply in the order of their numbers.

    A rule that denies must have a lower number than the rule that allows.
    """
    acl_readable(resource, stack)
    ports = [int(port) for port in parameters["ports"] if resource.urn in admitted(stack, int(port))]
    if ports:
        yield f"lets the internet reach {', '.join(f'port {port}' for port in ports)}"


@RULES.resource(
    t.TRANSIT_GATEWAY,
    t.ENDPOINT_SERVICE,
    id="attachments-accepted",
    title="Attachments to a transit gateway and connections to an endpoint service need acceptance",
    remediation="Set autoAcceptSharedAttachments to disable (acceptanceRequired to true for an endpoint service).",
    needs=("autoAcceptSharedAttachments",),
)
def attachments_accepted(gateway: Resource, _: Parameters) -> Iterator[str]:
    """With automatic acceptance, a transit gateway joins any VPC of an account that it is shared with."""
    if gateway.type == t.ENDPOINT_SERVICE:
        if not gateway.flag("acceptanceRequired", default=True):
            yield "accepts every connection"
    elif gateway.text("autoAcceptSharedAttachments") == "enable":
        yield "accepts every attachment"


# That peered VPCs of both regions do not overlap is asked by `region-cidrs-disjoint`.
_GATEWAYS = ("transitGatewayId", "gatewayId", "coreNetworkArn")


@RULES.joined(
    t.VPC,
    t.VPC_CIDR,
    id="vpc-clear-of-routes",
    title="The VPC's address range does not overlap a network that it routes to",
    remediation="Give the VPC a cidrBlock outside the networks on premises and of the other region.",
    needs=("cidrBlock", (t.ROUTE, "destinationCidrBlock")),
)
def clear_of_routes(vpc: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Traffic to an overlapping address stays in the VPC, because the local route takes precedence."""
    ours = ip_network(vpc.text("cidrBlock"), strict=False)
    theirs = set()
    for route in stack.of_type(t.ROUTE):
        leads_away = any(route.peek(path) is not None for path in _GATEWAYS)
        if leads_away and stack.region_of(route) == stack.region_of(vpc):
            theirs.update(networks([route.peek("destinationCidrBlock")]))
    for network in sorted(theirs, key=str):
        if network.prefixlen and ours.overlaps(network):
            yield f"{ours} overlaps {network}, to which a route leads away"


@RULES.resource(
    t.SUBNET,
    id="no-automatic-public-addresses",
    title="No subnet assigns public addresses automatically",
    remediation="Set mapPublicIpOnLaunch to false; NAT gateways and load balancers bring their own addresses.",
    needs=("mapPublicIpOnLaunch",),
)
def no_automatic_addresses(subnet: Resource, _: Parameters) -> Iterator[str]:
    """A host in such a subnet gets a public address without a decision about it."""
    if subnet.flag("mapPublicIpOnLaunch"):
        yield "what is launched in the subnet gets a public address"
    if subnet.flag("assignIpv6AddressOnCreation"):
        yield "what is launched in the subnet gets an IPv6 address, which is public"


_ENDPOINTS = {
    "s3": [t.BUCKET],
    "dynamodb": [t.TABLE, t.TABLE_REPLICA],
    "kinesis-streams": [t.STREAM],
    "sqs": [t.QUEUE],
    "sns": [t.TOPIC],
    "kms": [t.KEY, t.REPLICA_KEY],
    "secretsmanager": [t.SECRET],
    "events": ["aws:cloudwatch/eventBus:EventBus"],
    "logs": [t.LOG_GROUP],
}


@RULES.stack(
    t.VPC_ENDPOINT,
    id="private-endpoints",
    title="The VPC has private endpoints for the AWS services of the hot path",
    remediation="Declare an aws.ec2.VpcEndpoint for the service in the VPC.",
    needs=((t.VPC_ENDPOINT, "serviceName"),),
    parameters={
        "services": Parameter(
            "object", _ENDPOINTS, "Services, each with the types of resources that call for it.", items="array"
        )
    },
)
def private_endpoints(stack: Stack, parameters: Parameters) -> Iterator[tuple[Resource, str]]:
    """Traffic through an internet or NAT gateway is slower, is charged by volume, and depends on that gateway."""
    vpcs = stack.home(t.VPC)
    if not vpcs:
        return
    present = {e.text("serviceName").split(".", 3)[-1] for e in stack.of_type(t.VPC_ENDPOINT) if _is_used(e)}
    for service, types in parameters["services"].items():
        if service not in present and stack.home(*types):
            yield vpcs[0], f"the stack uses {service}, and no endpoint leads there"


def _is_used(endpoint: Resource) -> bool:
    """Clients find an interface endpoint under the service's own name only by private DNS."""
    return endpoint.text("vpcEndpointType") != "Interface" or endpoint.flag("privateDnsEnabled")


@RULES.parity(
    t.VPC,
    t.VPC_CIDR,
    id="region-cidrs-disjoint",
    title="The address ranges of both regions do not overlap",
    remediation="Give each stack a vpcCidr of its own.",
    needs=("cidrBlock",),
)
def cidrs_disjoint(vpc: Resource, _: Stack, recovery: Stack, __: Parameters) -> Iterator[str]:
    """Overlapping networks cannot be peered, so replication has no route."""
    ours = ip_network(vpc.text("cidrBlock"), strict=False)
    for other in recovery.home(t.VPC, t.VPC_CIDR):
        theirs = ip_network(other.text("cidrBlock"), strict=False)
        if ours.overlaps(theirs):
            yield f"{ours} overlaps {theirs} of {other.urn}"


@RULES.joined(
    *EGRESS,
    id="egress-limited",
    title="Security groups limit outgoing connections",
    severity=Severity.ADVISORY,
    remediation="Name ports and destinations; leave 0.0.0.0/0 with all ports to nobody.",
    needs=("cidrIpv4", "ipProtocol"),
)
def egress_limited(resource: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """An intruder on a host uses open outgoing connections to copy data."""
    for opening in together(resource, stack, "egress"):
        if opening.world and opening.everything:
            yield "may connect to anywhere on all ports"


@RULES.resource(
    t.INGRESS_RULE,
    t.EGRESS_RULE,
    t.CLASSIC_RULE,
    t.SECURITY_GROUP,
    id="security-rules-described",
    title="Every security group rule has a description",
    severity=Severity.ADVISORY,
    remediation="Write a description.",
    needs=("description",),
)
def described(resource: Resource, _: Parameters) -> Iterator[str]:
    """A rule without a description is hard to review and to remove."""
    if not resource.text("description") and resource.type != t.SECURITY_GROUP:
        yield "has no description"
    if resource.type == t.SECURITY_GROUP:
        inline = [*openings(resource, "ingress"), *openings(resource, "egress")]
        if any(not opening.description for opening in inline):
            yield "has an inline rule without description"
