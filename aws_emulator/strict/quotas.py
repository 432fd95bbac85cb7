"""Quotas of the account: the values that Service Quotas answers, AWS's defaults unless others were asked for."""

from __future__ import annotations

from collections.abc import Callable

from aws_emulator.additions.servicequotas import CONCURRENCY, value_of
from aws_emulator.store import Call
from aws_emulator.strict.constraint import Broken, Constraint
from aws_facts import on_demand

_VPC = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
# Lambda Developer Guide, "Configuring reserved concurrency": what Lambda keeps for functions without a reservation.
_UNRESERVED = 100
# IAM User Guide, "IAM and AWS STS quotas".
_POLICY_VERSIONS = 5
_MANAGED_POLICIES = {"RoleName": "L-0DA4ABF3", "UserName": "L-4019AD8B", "GroupName": "L-384571C4"}


def _more_than(service: str, code: str, count: Callable[[Call], int], what: str) -> Broken:
    def broken(call: Call) -> str | None:
        limit, present = value_of(call, service, code), count(call)
        return f"The maximum number of {what} has been reached: {limit}" if present >= limit else None

    return broken


def _live(items: object) -> int:
    return sum(getattr(item, "state", "") not in ("deleted", "deleting") for item in items)  # type: ignore[attr-defined]


def _internet_gateways(call: Call) -> int:
    return len(call.moto("ec2").internet_gateways)


def _gateways_in_zone(call: Call) -> int:
    ec2 = call.moto("ec2")
    wanted = ec2.get_subnet(call.params["SubnetId"]).availability_zone
    zones = [
        ec2.get_subnet(gateway.subnet_id).availability_zone
        for gateway in ec2.nat_gateways.values()
        if gateway.state not in ("deleted", "deleting")
    ]
    return zones.count(wanted)


def _endpoints_in_vpc(call: Call) -> int:
    if call.params.get("VpcEndpointType") != "Interface":
        return -1
    return sum(
        endpoint.vpc_id == call.params["VpcId"] and endpoint.vpc_endpoint_type == "Interface"
        for endpoint in call.moto("ec2").vpc_end_points.values()
    )


def _acl_entries(call: Call) -> int:
    acl = call.moto("ec2").network_acls.get(call.params["NetworkAclId"])
    # AWS's own last rule, 32767, does not count.
    return sum(
        str(entry.egress).lower() == str(call.params.get("Egress")).lower() and int(entry.rule_number) < 32767
        for entry in (acl.network_acl_entries if acl else ())
    )


def _vcpus(call: Call) -> str | None:
    """Running On-Demand instances of a family, with those that are asked for."""
    template = call.params.get("LaunchTemplate") or {}
    type_ = call.params.get("InstanceType")
    ec2 = call.moto("ec2")
    if not type_ and template:
        key = template.get("LaunchTemplateId") or template.get("LaunchTemplateName")
        found = ec2.launch_templates.get(key) or next(
            (item for item in ec2.launch_templates.values() if item.name == key), None
        )
        type_ = found.latest_version().data.get("InstanceType") if found else None
    if not type_ or call.params.get("InstanceMarketOptions"):
        return None
    code, _ = on_demand.quota_of(type_)
    running = sum(
        on_demand.vcpus(instance.instance_type) or 0
        for reservation in ec2.reservations.values()
        for instance in reservation.instances
        if instance.state in ("pending", "running") and on_demand.quota_of(instance.instance_type)[0] == code
    )
    wanted = int(call.params.get("MinCount") or 1) * (on_demand.vcpus(type_) or 0)
    limit = value_of(call, "ec2", code)
    if running + wanted > limit:
        return (
            f"You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance "
            "bucket that the specified instance type belongs to"
        )
    return None


def _concurrency(call: Call) -> str | None:
    functions = call.moto("lambda").list_functions(None)
    name = str(call.params["FunctionName"]).rpartition(":")[2]
    others = sum(int(f.reserved_concurrency or 0) for f in functions if f.function_name != name)
    limit = value_of(call, "lambda", CONCURRENCY)
    if others + int(call.params["ReservedConcurrentExecutions"]) > limit - _UNRESERVED:
        return (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{_UNRESERVED}]."
        )
    return None


def _attached(call: Call) -> str | None:
    """Managed policies of a role, user or group; one that is attached already counts once."""
    for member, holders in (("RoleName", "roles"), ("UserName", "users"), ("GroupName", "groups")):
        name = call.params.get(member)
        if not name:
            continue
        found = getattr(call.moto("iam", call.partition), holders)
        holder = found.get(name) or next((item for item in found.values() if item.name == name), None)
        present = set(holder.managed_policies) if holder else set()
        limit = value_of(call, "iam", _MANAGED_POLICIES[member])
        if len(present | {call.params["PolicyArn"]}) > limit:
            return f"Cannot exceed quota for PoliciesPer{member.removesuffix('Name')}: {limit}"
    return None


def _versions_of_policy(call: Call) -> str | None:
    policy = call.moto("iam", call.partition).managed_policies.get(call.params["PolicyArn"])
    if policy and len(policy.versions) >= _POLICY_VERSIONS:
        return f"A managed policy can have up to {_POLICY_VERSIONS} versions. Before you create a new one, delete one."
    return None


_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
CONSTRAINTS = (
    Constraint("managed policies of an identity", "iam", ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy"),
               "LimitExceeded", _IAM, _attached),
    Constraint("versions of a managed policy", "iam", ("CreatePolicyVersion",), "LimitExceeded", _IAM,
               _versions_of_policy),
    Constraint("elastic addresses", "ec2", ("AllocateAddress",), "AddressLimitExceeded", _VPC,
               _more_than("ec2", "L-0263D0A3", lambda call: len(call.moto("ec2").addresses), "addresses")),
    Constraint("VPCs", "ec2", ("CreateVpc",), "VpcLimitExceeded", _VPC,
               _more_than("vpc", "L-F678F1CE", lambda call: len(call.moto("ec2").vpcs), "VPCs")),
    Constraint("internet gateways", "ec2", ("CreateInternetGateway",), "InternetGatewayLimitExceeded", _VPC,
               _more_than("vpc", "L-A4707A72", _internet_gateways, "internet gateways")),
    Constraint("NAT gateways in a zone", "ec2", ("CreateNatGateway",), "NatGatewayLimitExceeded", _VPC,
               _more_than("vpc", "L-FE5A380F", _gateways_in_zone, "NAT gateways in the zone")),
    Constraint("interface endpoints in a VPC", "ec2", ("CreateVpcEndpoint",), "VpcEndpointLimitExceeded", _VPC,
               _more_than("vpc", "L-29B6F2EB", _endpoints_in_vpc, "interface endpoints in the VPC")),
    Constraint("rules of a network ACL", "ec2", ("CreateNetworkAclEntry",), "NetworkAclEntryLimitExceeded", _VPC,
               _more_than("vpc", "L-2AEEBF1A", _acl_entries, "network ACL entries")),
    Constraint("transit gateways", "ec2", ("CreateTransitGateway",), "TransitGatewayLimitExceeded",
               "https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-quotas.html",
               _more_than("ec2", "L-A2478D36", lambda call: _live(call.moto("ec2").transit_gateways.values()),
                          "transit gateways")),
    Constraint("vCPUs by family", "ec2", ("RunInstances",), "VcpuLimitExceeded",
               "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html", _vcpus),
    Constraint("reserved concurrency", "lambda", ("PutFunctionConcurrency",), "InvalidParameterValueException",
               "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html", _concurrency),
)  # fmt: skip
