"""Catalogue of metrics that AWS publishes, each with the page that documents it.

Alarms, dashboards and scaling take AWS's metrics only from here, as they take the platform's own from
`functions.metrics` and `components.latency.metrics`. An alarm on a misspelled metric would never fire. The catalogue
lists only metrics that the platform uses.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class AwsMetric:
    """One metric of a service. `unit` is CloudWatch's; `dimensions` are the dimension names under which AWS publishes
    it; `page` is the document and section that define it. All of them are published once a minute or less often.
    `percentiles` is true if AWS publishes single values, for which CloudWatch can compute percentiles."""

    namespace: str
    name: str
    unit: str
    dimensions: tuple[str, ...]
    page: str
    percentiles: bool = False

    def under(self, *values: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        """Return the dimensions with these values, in their order."""
        return dict(zip(self.dimensions, values, strict=True))


_API = "API Gateway Developer Guide, 'Amazon API Gateway dimensions and metrics'"
API_REQUESTS = AwsMetric("AWS/ApiGateway", "Count", "Count", ("ApiName", "Stage"), _API)
API_CLIENT_ERRORS = AwsMetric("AWS/ApiGateway", "4XXError", "Count", ("ApiName", "Stage"), _API)
API_SERVER_ERRORS = AwsMetric("AWS/ApiGateway", "5XXError", "Count", ("ApiName", "Stage"), _API)
API_LATENCY = AwsMetric("AWS/ApiGateway", "Latency", "Milliseconds", ("ApiName", "Stage"), _API, percentiles=True)

_LAMBDA = "AWS Lambda Developer Guide, 'Types of metrics for Lambda functions'"
FUNCTION_ERRORS = AwsMetric("AWS/Lambda", "Errors", "Count", ("FunctionName",), _LAMBDA)
FUNCTION_THROTTLES = AwsMetric("AWS/Lambda", "Throttles", "Count", ("FunctionName",), _LAMBDA)
FUNCTION_CONCURRENCY = AwsMetric("AWS/Lambda", "ConcurrentExecutions", "Count", ("FunctionName",), _LAMBDA)
FUNCTION_DURATION = AwsMetric("AWS/Lambda", "Duration", "Milliseconds", ("FunctionName",), _LAMBDA, percentiles=True)

_KINESIS = "Kinesis Data Streams Developer Guide, 'Monitor the service with CloudWatch'"
STREAM_RECORDS = AwsMetric("AWS/Kinesis", "IncomingRecords", "Count", ("StreamName",), _KINESIS)
STREAM_WRITES_THROTTLED = AwsMetric(
    "AWS/Kinesis", "WriteProvisionedThroughputExceeded", "Count", ("StreamName",), _KINESIS
)
STREAM_READS_BEHIND = AwsMetric(
    "AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "Milliseconds", ("StreamName",), _KINESIS
)
CONSUMER_BEHIND = AwsMetric(
    "AWS/Kinesis",
    "SubscribeToShardEvent.MillisBehindLatest",
    "Milliseconds",
    ("StreamName", "ConsumerName"),
    f"{_KINESIS}, 'Enhanced fan-out metrics'",
)

_FIREHOSE = "Amazon Data Firehose Developer Guide, 'Monitor Amazon Data Firehose with CloudWatch metrics'"
DELIVERY_FRESHNESS = AwsMetric(
    "AWS/Firehose", "DeliveryToS3.DataFreshness", "Seconds", ("DeliveryStreamName",), _FIREHOSE
)
# A delivery stream has only the metric of its source: throttled records for direct puts, lag for a Kinesis stream.
DELIVERY_THROTTLED = AwsMetric("AWS/Firehose", "ThrottledRecords", "Count", ("DeliveryStreamName",), _FIREHOSE)
DELIVERY_BEHIND = AwsMetric(
    "AWS/Firehose", "KinesisMillisBehindLatest", "Milliseconds", ("DeliveryStreamName",), _FIREHOSE
)

_SQS = "SQS Developer Guide, 'Available CloudWatch metrics for Amazon SQS'"
MESSAGES_WAITING = AwsMetric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Count", ("QueueName",), _SQS)
OLDEST_MESSAGE = AwsMetric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Seconds", ("QueueName",), _SQS)

NOTIFICATIONS_FAILED = AwsMetric(
    "AWS/SNS",
    "NumberOfNotificationsFailed",
    "Count",
    ("TopicName",),
    "SNS Developer Guide, 'Monitoring Amazon SNS topics using CloudWatch'",
)
EVENTS_LOST = AwsMetric(
    "AWS/Events",
    "InvocationsFailedToBeSentToDlq",
    "Count",
    ("EventBusName", "RuleName"),
    "EventBridge User Guide, 'Monitoring Amazon EventBridge', 'EventBridge metrics'",
)

_DYNAMODB = "DynamoDB Developer Guide, 'DynamoDB metrics and dimensions'"
TABLE_READS_THROTTLED = AwsMetric("AWS/DynamoDB", "ReadThrottleEvents", "Count", ("TableName",), _DYNAMODB)
TABLE_WRITES_THROTTLED = AwsMetric("AWS/DynamoDB", "WriteThrottleEvents", "Count", ("TableName",), _DYNAMODB)
# Metrics under the table's name alone do not include its indexes.
_INDEX = ("TableName", "GlobalSecondaryIndexName")
INDEX_READS_THROTTLED = AwsMetric("AWS/DynamoDB", "ReadThrottleEvents", "Count", _INDEX, _DYNAMODB)
INDEX_WRITES_THROTTLED = AwsMetric("AWS/DynamoDB", "WriteThrottleEvents", "Count", _INDEX, _DYNAMODB)
TABLE_FAULTS = AwsMetric("AWS/DynamoDB", "SystemErrors", "Count", ("TableName", "Operation"), _DYNAMODB)
TABLE_LAG = AwsMetric("AWS/DynamoDB", "ReplicationLatency", "Milliseconds", ("TableName", "ReceivingRegion"), _DYNAMODB)

_RDS = "Amazon RDS User Guide, 'Amazon CloudWatch metrics for Amazon RDS'"
DATABASE_CPU = AwsMetric("AWS/RDS", "CPUUtilization", "Percent", ("DBInstanceIdentifier",), _RDS)
DATABASE_FREE_STORAGE = AwsMetric("AWS/RDS", "FreeStorageSpace", "Bytes", ("DBInstanceIdentifier",), _RDS)
DATABASE_CONNECTIONS = AwsMetric("AWS/RDS", "DatabaseConnections", "Count", ("DBInstanceIdentifier",), _RDS)
DATABASE_READ_LATENCY = AwsMetric("AWS/RDS", "ReadLatency", "Seconds", ("DBInstanceIdentifier",), _RDS)
DATABASE_WRITE_LATENCY = AwsMetric("AWS/RDS", "WriteLatency", "Seconds", ("DBInstanceIdentifier",), _RDS)
DATABASE_LAG = AwsMetric(
    "AWS/RDS", "ReplicaLag", "Seconds", ("DBInstanceIdentifier",), f"{_RDS}; 'Monitoring read replication'"
)

_CACHE = "ElastiCache User Guide, 'Metrics for Valkey and Redis OSS'"
CACHE_CPU = AwsMetric("AWS/ElastiCache", "EngineCPUUtilization", "Percent", ("CacheClusterId",), _CACHE)
CACHE_MEMORY = AwsMetric("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Percent", ("CacheClusterId",), _CACHE)

_EFS = "EFS User Guide, 'CloudWatch metrics for Amazon EFS'"
FILES_IO = AwsMetric("AWS/EFS", "PercentIOLimit", "Percent", ("FileSystemId",), _EFS)
FILES_LAG = AwsMetric("AWS/EFS", "TimeSinceLastSync", "Seconds", ("FileSystemId", "DestinationFileSystemId"), _EFS)

# AWS publishes pending operations and latency in the destination's region, failures in the source's.
_S3 = "S3 User Guide, 'Using S3 Replication metrics'"
_RULE = ("SourceBucket", "DestinationBucket", "RuleId")
OBJECTS_LAG = AwsMetric("AWS/S3", "ReplicationLatency", "Seconds", _RULE, _S3)
OBJECTS_PENDING = AwsMetric("AWS/S3", "OperationsPendingReplication", "Count", _RULE, _S3)
OBJECTS_FAILED = AwsMetric("AWS/S3", "OperationsFailedReplication", "Count", _RULE, _S3)

BACKUPS_FAILED = AwsMetric(
    "AWS/Backup",
    "NumberOfBackupJobsFailed",
    "Count",
    ("BackupVaultName",),
    "AWS Backup Developer Guide, 'AWS Backup metrics with Amazon CloudWatch'",
)

NAT_PORTS_EXHAUSTED = AwsMetric(
    "AWS/NATGateway",
    "ErrorPortAllocation",
    "Count",
    ("NatGatewayId",),
    "Amazon VPC User Guide, 'Monitor NAT gateways using Amazon CloudWatch'",
)
# 0 is down and 1 is up; a value between them means that one of two tunnels is up.
TUNNELS_UP = AwsMetric(
    "AWS/VPN",
    "TunnelState",
    "None",
    ("VpnId",),
    "Site-to-Site VPN User Guide, 'Monitor AWS Site-to-Site VPN tunnels using Amazon CloudWatch'",
)
_HUB = "Transit Gateways, 'CloudWatch metrics in AWS Transit Gateway'"
HUB_UNROUTED = AwsMetric("AWS/TransitGateway", "PacketDropCountNoRoute", "Count", ("TransitGateway",), _HUB)
HUB_BLACKHOLED = AwsMetric("AWS/TransitGateway", "PacketDropCountBlackhole", "Count", ("TransitGateway",), _HUB)

_ALB = "Elastic Load Balancing, 'CloudWatch metrics for your Application Load Balancer'"
API_HOSTS_UNHEALTHY = AwsMetric(
    "AWS/ApplicationELB", "UnHealthyHostCount", "Count", ("LoadBalancer", "TargetGroup"), _ALB
)
API_BALANCER_ERRORS = AwsMetric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Count", ("LoadBalancer",), _ALB)
API_TARGET_ERRORS = AwsMetric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Count", ("LoadBalancer",), _ALB)
API_TARGET_LATENCY = AwsMetric(
    "AWS/ApplicationELB", "TargetResponseTime", "Seconds", ("LoadBalancer",), _ALB, percentiles=True
)
_NLB = "Elastic Load Balancing, 'CloudWatch metrics for your Network Load Balancer'"
FIX_HOSTS_UNHEALTHY = AwsMetric("AWS/NetworkELB", "UnHealthyHostCount", "Count", ("LoadBalancer", "TargetGroup"), _NLB)
FIX_PORTS_EXHAUSTED = AwsMetric("AWS/NetworkELB", "PortAllocationErrorCount", "Count", ("LoadBalancer",), _NLB)

TASKS_RUNNING = AwsMetric(
    "ECS/ContainerInsights",
    "RunningTaskCount",
    "Count",
    ("ClusterName", "ServiceName"),
    "CloudWatch User Guide, 'Amazon ECS Container Insights metrics'",
)
SERVICE_CPU = AwsMetric(
    "AWS/ECS",
    "CPUUtilization",
    "Percent",
    ("ClusterName", "ServiceName"),
    "Amazon ECS Developer Guide, 'Amazon ECS CloudWatch metrics'",
)
ENGINE_BROKEN = AwsMetric(
    "AWS/EC2",
    "StatusCheckFailed",
    "Count",
    ("InstanceId",),
    "Amazon EC2 User Guide, 'CloudWatch metrics that are available for your instances', 'Status check metrics'",
)
FLEET_IN_SERVICE = AwsMetric(
    "AWS/AutoScaling",
    "GroupInServiceInstances",
    "None",
    ("AutoScalingGroupName",),
    "Amazon EC2 Auto Scaling User Guide, 'CloudWatch metrics for Amazon EC2 Auto Scaling'",
)
REQUESTS_BLOCKED = AwsMetric(
    "AWS/WAFV2",
    "BlockedRequests",
    "Count",
    ("WebACL", "Region", "Rule"),
    "AWS WAF Developer Guide, 'AWS WAF metrics and dimensions'",
)

ALL: tuple[AwsMetric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, AwsMetric))
