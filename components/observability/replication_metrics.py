"""Metrics that AWS publishes of replication between the regions."""

from __future__ import annotations

from components.observability.aws_metrics import AwsMetric

DATABASE_LAG = AwsMetric(
    "AWS/RDS",
    "ReplicaLag",
    "Seconds",
    ("DBInstanceIdentifier",),
    "Amazon RDS User Guide, Amazon CloudWatch instance-level metrics for Amazon RDS",
)
TABLE_LATENCY = AwsMetric(
    "AWS/DynamoDB",
    "ReplicationLatency",
    "Milliseconds",
    ("TableName", "ReceivingRegion"),
    "Amazon DynamoDB Developer Guide, DynamoDB metrics and dimensions",
)
RECORDS_LATENCY = AwsMetric(
    "AWS/S3",
    "ReplicationLatency",
    "Seconds",
    ("SourceBucket", "DestinationBucket", "RuleId"),
    "Amazon S3 User Guide, Amazon S3 CloudWatch metrics, S3 replication",
)
RECORDS_PENDING = AwsMetric(
    "AWS/S3",
    "BytesPendingReplication",
    "Bytes",
    ("SourceBucket", "DestinationBucket", "RuleId"),
    "Amazon S3 User Guide, Amazon S3 CloudWatch metrics, S3 replication",
)
FILES_SYNCED_AGO = AwsMetric(
    "AWS/EFS",
    "TimeSinceLastSync",
    "Seconds",
    ("FileSystemId", "DestinationFileSystemId"),
    "Amazon EFS User Guide, Amazon CloudWatch metrics for Amazon EFS",
)

REPLICATION_METRICS = (DATABASE_LAG, TABLE_LATENCY, RECORDS_LATENCY, RECORDS_PENDING, FILES_SYNCED_AGO)
