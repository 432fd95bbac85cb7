"""Pairs whatever looks at a metric with what publishes it: by namespace, name, unit, dimensions and their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session

from blueprint import Blueprint, Resource
from blueprint.references import STACK_REFERENCE, references_in
from components.latency import metrics as engine_metrics
from components.observability import aws_metrics
from components.observability.aws_metrics import AwsMetric
from functions import metrics as function_metrics

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
FLEET_POLICY = "aws:autoscaling/policy:Policy"
SERVICE_POLICY = "aws:appautoscaling/policy:Policy"

# Application Auto Scaling API Reference, PredefinedMetricSpecification: ECS publishes it for every service.
_PREDEFINED = {"ECSServiceAverageCPUUtilization"}


@dataclass(frozen=True)
class World:
    """One stack, and that of the other region."""

    stack: Blueprint
    other: Blueprint

    def in_region(self, region: str) -> Blueprint:
        """The stack of a region."""
        found = {region_of(graph): graph for graph in (self.other, self.stack)}
        return found[region]


@dataclass(frozen=True)
class Use:
    """A look at a metric; `unit` is None where any will do, `period` where somebody else chooses it."""

    where: str
    region: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str | None = None
    period: int | None = None


@dataclass(frozen=True)
class Published:
    """What a publisher says of a metric; `dimensions` are by name, with the values that are published."""

    unit: str
    resolution: int
    percentiles: bool
    dimensions: Mapping[str, Callable[[str], bool]]


def region_of(graph: Blueprint) -> str:
    """Where a stack stands."""
    return graph.one("pulumi:providers:aws", "regional").properties["region"]


def region_of_resource(resource: Resource, graph: Blueprint) -> str:
    """Where a resource of a stack stands, which the recovery stack may declare in the primary's region."""
    provider = (resource.provider or "").rsplit("::", 1)[-1]
    return graph.one("pulumi:providers:aws", provider).properties["region"]


def uses(graph: Blueprint) -> Iterator[Use]:
    """Everything in a stack that looks at a metric."""
    for alarm in graph.of_type(ALARM):
        yield from _of_alarm(alarm, region_of_resource(alarm, graph))
    for policy in graph.of_type(FLEET_POLICY):
        yield from _of_fleet_policy(policy, region_of(graph))
    for policy in graph.of_type(SERVICE_POLICY):
        yield from _of_service_policy(policy, region_of(graph))
    for dashboard in graph.of_type(DASHBOARD):
        yield from _of_dashboard(dashboard)


def unpaired(use: Use, world: World) -> str | None:
    """Why nobody publishes what is looked at, or None."""
    candidates = list(_published(use.namespace, use.name, world.in_region(use.region), world))
    if not candidates:
        return f"{use.where}: nobody publishes {use.namespace} {use.name} in {use.region}"
    reasons = [_mismatch(use, candidate) for candidate in candidates]
    return None if None in reasons else f"{use.where}: {use.namespace} {use.name}: {'; '.join(filter(None, reasons))}"


def _mismatch(use: Use, published: Published) -> str | None:
    if set(use.dimensions) != set(published.dimensions):
        return f"is published under {sorted(published.dimensions)}, looked for under {sorted(use.dimensions)}"
    for dimension, value in use.dimensions.items():
        if not published.dimensions[dimension](value):
            return f"no {dimension} is {value}"
    if use.unit not in (None, published.unit):
        return f"comes in {published.unit}, looked for in {use.unit}"
    if use.period is not None and use.period % published.resolution:
        return f"comes every {published.resolution} s, looked at every {use.period} s"
    if use.statistic.startswith("p") and not published.percentiles:
        return f"has no percentiles, {use.statistic} is asked for"
    return None


def _published(namespace: str, name: str, graph: Blueprint, world: World) -> Iterator[Published]:
    for metric in function_metrics.ALL:
        if (metric.namespace, metric.name) == (namespace, name) and _runs(metric.service, graph):
            yield Published(metric.unit, metric.resolution, True, _exactly(metric.dimensions))
    for metric in engine_metrics.ALL:
        if (metric.namespace, metric.name) == (namespace, name):
            yield Published(metric.unit, 1, True, _exactly(metric.dimensions))
    for counted in graph.of_type(FILTER):
        made = counted.properties["metricTransformation"]
        if (made["namespace"], made["name"]) == (namespace, name):
            yield Published(made["unit"], 60, False, {})
    for metric in aws_metrics.ALL:
        if (metric.namespace, metric.name) == (namespace, name):
            yield Published(metric.unit, 60, metric.percentiles, _known(metric, graph, world))


def _runs(service: str, graph: Blueprint) -> bool:
    handlers = {function.properties["handler"] for function in graph.of_type("aws:lambda/function:Function")}
    return any(f"functions.{service}." in handler for handler in handlers)


