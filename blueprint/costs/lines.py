"""Monthly cost of each resource without traffic.

There is one function for each kind of resource that costs money while idle. The module excludes costs by usage
(requests, data, growing storage); `blueprint.costs.orders` has the request costs of orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blueprint.costs.prices import HOURS_PER_MONTH, Prices
from blueprint.model import Blueprint, Resource


@dataclass(frozen=True)
class Charge:
    """`quantity` units of `what`; `monthly` in US dollars, None without a price in the table."""

    what: str
    quantity: float
    monthly: float | None


Charged = Callable[[Resource, Blueprint, Prices], Iterator[Charge]]


def charges(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    """Yield the standing charges of one resource; none for a kind that is free or billed by usage."""
    charged = _BY_TYPE.get(resource.type)
    if charged is not None:
        yield from charged(resource, blueprint, prices)


def _one(name: str, what: str) -> Charged:
    """Return the function for a kind with a fixed price."""

    def charged(_resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
        yield Charge(what, 1, prices.monthly(name))

    return charged


def _several(*parts: tuple[str, str]) -> Charged:
    def charged(_resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
        for name, what in parts:
            yield Charge(what, 1, prices.monthly(name))

    return charged


def _endpoint(resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    if resource.properties.get("vpcEndpointType") == "Interface":
        zones = len(resource.properties.get("subnetIds") or ())
        yield Charge("interface endpoint, by zone", zones, zones * prices.monthly("interface_endpoint"))


def _stream(resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    shards = int(resource.properties.get("shardCount") or 0)
    yield Charge("shards", shards, shards * prices.monthly("kinesis_shard"))
    if float(resource.properties.get("retentionPeriod") or 24) > 24:
        extended = shards * prices.monthly("kinesis_shard_retention_7d")
        yield Charge("shards with retention of up to 7 days", shards, extended)


def _consumer(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    stream = _referenced(resource.properties.get("streamArn"), blueprint)
    shards = int(stream.properties.get("shardCount") or 0) if stream else 0
    yield Charge("enhanced fan-out, by shard", shards, shards * prices.monthly("kinesis_consumer_shard"))


def _alarm(resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    queries = [query for query in resource.properties.get("metricQueries") or () if query.get("metric")]
    metrics = len(queries) or 1
    periods = [query["metric"].get("period") for query in queries] or [resource.properties.get("period")]
    is_high_resolution = any(period and float(period) < 60 for period in periods)
    name = "alarm_metric_high_resolution" if is_high_resolution else "alarm_metric"
    yield Charge("alarm metrics", metrics, metrics * prices.monthly(name))


def _instance(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    template = _template(resource, blueprint)
    yield from _hosts(template, 1, prices)


def _group(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    template = _template(resource, blueprint)
    fewest = int(resource.properties.get("minSize") or 0)
    pool = int((resource.properties.get("warmPool") or {}).get("minSize") or 0)
    yield from _hosts(template, fewest, prices)
    if pool:
        yield Charge("volumes of stopped hosts, GB", pool * _gigabytes(template), _volumes(template, pool, prices))


def _hosts(template: Mapping[str, Any], count: int, prices: Prices) -> Iterator[Charge]:
    if not count:
        return
    kind = str(template.get("instanceType") or "unknown type")
    yield _hours(f"{kind}, price of shared tenancy", prices.instances.get(kind), count)
    yield Charge("volumes, GB", count * _gigabytes(template), _volumes(template, count, prices))


def _reservation(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    """Yield the reserved capacity that no fixed instance uses; used capacity is billed as an instance."""
    kind = str(resource.properties["instanceType"])
    templates = [_template(instance, blueprint) for instance in blueprint.of_type("aws:ec2/instance:Instance")]
    filled = sum(template.get("instanceType") == kind for template in templates)
    unused = max(0, int(resource.properties.get("instanceCount") or 0) - filled)
    if unused:
        yield _hours(f"{kind}, reserved and not filled", prices.instances.get(kind), unused)


def _nodes(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    count = int(resource.properties["scalingConfig"]["desiredSize"])
    (kind,) = resource.properties["instanceTypes"]
    template = _template(resource, blueprint)
    yield _hours(kind, prices.instances.get(kind), count)
    yield Charge("volumes, GB", count * _gigabytes(template), _volumes(template, count, prices))


def _service(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    task = _referenced(resource.properties.get("taskDefinition"), blueprint)
    count = int(resource.properties.get("desiredCount") or 0)
    if task is None or not count:
        return
    cpus, gigabytes = count * int(task.properties["cpu"]) / 1024, count * int(task.properties["memory"]) / 1024
    yield Charge("Fargate vCPUs", cpus, cpus * prices.monthly("fargate_vcpu"))
    yield Charge("Fargate memory, GB", gigabytes, gigabytes * prices.monthly("fargate_gb"))


def _database(resource: Resource, blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    kind, copies = str(resource.properties["instanceClass"]), 2 if resource.properties.get("multiAz") else 1
    yield _hours(f"{kind}, PostgreSQL", prices.databases.get(kind), copies)
    size = resource.properties.get("allocatedStorage") or _source_size(resource, blueprint)
    if size is None:
        yield Charge("storage of the size of the source, GB", copies, None)
    else:
        total = copies * float(size)
        yield Charge("gp3 storage, GB", total, total * prices.monthly("rds_gp3_gb"))


def _source_size(replica: Resource, blueprint: Blueprint) -> float | None:
    """Return the storage of a replica's source if the same stack declares the source."""
    source = replica.properties.get("replicateSourceDb")
    for database in blueprint.of_type(replica.type):
        if database.properties.get("identifier") == source or database is _referenced(source, blueprint):
            return database.properties.get("allocatedStorage")
    return None


