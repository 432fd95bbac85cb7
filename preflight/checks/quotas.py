"""Service quotas: what the recorded stack takes of each, beside what the account uses already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aws_facts import on_demand
from aws_facts.quotas import QUOTAS, Quota
from preflight import instances
from preflight.account import Account
from preflight.declared import Declared, number
from preflight.model import Answer, Question, ok, stops, warns

# What a stack takes: at the end of the update, and when it has grown.
Count = Callable[[Declared, str], tuple[int, int]]
# What others in the account use of it, told from the stack's own by their tags.
Used = Callable[[Account, Declared, str], int]


@dataclass(frozen=True)
class Use:
    """What the stack takes of a quota, and how to ask what others use of it."""

    quota: Quota
    count: Count
    used: Used | None = None


def _of_type(*types: str) -> Count:
    """As many as the stack declares."""

    def count(declared: Declared, region: str) -> tuple[int, int]:
        found = len(declared.of_type(region, *types))
        return found, found

    return count


def _most_in_one(type_: str, group: str, *also: str, only: Callable[[Any], bool] = lambda _: True) -> Count:
    """The most that one group (a VPC, a security group) holds. `group` is the argument that names it, `also` are
    further arguments that tell groups apart."""

    def count(declared: Declared, region: str) -> tuple[int, int]:
        found = Counter(
            tuple(str(resource.properties.get(key)) for key in (group, *also))
            for resource in declared.of_type(region, type_)
            if only(resource.properties)
        )
        most = max(found.values(), default=0)
        return most, most

    return count


def _security_group_rules(declared: Declared, region: str) -> tuple[int, int]:
    """The most rules that one group has in one direction; a rule that names a prefix list counts once here."""
    directions = [
        _most_in_one(f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule", "securityGroupId")
        for direction in ("Ingress", "Egress")
    ]
    most = max(count(declared, region)[0] for count in directions)
    return most, most


def _gateway_endpoints(declared: Declared, region: str) -> tuple[int, int]:
    endpoints = declared.of_type(region, "aws:ec2/vpcEndpoint:VpcEndpoint")
    found = sum(endpoint.properties.get("vpcEndpointType") == "Gateway" for endpoint in endpoints)
    return found, found


def _nat_per_zone(declared: Declared, region: str) -> tuple[int, int]:
    zones = Counter(
        str(subnet.properties["availabilityZone"])
        for gateway in declared.of_type(region, "aws:ec2/natGateway:NatGateway")
        if (subnet := declared.named(gateway.properties.get("subnetId")))
    )
    most = max(zones.values(), default=0)
    return most, most


def _fargate(declared: Declared, region: str) -> tuple[int, int]:
    """vCPUs of the tasks that run at first, and at most: scaled out, with a deployment beside them."""
    start = most = 0.0
    for service in declared.of_type(region, "aws:ecs/service:Service"):
        given = service.properties
        task = declared.named(given.get("taskDefinition"))
        if given.get("launchType") != "FARGATE" or task is None:
            continue
        each = number(task.properties["cpu"]) / 1024
        tasks = number(given.get("desiredCount"))
        scaled = [
            number(target.properties["maxCapacity"])
            for target in declared.of_type(region, "aws:appautoscaling/target:Target")
            if str(target.properties["resourceId"]).endswith(f"/{given['name']}")
        ]
        start += tasks * each
        most += max([tasks, *scaled]) * each * number(given.get("deploymentMaximumPercent"), 200) / 100
    return round(start), round(most)


def _tagged_by(declared: Declared, tags: Iterable[dict[str, str]] | None) -> bool:
    """Whether the tags of a resource are those of the stack."""
    found = {tag["Key"]: tag["Value"] for tag in tags or ()}
    return all(found.get(key) == value for key, value in declared.tags.items())


def _others(operation: str, items: str, **parameters: Any) -> Used:
    """How many of an EC2 list are not the stack's own."""

    def used(account: Account, declared: Declared, region: str) -> int:
        found = account.pages("ec2", region, operation, items, **parameters)
        return sum(not _tagged_by(declared, item.get("Tags")) for item in found if item.get("State") != "deleted")

    return used


USES: tuple[Use, ...] = (
    Use(QUOTAS["L-0263D0A3"], _of_type("aws:ec2/eip:Eip"),
          _others("describe_addresses", "Addresses")),
    Use(QUOTAS["L-F678F1CE"], _of_type("aws:ec2/vpc:Vpc"), _others("describe_vpcs", "Vpcs")),
    Use(QUOTAS["L-A4707A72"], _of_type("aws:ec2/internetGateway:InternetGateway"),
          _others("describe_internet_gateways", "InternetGateways")),
    Use(QUOTAS["L-407747CB"], _most_in_one("aws:ec2/subnet:Subnet", "vpcId")),
    Use(QUOTAS["L-FE5A380F"], _nat_per_zone),
    Use(QUOTAS["L-29B6F2EB"], _most_in_one("aws:ec2/vpcEndpoint:VpcEndpoint", "vpcId",
                       only=lambda given: given.get("vpcEndpointType") == "Interface")),
    Use(QUOTAS["L-1B52E74A"], _gateway_endpoints),
    Use(QUOTAS["L-E79EC296"],
          _of_type("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"),
          _others("describe_security_groups", "SecurityGroups")),
    Use(QUOTAS["L-0EA8095F"], _security_group_rules),
    Use(QUOTAS["L-B4A6D682"], _most_in_one("aws:ec2/networkAcl:NetworkAcl", "vpcId")),
    Use(QUOTAS["L-2AEEBF1A"], _most_in_one("aws:ec2/networkAclRule:NetworkAclRule", "networkAclId", "egress")),
    Use(QUOTAS["L-589F43AA"], _most_in_one("aws:ec2/routeTable:RouteTable", "vpcId")),
    Use(QUOTAS["L-93826ACB"], _most_in_one("aws:ec2/route:Route", "routeTableId")),
    Use(QUOTAS["L-A2478D36"], _of_type("aws:ec2transitgateway/transitGateway:TransitGateway"),
          _others("describe_transit_gateways", "TransitGateways")),
    Use(QUOTAS["L-4FB7FF5D"], _of_type("aws:ec2/customerGateway:CustomerGateway"),
          _others("describe_customer_gateways", "CustomerGateways")),
    Use(QUOTAS["L-3E6EC3A3"], _of_type("aws:ec2/vpnConnection:VpnConnection"),
          _others("describe_vpn_connections", "VpnConnections")),
    Use(QUOTAS["L-3032A538"], _fargate),
    Use(QUOTAS["L-1194D53C"], _of_type("aws:eks/cluster:Cluster")),
    Use(QUOTAS["L-53DA6B97"], lambda declared, region: _balancers(declared, region, "application")),
    Use(QUOTAS["L-69A177A2"], lambda declared, region: _balancers(declared, region, "network")),
    Use(QUOTAS["L-C2F1777E"], _of_type("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")),
    Use(QUOTAS["L-F98FE922"], _of_type("aws:dynamodb/table:Table", "aws:dynamodb/tableReplica:TableReplica")),
)  # fmt: skip
"""Quotas that the stack takes from, beside vCPUs by family."""