def _exactly(dimensions: Mapping[str, str]) -> dict[str, Callable[[str], bool]]:
    return {name: value.__eq__ for name, value in dimensions.items()}


def _known(metric: AwsMetric, graph: Blueprint, world: World) -> dict[str, Callable[[str], bool]]:
    return {name: _VALUES[name](metric, graph, world).__contains__ for name in metric.dimensions}


Values = Callable[[AwsMetric, Blueprint, World], set[str]]


def _property(type_: str, path: str = "name") -> Values:
    def values(_metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
        return {resource.properties[path] for resource in graph.of_type(type_)}

    return values


def _in_either(type_: str, path: str) -> Values:
    def values(_metric: AwsMetric, _graph: Blueprint, world: World) -> set[str]:
        graphs = (world.stack, world.other)
        return {resource.properties[path] for graph in graphs for resource in graph.of_type(type_)}

    return values


def _output(type_: str, path: str = "id") -> Values:
    def values(_metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
        return {str(resource.reference(path)) for resource in graph.of_type(type_)}

    return values


def _databases(metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
    """A lag has only what replicates."""
    instances = graph.of_type("aws:rds/instance:Instance")
    return {
        instance.properties["identifier"]
        for instance in instances
        if metric is not aws_metrics.DATABASE_LAG or "replicateSourceDb" in instance.properties
    }


# Data Firehose Developer Guide, "Monitor Amazon Data Firehose with CloudWatch metrics", data ingestion: what is put
# directly may be refused; what is read from a Kinesis data stream may be read late.
_OF_DIRECT_PUT, _OF_A_STREAM = {"ThrottledRecords"}, {"KinesisMillisBehindLatest"}


def _delivery_streams(metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
    """The source decides which metrics of ingestion there are."""
    streams = graph.of_type("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream")
    return {
        stream.properties["name"]
        for stream in streams
        if metric.name not in (_OF_DIRECT_PUT if "kinesisSourceConfiguration" in stream.properties else _OF_A_STREAM)
    }


def _indexes(_metric: AwsMetric, _graph: Blueprint, world: World) -> set[str]:
    """Global tables have one schema, and either stack declares some of them."""
    tables = [table for graph in (world.stack, world.other) for table in graph.of_type("aws:dynamodb/table:Table")]
    return {index["name"] for table in tables for index in table.properties.get("globalSecondaryIndexes") or []}


def _clusters(metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
    """Container Insights counts in a cluster that has it on."""
    return {
        cluster.properties["name"]
        for cluster in graph.of_type("aws:ecs/cluster:Cluster")
        if metric.namespace != "ECS/ContainerInsights"
        or any(s["name"] == "containerInsights" and s["value"] != "disabled" for s in cluster.properties["settings"])
    }


def _fleets(metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
    return {
        group.properties["name"]
        for group in graph.of_type("aws:autoscaling/group:Group")
        if metric.name in group.properties["enabledMetrics"]
    }


def _files(_metric: AwsMetric, graph: Blueprint, world: World) -> set[str]:
    """The recovery stack knows the primary's by its exports, and its own by reference."""
    own = {
        str(resource.reference("id"))
        for known in (graph, world.stack)
        for resource in known.of_type("aws:efs/fileSystem:FileSystem")
    }
    references = [r for use in uses(world.stack) for r in references_in(dict(use.dimensions))]
    exported = {str(r) for r in references if (r.type, r.path) == (STACK_REFERENCE, "outputs.fileSystemId")}
    return own | exported


def _replication_rules(_metric: AwsMetric, _graph: Blueprint, world: World) -> set[str]:
    """Rules with metrics; the recovery stack declares both ways."""
    configurations = [
        configuration
        for graph in (world.stack, world.other)
        for configuration in graph.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    ]
    return {
        rule["id"]
        for configuration in configurations
        for rule in configuration.properties["rules"]
        if rule["destination"]["metrics"]["status"] == "Enabled"
    }


def _cache_nodes(_metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
    return {
        f"{group.properties['replicationGroupId']}-{number:03}"
        for group in graph.of_type("aws:elasticache/replicationGroup:ReplicationGroup")
        for number in range(1, int(group.properties["numCacheClusters"]) + 1)
    }


def _firewalls(_metric: AwsMetric, graph: Blueprint, _world: World) -> set[str]:
    acls = graph.of_type("aws:wafv2/webAcl:WebAcl")
    return {
        acl.properties["visibilityConfig"]["metricName"]
        for acl in acls
        if acl.properties["visibilityConfig"]["cloudwatchMetricsEnabled"]
    }


@cache
def _operations() -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_service_model("dynamodb").operation_names)


_BUCKET = "aws:s3/bucket:Bucket"
_BALANCER, _TARGETS = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"
_VALUES: Mapping[str, Values] = {
    "ApiName": _property("aws:apigateway/restApi:RestApi"),
    "Stage": _property("aws:apigateway/stage:Stage", "stageName"),
    "FunctionName": _property("aws:lambda/function:Function"),
    "StreamName": _property("aws:kinesis/stream:Stream"),
    "ConsumerName": _property("aws:kinesis/streamConsumer:StreamConsumer"),
    "DeliveryStreamName": _delivery_streams,
    "QueueName": _property("aws:sqs/queue:Queue"),
    "TopicName": _property("aws:sns/topic:Topic"),
    "EventBusName": _property("aws:cloudwatch/eventBus:EventBus"),
    "RuleName": _property("aws:cloudwatch/eventRule:EventRule"),
    # Global tables have one name, and either stack declares some of them.
    "TableName": _in_either("aws:dynamodb/table:Table", "name"),
    "GlobalSecondaryIndexName": _indexes,
    "Operation": lambda *_: set(_operations()),
    "ReceivingRegion": lambda _metric, graph, world: (
        {region_of(world.stack), region_of(world.other)} - {region_of(graph)}
    ),
    "DBInstanceIdentifier": _databases,
    "CacheClusterId": _cache_nodes,
    "FileSystemId": _files,
    "DestinationFileSystemId": _files,
    "SourceBucket": _in_either(_BUCKET, "bucket"),
    "DestinationBucket": _in_either(_BUCKET, "bucket"),
    "RuleId": _replication_rules,
    "BackupVaultName": _property("aws:backup/vault:Vault"),
    "NatGatewayId": _output("aws:ec2/natGateway:NatGateway"),
    "VpnId": _output("aws:ec2/vpnConnection:VpnConnection"),
    "TransitGateway": _output("aws:ec2transitgateway/transitGateway:TransitGateway"),
    "LoadBalancer": _output(_BALANCER, "arnSuffix"),
    "TargetGroup": _output(_TARGETS, "arnSuffix"),
    "ClusterName": _clusters,
    "ServiceName": _property("aws:ecs/service:Service"),
    "InstanceId": _output("aws:ec2/instance:Instance"),
    "AutoScalingGroupName": _fleets,
    "WebACL": _firewalls,
    "Region": lambda _metric, graph, _world: {region_of(graph)},
    "Rule": lambda *_: {"ALL"},
}


def _of_alarm(alarm: Resource, region: str) -> Iterator[Use]:
    properties = alarm.properties
    for query in properties.get("metricQueries", []):
        if "metric" in query:
            yield _use(f"{alarm.name}/{query['id']}", region, query["metric"], query["metric"]["stat"])
    if "metricName" in properties:
        yield _use(alarm.name, region, properties, properties.get("statistic") or properties["extendedStatistic"])


def _use(where: str, region: str, metric: Mapping[str, Any], statistic: str) -> Use:
    return Use(
        where,
        region,
        metric["namespace"],
        metric["metricName"],
        metric.get("dimensions") or {},
        statistic,
        metric.get("unit"),
        metric.get("period"),
    )


def _of_fleet_policy(policy: Resource, region: str) -> Iterator[Use]:
    tracked = policy.properties.get("targetTrackingConfiguration", {}).get("customizedMetricSpecification")
    if tracked:
        dimensions = {entry["name"]: entry["value"] for entry in tracked["metricDimensions"]}
        yield _use(policy.name, region, {**tracked, "dimensions": dimensions}, tracked["statistic"])


def _of_service_policy(policy: Resource, region: str) -> Iterator[Use]:
    tracked = policy.properties["targetTrackingScalingPolicyConfiguration"]
    if "predefinedMetricSpecification" in tracked:
        kind = tracked["predefinedMetricSpecification"]["predefinedMetricType"]
        assert kind in _PREDEFINED, f"{policy.name} scales by {kind}, which is none that ECS publishes"
    for query in tracked.get("customizedMetricSpecification", {}).get("metrics", []):
        if "metricStat" in query:
            metric = query["metricStat"]["metric"]
            dimensions = {entry["name"]: entry["value"] for entry in metric["dimensions"]}
            yield _use(
                f"{policy.name}/{query['id']}",
                region,
                {**metric, "dimensions": dimensions},
                query["metricStat"]["stat"],
            )


def _of_dashboard(dashboard: Resource) -> Iterator[Use]:
    for widget in json.loads(dashboard.properties["dashboardBody"])["widgets"]:
        for namespace, name, *dimensions, options in widget["properties"].get("metrics", []):
            yield Use(
                f"{dashboard.name}/{widget['properties']['title']}",
                options["region"],
                namespace,
                name,
                dict(zip(dimensions[::2], dimensions[1::2], strict=True)),
                options["stat"],
                period=options["period"],
            )