def _health_check(resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    """An endpoint outside AWS costs more. HTTPS, a 10-second interval and latency measurement are paid features."""
    properties = resource.properties
    features = [
        str(properties.get("type", "")).startswith("HTTPS"),
        float(properties.get("requestInterval") or 30) == 10,
        bool(properties.get("measureLatency")),
        "STR_MATCH" in str(properties.get("type", "")),
    ]
    extra = sum(features)
    yield Charge("health check", 1, prices.monthly("health_check"))
    yield Charge("optional features", extra, extra * prices.monthly("health_check_feature"))


def _secret(resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    copies = 1 + len(resource.properties.get("replicas") or ())
    yield Charge("secret and its replicas", copies, copies * prices.monthly("secret"))


def _web_acl(resource: Resource, _blueprint: Blueprint, prices: Prices) -> Iterator[Charge]:
    rules = len(resource.properties.get("rules") or ())
    yield Charge("web ACL", 1, prices.monthly("web_acl"))
    yield Charge("rules", rules, rules * prices.monthly("web_acl_rule"))


def _hours(what: str, hourly: float | None, count: int) -> Charge:
    return Charge(what, count, None if hourly is None else count * hourly * HOURS_PER_MONTH)


def _gigabytes(template: Mapping[str, Any]) -> float:
    devices = template.get("blockDeviceMappings") or ()
    return sum(float(device["ebs"].get("volumeSize") or 0) for device in devices)


def _volumes(template: Mapping[str, Any], count: int, prices: Prices) -> float:
    return count * _gigabytes(template) * prices.monthly("ebs_gp3_gb")


def _template(resource: Resource, blueprint: Blueprint) -> Mapping[str, Any]:
    """Return the properties of a resource's launch template, or its own properties without one."""
    named = resource.properties.get("launchTemplate")
    found = _referenced(named.get("id"), blueprint) if isinstance(named, Mapping) else None
    return found.properties if found else resource.properties


def _referenced(value: Any, blueprint: Blueprint) -> Resource | None:
    """Return the resource of a reference `${type::name#path}`."""
    if not isinstance(value, str) or not value.startswith("${"):
        return None
    type_, _, rest = value[2:].partition("::")
    return blueprint.by_reference.get((type_, rest.partition("#")[0]))


def dedicated_types(blueprint: Blueprint) -> Sequence[str]:
    """Names of launch templates with dedicated tenancy that this stack's hosts use."""
    used = [
        *blueprint.of_type("aws:ec2/instance:Instance"),
        *(g for g in blueprint.of_type("aws:autoscaling/group:Group") if int(g.properties.get("minSize") or 0)),
    ]
    templates = (_template(resource, blueprint) for resource in used)
    return [str(t.get("name")) for t in templates if (t.get("placement") or {}).get("tenancy") == "dedicated"]


_BY_TYPE: Mapping[str, Charged] = {
    "aws:autoscaling/group:Group": _group,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _one("composite_alarm", "composite alarm"),
    "aws:cloudwatch/dashboard:Dashboard": _one("dashboard", "dashboard"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:directconnect/gatewayAssociation:GatewayAssociation": _one(
        "transit_gateway_attachment", "transit gateway attachment"
    ),
    "aws:ec2/capacityReservation:CapacityReservation": _reservation,
    "aws:ec2/eip:Eip": _one("public_ipv4", "public IPv4 address"),
    "aws:ec2/instance:Instance": _instance,
    "aws:ec2/natGateway:NatGateway": _one("nat_gateway", "NAT gateway"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2/vpnConnection:VpnConnection": _several(
        ("vpn_connection", "VPN connection"), ("transit_gateway_attachment", "transit gateway attachment")
    ),
    "aws:ec2transitgateway/peeringAttachment:PeeringAttachment": _one(
        "transit_gateway_attachment", "transit gateway attachment"
    ),
    "aws:ec2transitgateway/peeringAttachmentAccepter:PeeringAttachmentAccepter": _one(
        "transit_gateway_attachment", "transit gateway attachment"
    ),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _one(
        "transit_gateway_attachment", "transit gateway attachment"
    ),
    "aws:ecs/service:Service": _service,
    "aws:eks/cluster:Cluster": _one("eks_cluster", "EKS cluster"),
    "aws:eks/nodeGroup:NodeGroup": _nodes,
    "aws:kinesis/stream:Stream": _stream,
    "aws:kinesis/streamConsumer:StreamConsumer": _consumer,
    "aws:kms/key:Key": _one("kms_key", "key"),
    "aws:kms/replicaKey:ReplicaKey": _one("kms_key", "replica key"),
    "aws:lb/loadBalancer:LoadBalancer": _one("load_balancer", "load balancer"),
    "aws:rds/instance:Instance": _database,
    "aws:route53/healthCheck:HealthCheck": _health_check,
    "aws:route53/zone:Zone": _one("hosted_zone", "hosted zone"),
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
}