def _balancers(declared: Declared, region: str, kind: str) -> tuple[int, int]:
    found = [
        balancer
        for balancer in declared.of_type(region, "aws:lb/loadBalancer:LoadBalancer")
        if balancer.properties.get("loadBalancerType", "application") == kind
    ]
    return len(found), len(found)


class Quotas:
    """Reads how much the stack takes of each quota; calls servicequotas:GetServiceQuota (the applied value, else AWS's
    default) and lists what others use; stops where both together exceed the quota, warns where only growth does."""

    name = "quota"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for region in declared.regions:
            for use in (*USES, *_vcpu_uses(declared, region)):
                start, most = use.count(declared, region)
                if most:
                    yield _question(declared, region, use, start, most)


def _vcpu_uses(declared: Declared, region: str) -> Iterator[Use]:
    for (code, name), (start, most, types) in instances.by_quota(declared, region).items():
        taken = (start, most)
        quota = Quota("ec2", code, f"{name} (vCPUs: {', '.join(types)})", on_demand.default_of(code))
        yield Use(quota, lambda *_, taken=taken: taken, _vcpus_of_others(code))


def _vcpus_of_others(code: str) -> Used:
    def used(account: Account, declared: Declared, region: str) -> int:
        running = account.pages(
            "ec2", region, "describe_instances", "Reservations",
            Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}],
        )  # fmt: skip
        found = [
            instance
            for reservation in running
            for instance in reservation["Instances"]
            if not _tagged_by(declared, instance.get("Tags")) and not instance.get("CapacityReservationId")
            if on_demand.quota_of(instance["InstanceType"])[0] == code
        ]
        reserved = [
            item
            for item in account.pages("ec2", region, "describe_capacity_reservations", "CapacityReservations")
            if item["State"] == "active" and not _tagged_by(declared, item.get("Tags"))
            if on_demand.quota_of(item["InstanceType"])[0] == code
        ]
        return sum(_vcpus(account, region, i["InstanceType"]) for i in found) + sum(
            _vcpus(account, region, item["InstanceType"]) * item["TotalInstanceCount"] for item in reserved
        )

    return used


def _vcpus(account: Account, region: str, type_: str) -> int:
    known = on_demand.vcpus(type_)
    if known is not None:
        return known
    (found,) = account.call("ec2", region, "describe_instance_types", InstanceTypes=[type_])["InstanceTypes"]
    return int(found["VCpuInfo"]["DefaultVCpus"])


def _question(declared: Declared, region: str, use: Use, start: int, most: int) -> Question:
    quota = use.quota

    def ask(account: Account) -> Answer:
        limit = _value(account, region, quota)
        used = use.used(account, declared, region) if use.used else 0
        return judge(quota, region, limit, used, start, most)

    needed = f"{start}" if start == most else f"{start}, {most} at most"
    above = f"{most} in {region}: AWS's default is {quota.default}"
    request = f"request {quota.service} {quota.code} of at least {above}" if most > quota.default else ""
    return Question(Quotas.name, quota.name, region, needed, ask, request)


def judge(quota: Quota, region: str, limit: int, used: int, start: int, most: int) -> Answer:
    """What a quota means for a stack that takes `start` now and `most` later, beside `used` of others."""
    found = f"quota {limit}" + (f", {used} used by others" if used else "")
    command = (
        f"aws service-quotas request-service-quota-increase --region {region} --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {used + most}"
    )
    if used + start > limit:
        return stops(found, command)
    if used + most > limit:
        return warns(f"{found}: enough to come up, too little to grow", command)
    return ok(found)


def _value(account: Account, region: str, quota: Quota) -> int:
    """The applied value; AWS's default where the account has none of its own (Service Quotas API, GetServiceQuota
    answers NoSuchResourceException then)."""
    client = account.client("service-quotas", region)
    try:
        found = account.call(
            "service-quotas", region, "get_service_quota", ServiceCode=quota.service, QuotaCode=quota.code
        )
    except client.exceptions.NoSuchResourceException:
        found = account.call(
            "service-quotas", region, "get_aws_default_service_quota", ServiceCode=quota.service, QuotaCode=quota.code
        )
    return int(found["Quota"]["Value"])
