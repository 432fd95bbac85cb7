"""For each rule what breaks it: on the made-up platform, and on the recorded one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from policy import tokens as t
from tests.policy.changes import ABSENT, OUTPUT, RECOVERY, Change, gone, in_document, new, output, set_, twin
from tests.policy.sample_platform import exported, own, policy, ref, reference


@dataclass(frozen=True)
class Case:
    """What breaks a rule: `made` on the made-up platform, `real` on the recorded one."""

    rule: str
    made: tuple[Change, ...]
    real: tuple[Change, ...]
    active: bool = False
    """Whether the recorded recovery stack has taken over."""
    also: tuple[str, ...] = ()
    """Rules that the change of the recorded platform breaks besides."""


def case(
    rule: str,
    *made: Change,
    real: tuple[Change, ...] | Change,
    active: bool = False,
    also: tuple[str, ...] = (),
) -> Case:
    """A case; `real` may be a lone change."""
    ours = tuple(change if change.type == OUTPUT else replace(change, name=own(change.name)) for change in made)
    return Case(rule, ours, real if isinstance(real, tuple) else (real,), active, also)


def _first_container(key: str, value: Any) -> Any:
    return in_document(lambda containers: containers[0].update({key: value}))


ANYBODY = {"Sid": "Anybody", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
EVERYTHING = {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}
_add_anybody = in_document(lambda document: document["Statement"].append(ANYBODY))
_add_everything = in_document(lambda document: document["Statement"].append(EVERYTHING))
_add_whole_service = in_document(
    lambda document: document["Statement"].append({"Effect": "Allow", "Action": "cloudwatch:*", "Resource": "*"})
)
_without_tls = in_document(
    lambda document: {**document, "Statement": [s for s in document["Statement"] if "SecureTransport" not in str(s)]}
)

_ACCESS_ENTRY = "aws:eks/accessEntry:AccessEntry"
_EFS_BACKUPS = "aws:efs/backupPolicy:BackupPolicy"
WORLD = {"cidrIpv4": "0.0.0.0/0", "referencedSecurityGroupId": None}
_RDS = "trade-history"
_CASES_NETWORK = (
    case(
        "vpc-flow-logs",
        set_(t.FLOW_LOG, "flows", "trafficType", "REJECT"),
        real=(set_(t.FLOW_LOG, "cloudwatch", "trafficType", "REJECT"), gone(t.FLOW_LOG, "s3")),
    ),
    case(
        "default-security-group-closed",
        set_(t.DEFAULT_SECURITY_GROUP, "default", "ingress", [{"protocol": "-1", "self": True}]),
        real=gone(t.DEFAULT_SECURITY_GROUP, "default"),
    ),
    case(
        "no-world-ingress-to-administration",
        set_(t.INGRESS_RULE, "clients", "fromPort", 22.0),
        set_(t.INGRESS_RULE, "clients", "toPort", 22.0),
        real=(
            set_(t.INGRESS_RULE, "vpc-to-endpoints-443", "cidrIpv4", "0.0.0.0/0"),
            set_(t.INGRESS_RULE, "vpc-to-endpoints-443", "fromPort", 0.0),
            set_(t.INGRESS_RULE, "vpc-to-endpoints-443", "toPort", 65535.0),
        ),
    ),
    case(
        "world-ingress-authorised",
        set_(t.INGRESS_RULE, "clients", "fromPort", 5432.0),
        set_(t.INGRESS_RULE, "clients", "toPort", 5432.0),
        real=set_(t.INGRESS_RULE, "on-premises-to-fix-load-balancer-9878", "cidrIpv4", "0.0.0.0/0"),
    ),
    case(
        "no-automatic-public-addresses",
        set_(t.SUBNET, "app-a", "mapPublicIpOnLaunch", True),
        real=set_(t.SUBNET, "app-us-east-1a", "mapPublicIpOnLaunch", True),
    ),
    case("private-endpoints", gone(t.VPC_ENDPOINT, "sqs"), real=gone(t.VPC_ENDPOINT, "kinesis-streams")),
    case(
        "region-cidrs-disjoint",
        set_(t.VPC, "vpc", "cidrBlock", "10.0.128.0/17", RECOVERY),
        real=set_(t.VPC, "vpc", "cidrBlock", "10.0.0.0/8", RECOVERY),
    ),
    case(
        "egress-limited",
        set_(t.EGRESS_RULE, "updates", "ipProtocol", "-1"),
        real=set_(t.EGRESS_RULE, "delivery-to-world-443", "ipProtocol", "-1"),
    ),
    case(
        "security-rules-described",
        set_(t.EGRESS_RULE, "updates", "description"),
        real=set_(t.INGRESS_RULE, "vpc-to-endpoints-443", "description", ""),
    ),
)

_TEMPLATE = (t.LAUNCH_TEMPLATE, "engine")
_FLEET = (t.LAUNCH_TEMPLATE, "engine-fleet")
_RESERVATION = (t.CAPACITY_RESERVATION, "engines")
_PLACED = (t.PLACEMENT_GROUP, "engines")
_SERVICES = (t.TASK_DEFINITION, "services", "containerDefinitions")
_TRADING_API = (t.API_STAGE, "trading-api")
_BALANCER = (t.LOAD_BALANCER, "api")
_CASES_HOSTS = (
    case(
        "imds-v2",
        set_(*_TEMPLATE, "metadataOptions.httpTokens", "optional"),
        real=set_(*_FLEET, "metadataOptions.httpTokens", "optional"),
    ),
    case(
        "imds-hop-limit",
        set_(*_TEMPLATE, "metadataOptions.httpPutResponseHopLimit", 2.0),
        real=set_(*_FLEET, "metadataOptions.httpPutResponseHopLimit"),
    ),
    case(
        "no-public-address",
        set_(*_TEMPLATE, "networkInterfaces.associatePublicIpAddress", "true"),
        real=set_(t.ECS_SERVICE, "services", "networkConfiguration.assignPublicIp", True),
    ),
    case(
        "ebs-customer-key",
        set_(*_TEMPLATE, "blockDeviceMappings.ebs.kmsKeyId", "alias/aws/ebs"),
        real=set_(*_FLEET, "blockDeviceMappings.ebs.encrypted", "false"),
    ),
    case("ebs-optimised", set_(*_TEMPLATE, "ebsOptimized", "false"), real=set_(*_FLEET, "ebsOptimized", "false")),
    case("detailed-monitoring", set_(*_TEMPLATE, "monitoring.enabled", False), real=set_(*_FLEET, "monitoring")),
    case(
        "latency-tier-cluster-placed",
        set_(*_TEMPLATE, "placement.groupName"),
        real=set_(*_FLEET, "placement.groupName"),
    ),
    case(
        "placement-supports-type",
        set_(*_TEMPLATE, "instanceType", "t3.2xlarge"),
        set_(t.CAPACITY_RESERVATION, "engines", "instanceType", "t3.2xlarge"),
        real=(
            set_(*_FLEET, "instanceType", "m7i-flex.8xlarge"),
            set_(t.LAUNCH_TEMPLATE, "engine-fixed", "instanceType", "m7i-flex.8xlarge"),
            set_(*_RESERVATION, "instanceType", "m7i-flex.8xlarge"),
        ),
    ),
    case(
        "placement-one-zone",
        set_(t.CAPACITY_RESERVATION, "engines", "availabilityZone", "us-east-1c"),
        real=set_(t.AUTOSCALING_GROUP, "engines", "vpcZoneIdentifiers", [reference(t.SUBNET, "app-us-east-1b", "id")]),
    ),
    case(
        "tenancy-fits-strategy",
        set_(*_TEMPLATE, "name", "surveillance"),
        set_(t.PLACEMENT_GROUP, "engines", "strategy", "spread"),
        real=(
            set_(*_PLACED, "strategy", "partition"),
            set_(*_PLACED, "partitionCount", 3.0),
            set_(*_FLEET, "name", "fleet"),
            set_(t.LAUNCH_TEMPLATE, "engine-fixed", "name", "fixed"),
        ),
    ),
    case("tenancy-as-declared", set_(*_TEMPLATE, "placement.tenancy", "default"), real=set_(*_RESERVATION, "tenancy")),
    case("capacity-reserved", gone(t.CAPACITY_RESERVATION, "engines"), real=gone(*_RESERVATION)),
    case(
        "placement-one-type",
        twin(*_TEMPLATE, "other", "instanceType", "c7gn.8xlarge"),
        real=(set_(*_FLEET, "instanceType", "c6in.8xlarge"), set_(*_FLEET, "name", "fleet")),
    ),
    case(
        "ena-express-explicit",
        set_(*_TEMPLATE, "networkInterfaces.enaSrdSpecification"),
        real=set_(*_FLEET, "networkInterfaces.enaSrdSpecification"),
    ),
)

_CLUSTER = (t.EKS_CLUSTER, "cluster")
_KUBERNETES = (t.EKS_CLUSTER, "cluster-eksCluster")
_TASK = (t.TASK_DEFINITION, "order-intake", "containerDefinitions")
_CASES_CONTAINERS = (
    case(
        "eks-private-endpoint",
        set_(*_CLUSTER, "vpcConfig.endpointPublicAccess"),
        real=set_(*_KUBERNETES, "vpcConfig.endpointPublicAccess"),
    ),
    case("eks-secrets-encrypted", set_(*_CLUSTER, "encryptionConfig"), real=set_(*_KUBERNETES, "encryptionConfig")),
    case(
        "eks-control-plane-logs",
        set_(*_CLUSTER, "enabledClusterLogTypes", ["api"]),
        real=set_(*_KUBERNETES, "enabledClusterLogTypes", ["api"]),
    ),
    case(
        "eks-supported-version",
        set_(*_CLUSTER, "version", "1.29"),
        set_(*_CLUSTER, "version", "1.29", RECOVERY),
        real=(set_(*_KUBERNETES, "version", "1.29"), set_(*_KUBERNETES, "version", "1.29", RECOVERY)),
    ),
    case(
        "eks-version-parity",
        set_(*_CLUSTER, "version", "1.34", RECOVERY),
        real=set_(*_KUBERNETES, "version", "1.34", RECOVERY),
    ),
    case(
        "ecs-not-privileged",
        set_(*_TASK, _first_container("privileged", True)),
        real=set_(*_SERVICES, _first_container("privileged", True)),
    ),
    case(
        "ecs-read-only-root",
        set_(*_TASK, _first_container("readonlyRootFilesystem", False)),
        real=set_(*_SERVICES, _first_container("readonlyRootFilesystem", False)),
    ),
    case(
        "ecs-no-secrets-in-environment",
        set_(*_TASK, _first_container("environment", [{"name": "DATABASE_PASSWORD", "value": "swordfish"}])),
        real=set_(*_SERVICES, _first_container("environment", [{"name": "DATABASE_PASSWORD", "value": "swordfish"}])),
    ),
    case(
        "ecs-task-logging",
        set_(*_TASK, _first_container("logConfiguration", None)),
        real=set_(*_SERVICES, _first_container("logConfiguration", None)),
    ),
    case(
        "ecr-immutable",
        set_(t.ECR_REPOSITORY, "engine", "imageTagMutability", "MUTABLE"),
        real=set_(t.ECR_REPOSITORY, "compliance", "imageTagMutability"),
    ),
    case(
        "ecr-scanned",
        set_(t.ECR_REPOSITORY, "engine", "imageScanningConfiguration.scanOnPush", False),
        real=(
            set_(t.ECR_REPOSITORY, "compliance", "imageScanningConfiguration"),
            gone(t.ECR_SCANNING, "images"),
        ),
    ),
    case(
        "ecr-replicated",
        gone(t.ECR_REPLICATION, "images", RECOVERY),
        real=gone(t.ECR_REPLICATION, "images", RECOVERY),
    ),
)

_DATABASE = (t.RDS_INSTANCE, "database")
_HISTORY = (t.RDS_INSTANCE, _RDS)
_CASES_DATA = (
    case("rds-customer-key", set_(*_DATABASE, "kmsKeyId"), real=set_(*_HISTORY, "storageEncrypted", False)),
    case("rds-multi-az", set_(*_DATABASE, "multiAz", False), real=set_(*_HISTORY, "multiAz", False)),
    case("rds-private", set_(*_DATABASE, "publiclyAccessible", True), real=set_(*_HISTORY, "publiclyAccessible", True)),
    case("rds-deletion-protection", set_(*_DATABASE, "deletionProtection"), real=set_(*_HISTORY, "deletionProtection")),
    case(
        "rds-backups",
        set_(*_DATABASE, "backupRetentionPeriod", 7.0),
        real=set_(*_HISTORY, "backupRetentionPeriod", 7.0),
    ),
    case(
        "rds-tls-forced",
        set_(t.RDS_PARAMETERS, "database", "parameters", []),
        set_(t.RDS_PARAMETERS, "database", "parameters", [], RECOVERY),
        real=(
            set_(t.RDS_PARAMETERS, "database", "parameters", []),
            set_(t.RDS_PARAMETERS, "database", "parameters", [], RECOVERY),
        ),
    ),
    case(
        "rds-maintenance-window",
        set_(*_DATABASE, "maintenanceWindow", "wed:14:00-wed:15:00"),
        real=set_(*_HISTORY, "maintenanceWindow", "mon:20:30-mon:21:30"),
    ),
    case(
        "rds-parameter-parity",
        set_(
            t.RDS_PARAMETERS,
            "database",
            "parameters",
            [{"name": "rds.force_ssl", "value": "1"}, {"name": "max_connections", "value": "10"}],
            RECOVERY,
        ),
        real=set_(
            t.RDS_PARAMETERS,
            "database",
            "parameters",
            lambda old: [{**p, "value": "100"} if p["name"] == "max_connections" else p for p in old],
            RECOVERY,
        ),
    ),
    case(
        "rds-class-parity",
        set_(*_DATABASE, "instanceClass", "db.t3.micro", RECOVERY),
        real=set_(*_HISTORY, "instanceClass", "db.r6g.large", RECOVERY),
        active=True,
    ),
    case(
        "rds-multi-az-parity",
        set_(*_DATABASE, "multiAz", False, RECOVERY),
        real=set_(*_HISTORY, "multiAz", False, RECOVERY),
        active=True,
    ),
    case(
        "rds-backup-parity",
        set_(*_DATABASE, "backupRetentionPeriod", 31.0, RECOVERY),
        real=set_(*_HISTORY, "backupRetentionPeriod", 31.0, RECOVERY),
        active=True,
    ),
    case(
        "table-point-in-time-recovery",
        set_(t.TABLE_REPLICA, "orders", "pointInTimeRecovery", False, RECOVERY),
        real=set_(t.TABLE_REPLICA, "orders", "pointInTimeRecovery", False, RECOVERY),
    ),
    case(
        "table-customer-key",
        set_(t.TABLE, "orders", "serverSideEncryption"),
        real=set_(t.TABLE_REPLICA, "positions", "kmsKeyArn", stack=RECOVERY),
    ),
    case(
        "table-deletion-protection",
        set_(t.TABLE, "orders", "deletionProtectionEnabled", False),
        real=set_(t.TABLE_REPLICA, "order-book", "deletionProtectionEnabled", False, RECOVERY),
    ),
    case(
        "table-replicated",
        gone(t.TABLE_REPLICA, "orders", RECOVERY),
        real=gone(t.TABLE_REPLICA, "market-data", RECOVERY),
    ),
    case(
        "table-strong-consistency",
        set_(t.TABLE, "control", "globalTableWitness.regionName", "eu-west-1", RECOVERY),
        real=set_(t.TABLE, "control", "ttl", {"attributeName": "expires_at", "enabled": True}, RECOVERY),
    ),
)

_FOUR = "blockPublicPolicy"
_CASES_S3 = (
    case(
        "bucket-public-access-blocked",
        set_(t.BUCKET_PUBLIC_ACCESS, "trades", _FOUR, False),
        real=gone(t.BUCKET_PUBLIC_ACCESS, "market-data"),
    ),
    case(
        "bucket-no-acls",
        gone(t.BUCKET_OWNERSHIP, "trades"),
        real=set_(t.BUCKET_OWNERSHIP, "audit", "rule.objectOwnership", "ObjectWriter"),
    ),
    case(
        "bucket-tls-only",
        gone(t.BUCKET_POLICY, "trades"),
        real=set_(t.BUCKET_POLICY, "trades", "policy", _without_tls),
    ),
    case(
        "bucket-customer-key",
        gone(t.BUCKET_ENCRYPTION, "trades"),
        real=set_(
            t.BUCKET_ENCRYPTION,
            "communications",
            "rules.applyServerSideEncryptionByDefault",
            {"sseAlgorithm": "AES256"},
        ),
    ),
    case(
        "bucket-versioned",
        set_(t.BUCKET_VERSIONING, "trades", "versioningConfiguration.status", "Suspended"),
        real=set_(t.BUCKET_VERSIONING, "artifacts", "versioningConfiguration.status", "Suspended"),
    ),
    case(
        "records-object-lock",
        set_(t.BUCKET_OBJECT_LOCK, "trades", "rule.defaultRetention.days", 365.0),
        real=set_(t.BUCKET_OBJECT_LOCK, "trail", "rule.defaultRetention.mode", "GOVERNANCE"),
    ),
    case(
        "bucket-replication-timed",
        set_(t.BUCKET_REPLICATION, "trades", "rules.destination.replicationTime", stack=RECOVERY),
        real=set_(t.BUCKET_REPLICATION, "trades-to-recovery", "rules.destination.replicationTime", stack=RECOVERY),
    ),
    case(
        "bucket-replicated",
        gone(t.BUCKET_REPLICATION, "trades", RECOVERY),
        real=gone(t.BUCKET_REPLICATION, "audit-to-recovery", RECOVERY),
    ),
    case(
        "bucket-replica-locked",
        set_(t.BUCKET, "trades", "bucket", "copies", RECOVERY),
        gone(t.BUCKET_OBJECT_LOCK, "trades", RECOVERY),
        real=(
            set_(t.BUCKET, "trades", "bucket", "copies", RECOVERY),
            gone(t.BUCKET_OBJECT_LOCK, "trades", RECOVERY),
        ),
        # The bucket's policy names the bucket by its name of before.
        also=("bucket-tls-only",),
    ),
    case(
        "bucket-access-logs",
        gone(t.BUCKET_LOGGING, "trades"),
        set_(t.BUCKET_ENCRYPTION, "access", "rules.applyServerSideEncryptionByDefault.sseAlgorithm", "aws:kms"),
        set_(
            t.BUCKET_ENCRYPTION, "access", "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId", ref(t.KEY, "key")
        ),
        real=gone(t.BUCKET_LOGGING, "trades"),
    ),
)

_STREAM = (t.STREAM, "orders")
_QUEUE = (t.QUEUE, "account-events")
_CASES_MESSAGES = (
    case("stream-customer-key", set_(*_STREAM, "kmsKeyId", "alias/aws/kinesis"), real=set_(*_STREAM, "kmsKeyId")),
    case("stream-shards", set_(*_STREAM, "shardCount", 12.0), real=set_(t.STREAM, "market-data", "shardCount", 24.0)),
    case(
        "stream-fan-out",
        set_(t.FIREHOSE, "events", "kinesisSourceConfiguration", {"kinesisStreamArn": ref(*_STREAM)}),
        real=(
            set_(t.FIREHOSE, "events-archive", "kinesisSourceConfiguration", {"kinesisStreamArn": reference(*_STREAM)}),
            set_(t.FIREHOSE, "market-data-archive", "kinesisSourceConfiguration.kinesisStreamArn", reference(*_STREAM)),
        ),
    ),
    case("stream-retention", set_(*_STREAM, "retentionPeriod", 24.0), real=set_(*_STREAM, "retentionPeriod", 24.0)),
    case(
        "firehose-encrypted",
        set_(t.FIREHOSE, "events", "serverSideEncryption"),
        real=set_(t.FIREHOSE, "orders-archive", "extendedS3Configuration.kmsKeyArn"),
    ),
    case(
        "firehose-error-backup",
        set_(t.FIREHOSE, "events", "extendedS3Configuration.errorOutputPrefix"),
        real=set_(t.FIREHOSE, "orders-archive", "extendedS3Configuration.errorOutputPrefix"),
    ),
    case(
        "queue-encrypted",
        set_(*_QUEUE, "kmsMasterKeyId"),
        real=set_(t.QUEUE, "execution-xnys", "kmsMasterKeyId", "alias/aws/sqs"),
    ),
    case(
        "queue-not-public",
        set_(t.QUEUE_POLICY, "account-events", "policy", policy(ANYBODY)),
        real=set_(t.QUEUE_POLICY, "execution-xnys", "policy", _add_anybody),
    ),
    case(
        "queue-dead-letter",
        set_(*_QUEUE, "redrivePolicy"),
        real=set_(t.QUEUE, "replays", "redrivePolicy"),
    ),
    case(
        "queue-retention",
        set_(*_QUEUE, "messageRetentionSeconds"),
        real=set_(t.QUEUE, "replays", "messageRetentionSeconds", 345600.0),
    ),
    case("queue-zero-delay", set_(*_QUEUE, "delaySeconds", 5.0), real=set_(t.QUEUE, "replays", "delaySeconds", 5.0)),
    case(
        "fifo-rate",
        set_(*_QUEUE, "deduplicationScope", "queue"),
        real=set_(*_QUEUE, "fifoThroughputLimit", "perQueue"),
    ),
    case(
        "topic-encrypted",
        set_(t.TOPIC, "operations", "kmsMasterKeyId"),
        real=set_(t.TOPIC, "operations", "kmsMasterKeyId", "alias/aws/sns"),
    ),
    case(
        "topic-not-public",
        set_(t.TOPIC_POLICY, "operations", "policy", _add_anybody),
        real=set_(t.TOPIC_POLICY, "operations", "policy", _add_anybody),
    ),
)

_FUNCTION = (t.FUNCTION, "order-intake")
_ROTATION = (t.FUNCTION, "rotation")
_STAGE = (t.API_STAGE, "api")
_open_orders = in_document(lambda document: document["paths"]["/orders"]["put"].pop("security") and None)


def _approved_last(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Approved only once both stacks are up: what brings them up is a build that makes nothing."""

    def late(action: dict[str, Any]) -> dict[str, Any]:
        return {**action, "runOrder": 99} if action["category"] == "Approval" else action

    return [{**stage, "actions": [late(action) for action in stage["actions"]]} for stage in stages]


def _without_authorisers(document: Any) -> None:
    document.pop("security", None)
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("security", None)


_open_all = in_document(_without_authorisers)
_CASES_INTERFACES = (
    case(
        "function-not-public",
        set_(t.FUNCTION_PERMISSION, "events", "sourceAccount"),
        real=(
            set_(t.FUNCTION_PERMISSION, "rotation", "sourceAccount"),
            set_(t.FUNCTION_PERMISSION, "rotation", "sourceArn"),
        ),
    ),
    case(
        "function-supported-runtime",
        set_(*_FUNCTION, "runtime", "python3.8"),
        real=set_(*_ROTATION, "runtime", "python3.8"),
    ),
    case(
        "function-tracing",
        set_(*_FUNCTION, "tracingConfig"),
        real=set_(*_ROTATION, "tracingConfig.mode", "PassThrough"),
    ),
    case(
        "function-no-secrets-in-environment",
        set_(*_FUNCTION, "environment.variables.API_KEY", "swordfish"),
        real=set_(*_ROTATION, "environment.variables", {"DATABASE_PASSWORD": "swordfish"}),
    ),
    case("function-in-vpc", set_(*_FUNCTION, "vpcConfig"), real=set_(*_ROTATION, "name", "primary-order-intake")),
    case(
        "function-dead-letter",
        set_(*_FUNCTION, "deadLetterConfig"),
        real=set_(t.FUNCTION_PERMISSION, "rotation", "principal", "events.amazonaws.com"),
    ),
    case(
        "api-authorised",
        set_(t.REST_API, "api", "body", _open_orders),
        real=set_(t.REST_API, "trading-api", "body", _open_all),
    ),
    case(
        "api-logged",
        set_(*_STAGE, "accessLogSettings"),
        real=set_(t.API_METHOD_SETTINGS, "trading-api", "settings.loggingLevel", "OFF"),
    ),
    case("api-traced", set_(*_STAGE, "xrayTracingEnabled", False), real=set_(*_TRADING_API, "xrayTracingEnabled")),
    case(
        "api-domain-tls",
        set_(t.API_DOMAIN, "api", "securityPolicy", "TLS_1_0"),
        real=set_(t.API_DOMAIN, "trading-api", "securityPolicy"),
    ),
    case("api-behind-firewall", gone(t.WEB_ACL_ASSOCIATION, "api"), real=gone(t.WEB_ACL_ASSOCIATION, "trading-api")),
    case(
        "listener-tls",
        set_(t.LISTENER, "http", "defaultActions", [{"type": "forward"}]),
        real=set_(t.LISTENER, "api-https", "sslPolicy", "ELBSecurityPolicy-2016-08"),
    ),
    case(
        "balancer-multi-zone",
        set_(t.LOAD_BALANCER, "balancer", "subnets", [ref(t.SUBNET, "app-a", "id")]),
        real=set_(*_BALANCER, "subnets", [reference(t.SUBNET, "public-us-east-1a", "id")]),
    ),
    case(
        "balancer-logged",
        set_(t.LOAD_BALANCER, "balancer", "accessLogs"),
        real=set_(*_BALANCER, "accessLogs.enabled", False),
    ),
    case(
        "balancer-deletion-protection",
        set_(t.LOAD_BALANCER, "balancer", "enableDeletionProtection", False),
        real=set_(*_BALANCER, "enableDeletionProtection"),
    ),
)

_KEY = (t.KEY, "key")
_TABLES_KEY = (t.KEY, "tables")
_CASES_AUDIT = (
    case("key-rotation", set_(*_KEY, "enableKeyRotation", False), real=set_(*_TABLES_KEY, "enableKeyRotation")),
    case(
        "key-no-wildcard-principal",
        set_(*_KEY, "policy", policy(ANYBODY)),
        real=set_(t.REPLICA_KEY, "tables", "policy", _add_anybody, RECOVERY),
    ),
    case(
        "key-deletion-window",
        set_(*_KEY, "deletionWindowInDays", 7.0),
        real=set_(*_TABLES_KEY, "deletionWindowInDays", 7.0),
    ),
    case(
        "key-replicated",
        set_(*_KEY, "multiRegion", False),
        real=set_(t.REPLICA_KEY, "tables", "primaryKeyArn", exported("keyArns.logs"), RECOVERY),
    ),
    case(
        "replica-key-usable",
        set_(t.REPLICA_KEY, "key", "region", "us-west-2", RECOVERY),
        set_(t.BUCKET_REPLICATION, "trades", "rules.destination.encryptionConfiguration", stack=RECOVERY),
        real=set_(
            t.BUCKET_REPLICATION, "trades-to-recovery", "rules.destination.encryptionConfiguration", stack=RECOVERY
        ),
    ),
    case("secret-rotated", gone(t.SECRET_ROTATION, "database"), real=gone(t.SECRET_ROTATION, "database")),
    case("secret-replicated", set_(t.SECRET, "database", "replicas"), real=set_(t.SECRET, "database", "replicas", [])),
    case(
        "trail-present",
        gone(t.TRAIL, "trail"),
        gone(t.TRAIL, "trail", RECOVERY),
        real=gone(t.TRAIL, "trail"),
    ),
    case(
        "trail-multi-region",
        set_(t.TRAIL, "trail", "isMultiRegionTrail", False),
        real=set_(t.TRAIL, "trail", "isMultiRegionTrail"),
    ),
    case(
        "trail-validated",
        set_(t.TRAIL, "trail", "enableLogFileValidation"),
        real=set_(t.TRAIL, "trail", "enableLogFileValidation", False),
    ),
    case("trail-encrypted", set_(t.TRAIL, "trail", "kmsKeyId"), real=set_(t.TRAIL, "trail", "kmsKeyId")),
    case(
        "config-records-everything",
        set_(t.CONFIG_RECORDER, "recorder", "recordingGroup.allSupported", False),
        real=gone(t.CONFIG_RECORDER_STATUS, "recorder"),
    ),
    case(
        "backup-vault-encrypted",
        set_(t.BACKUP_VAULT, "backups", "kmsKeyArn"),
        real=set_(t.BACKUP_VAULT, "backups", "kmsKeyArn"),
    ),
    case(
        "backup-vault-locked",
        gone(t.BACKUP_VAULT_LOCK, "backups"),
        real=set_(t.BACKUP_VAULT_LOCK, "backups", "changeableForDays"),
    ),
    case(
        "backups-copied",
        gone(t.BACKUP_PLAN, "copied", RECOVERY),
        real=gone(t.BACKUP_PLAN, "backups"),
        # One plan backs up and copies: without it both rules speak.
        also=("backup-plan-present",),
    ),
    case(
        "pipeline-encrypted",
        set_(t.PIPELINE, "delivery", "artifactStores.encryptionKey"),
        real=set_(t.PIPELINE, "delivery", "artifactStores.encryptionKey"),
    ),
    case(
        "pipeline-approval",
        set_(t.PIPELINE, "delivery", "stages", lambda stages: [stages[0], stages[2]]),
        real=set_(t.PIPELINE, "delivery", "stages", _approved_last),
    ),
    case(
        "build-no-plaintext-secrets",
        set_(
            t.BUILD_PROJECT,
            "build",
            "environment.environmentVariables",
            [{"name": "REGISTRY_PASSWORD", "value": "swordfish"}],
        ),
        real=set_(
            t.BUILD_PROJECT,
            "scale-out",
            "environment.environmentVariables",
            [{"name": "REGISTRY_PASSWORD", "value": "swordfish"}],
            RECOVERY,
        ),
    ),
    case(
        "iam-no-full-access",
        set_(t.ROLE_POLICY, "operator", "policy", _add_everything),
        real=set_(t.ROLE_POLICY, "operator", "policy", _add_everything),
    ),
    case(
        "iam-no-whole-services",
        set_(t.ROLE_POLICY, "operator", "policy", _add_whole_service),
        real=set_(t.ROLE_POLICY, "operator", "policy", _add_whole_service),
    ),
    case(
        "iam-human-boundary",
        set_(t.ROLE, "operator", "permissionsBoundary"),
        real=set_(t.ROLE, "trader", "permissionsBoundary"),
    ),
)

_CASES_RECOVERY = (
    case(
        "order-intake-floor",
        set_(t.ECS_SERVICE, "order-intake", "desiredCount", 0.0, RECOVERY),
        real=set_(t.FUNCTION, "order-intake", "reservedConcurrentExecutions", 0.0, RECOVERY),
    ),
    case(
        "order-intake-in-recovery",
        gone("kubernetes:apps/v1:Deployment", "order-intake-gateway", RECOVERY),
        real=gone(t.FUNCTION, "order-intake", RECOVERY),
    ),
    case("failover-routing", gone(t.DNS_RECORD, "secondary"), real=gone(t.DNS_RECORD, "standby", RECOVERY)),
    case(
        "rto-budget",
        set_(t.DNS_RECORD, "primary", "ttl", 60.0),
        real=set_(t.DNS_RECORD, "primary", "ttl", 60.0, RECOVERY),
    ),
    case("recovery-independent", output("active", True, RECOVERY), real=output("active", True, RECOVERY)),
    case(
        "stateful-replicated",
        gone(t.EFS_REPLICATION, "files", RECOVERY),
        real=(
            gone(t.EFS_REPLICATION, "files", RECOVERY),
            set_(_EFS_BACKUPS, "files", "backupPolicy.status", "ENABLED", RECOVERY),
        ),
    ),
    case(
        "stateful-protected",
        set_(t.TABLE, "orders", "options.protect", False),
        real=set_(t.TABLE_REPLICA, "orders", "options.retainOnDelete", False, RECOVERY),
    ),
)


def _statement(**statement: Any) -> Any:
    """A change of a document that adds a statement which allows something."""
    whole = {"Effect": "Allow", **statement}
    return in_document(lambda document: document["Statement"].append(whole))


STRANGER = "arn:aws:iam::999999999999:root"
_SECRET_POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"
_GITHUB = {
    "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
}
_SPOT = {"marketType": "spot"}
_EXPIRE = [{"id": "x", "status": "Enabled", "expiration": {"days": 365.0}}]
_FORGET = [{"id": "x", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 1.0}}]
_COUNT = [{"name": "rate", "priority": 0.0, "action": {"count": {}}, "statement": {}}]
_LAYER = ["arn:aws:lambda:us-east-1:999999999999:layer:x:1"]
_EFS_VOLUME = [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "DISABLED"}}]


def _both(rule: str, type_: str, made: str, real: str, path: str, value: Any = ABSENT) -> Case:
    """A case in which the same change breaks the rule on either platform."""
    return case(rule, set_(type_, made, path, value), real=set_(type_, real, path, value))


_CASES_NETWORK_KINDS = (
    case(
        "acl-no-world-administration",
        set_(t.NETWORK_ACL_RULE, "app-in", "cidrBlock", "0.0.0.0/0"),
        real=(
            set_(t.NETWORK_ACL_RULE, "app-in-200", "cidrBlock", "0.0.0.0/1"),
            set_(t.NETWORK_ACL_RULE, "app-in-200", "fromPort", 20.0),
            set_(t.NETWORK_ACL_RULE, "app-in-200", "toPort", 30.0),
        ),
    ),
    _both("attachments-accepted", t.TRANSIT_GATEWAY, "hub", "hub", "autoAcceptSharedAttachments", "enable"),
    case(
        "vpc-clear-of-routes",
        set_(t.ROUTE, "premises", "destinationCidrBlock", "10.0.128.0/17"),
        real=set_(t.ROUTE, "app-us-east-1a-on-premises", "destinationCidrBlock", "10.0.128.0/17"),
    ),
    case(
        "source-destination-check",
        set_(t.NETWORK_INTERFACE, "engine", "sourceDestCheck", False),
        real=set_(t.INSTANCE, "engine-1", "sourceDestCheck", False),
    ),
    case(
        "user-data-no-secrets",
        set_(*_TEMPLATE, "userData", "#!/bin/sh\nexport DB_PASSWORD=hunter2\n"),
        real=set_(*_FLEET, "userData", "IyEvYmluL3NoCmV4cG9ydCBEQl9QQVNTV09SRD1odW50ZXIyCg=="),
    ),
    _both("reservation-stands", t.CAPACITY_RESERVATION, "engines", "engines", "endDateType", "limited"),
    case(
        "latency-tier-on-demand",
        set_(*_TEMPLATE, "instanceMarketOptions", _SPOT),
        real=set_(*_FLEET, "instanceMarketOptions", _SPOT),
    ),
)

_CASES_STORES = (
    _both("rds-final-snapshot", t.RDS_INSTANCE, "database", _RDS, "skipFinalSnapshot", True),
    _both("rds-iam-login", t.RDS_INSTANCE, "database", _RDS, "iamDatabaseAuthenticationEnabled", False),
    _both("rds-logs-exported", t.RDS_INSTANCE, "database", _RDS, "enabledCloudwatchLogsExports", []),
    _both("table-records-last", t.TABLE, "orders", "orders", "ttl", {"enabled": True, "attributeName": "x"}),
    _both("efs-customer-key", t.EFS_FILE_SYSTEM, "files", "files", "encrypted", False),
    _both("efs-backed-up", _EFS_BACKUPS, "files", "files", "backupPolicy.status", "DISABLED"),
    _both("records-not-expired", t.BUCKET_LIFECYCLE, "trades", "trades", "rules", _EXPIRE),
    _both("bucket-versions-kept", t.BUCKET_LIFECYCLE, "trades", "trades", "rules", _FORGET),
    _both("stores-not-emptied", t.BUCKET, "trades", "audit", "forceDestroy", True),
    case(
        "bucket-replication-complete",
        set_(t.BUCKET_REPLICATION, "trades", "rules.sourceSelectionCriteria", stack=RECOVERY),
        real=set_(t.BUCKET_REPLICATION, "audit-to-primary", "rules.filter.prefix", "only/", RECOVERY),
    ),
    _both("subscription-tls", t.TOPIC_SUBSCRIPTION, "operations", "executions-queue", "protocol", "http"),
    _both("event-archive-retention", t.EVENT_ARCHIVE, "events", "events", "retentionDays", 1.0),
    case(
        "key-enabled",
        set_(t.KEY, "key", "isEnabled", False),
        real=set_(t.REPLICA_KEY, "backup", "enabled", False, RECOVERY),
    ),
    _both("secret-recoverable", t.SECRET, "database", "database", "recoveryWindowInDays", 0.0),
    _both("backup-lock-holds", t.BACKUP_VAULT_LOCK, "backups", "backups", "changeableForDays", 3650.0),
    case(
        "backup-plan-works",
        gone(t.BACKUP_SELECTION, "local"),
        real=gone(t.BACKUP_SELECTION, "backups"),
    ),
    case(
        "backup-plan-present",
        gone(t.BACKUP_PLAN, "local"),
        gone(t.BACKUP_SELECTION, "local"),
        real=(gone(t.BACKUP_PLAN, "backups"), gone(t.BACKUP_SELECTION, "backups")),
        also=("backups-copied",),
    ),
)

_CASES_RUNNING = (
    case("ecs-isolated", set_(*_TASK[:2], "pidMode", "host"), real=set_(*_SERVICES[:2], "networkMode", "host")),
    case(
        "ecs-not-root",
        set_(*_TASK, _first_container("user", "0:0")),
        real=set_(*_SERVICES, _first_container("user", "root")),
    ),
    case(
        "ecs-image-fixed",
        set_(*_TASK, _first_container("image", "registry.example:5000/made-up/engine")),
        real=set_(*_SERVICES, _first_container("image", "public.ecr.aws/x/y:latest")),
    ),
    case(
        "ecs-volume-tls",
        set_(*_TASK[:2], "volumes", _EFS_VOLUME),
        real=set_(*_SERVICES[:2], "volumes", _EFS_VOLUME),
    ),
    _both("function-layers-known", t.FUNCTION, "order-intake", "authorizer", "layers", _LAYER),
    _both("balancer-strict-headers", t.LOAD_BALANCER, "balancer", "api", "dropInvalidHeaderFields", False),
    _both("firewall-blocks", t.WEB_ACL, "firewall", "firewall", "rules", _COUNT),
    _both("build-not-privileged", t.BUILD_PROJECT, "build", "delivery-check", "environment.privilegedMode", True),
    case(
        "build-logged",
        set_(t.BUILD_PROJECT, "build", "logsConfig", {"cloudwatchLogs": {"status": "DISABLED"}}),
        real=set_(t.BUILD_PROJECT, "delivery-check", "logsConfig.cloudwatchLogs.status", "DISABLED"),
    ),
)

_CASES_WATCHED = (
    _both("trail-on", t.TRAIL, "trail", "trail", "enableLogging", False),
    _both("trail-selects-events", t.TRAIL, "trail", "trail", "advancedEventSelectors", []),
    _both("trail-own-bucket", t.TRAIL, "trail", "trail", "s3BucketName", "somebody-elses"),
    _both("detection-enabled", t.GUARD_DETECTOR, "detector", "detector", "enable", False),
    case("detection-present", gone(t.SECURITY_HUB, "hub"), real=gone(t.GUARD_DETECTOR, "detector")),
    _both("password-policy", t.PASSWORD_POLICY, "passwords", "passwords", "minimumPasswordLength", 6.0),
    case(
        "account-defaults",
        set_(t.EBS_ENCRYPTION_DEFAULT, "volumes", "enabled", False),
        real=set_(t.ACCOUNT_PUBLIC_ACCESS, "buckets", "restrictPublicBuckets", False),
    ),
    _both("log-group-customer-key", t.LOG_GROUP, "trail", "authorizer", "kmsKeyId"),
    _both("log-group-retention", t.LOG_GROUP, "trail", "authorizer", "retentionInDays"),
    _both("alarm-acts", t.METRIC_ALARM, "tasks", "vpn-down", "actionsEnabled", False),
    _both("alarm-reachable", t.METRIC_ALARM, "tasks", "fleet-too-small", "threshold", 0.0),
    _both("alarm-on-silence", t.METRIC_ALARM, "tasks", "services-too-few", "treatMissingData", "notBreaching"),
    case(
        "dead-letters-alarmed",
        gone(t.METRIC_ALARM, "dead"),
        real=gone(t.METRIC_ALARM, "account-events-dlq-not-empty"),
    ),
    case(
        "failover-sides-apart",
        set_(t.DNS_RECORD, "primary", "records", ["one.example"]),
        set_(t.DNS_RECORD, "secondary", "records", ["one.example"]),
        real=set_(t.DNS_RECORD, "standby", "records", [exported("apiHost")], RECOVERY),
    ),
    case(
        "health-check-sound",
        set_(t.HEALTH_CHECK, "primary", "disabled", True),
        real=set_(t.HEALTH_CHECK, "switch", "resourcePath", "/v1/nowhere/switch", RECOVERY),
    ),
)

_CASES_RIGHTS = (
    _both(
        "iam-no-broad-managed-policies",
        t.ROLE_ATTACHMENT,
        "operator",
        "backups-backup",
        "policyArn",
        "arn:aws:iam::aws:policy/IAMFullAccess",
    ),
    case(
        "iam-no-escalation",
        set_(t.ROLE_POLICY, "operator", "policy", _statement(Action="IAM:passrole", Resource="*")),
        real=set_(t.ROLE_POLICY, "authorizer", "policy", _statement(Action="iam:Pass?ole", NotResource="arn:aws:x")),
    ),
    case(
        "iam-no-exfiltration",
        set_(t.ROLE_POLICY, "operator", "policy", _statement(Action="kms:Decr*", Resource="arn:aws:kms:*:*:key/*")),
        real=set_(t.ROLE_POLICY, "authorizer", "policy", _statement(Action="kms:Decrypt", Resource="*")),
    ),
    case(
        "iam-no-users",
        set_("aws:iam/accessKey:AccessKey", "old", "status", "Active"),
        real=new("aws:iam/user:User", "somebody", name="somebody"),
    ),
    case(
        "eks-no-system-masters",
        new(_ACCESS_ENTRY, "root", principalArn="arn:x", kubernetesGroups=["system:masters"]),
        real=new(_ACCESS_ENTRY, "root", principalArn="arn:x", kubernetesGroups=["system:masters"]),
    ),
    case(
        "role-trust-limited",
        set_(
            t.ROLE,
            "operator",
            "assumeRolePolicy",
            _statement(Principal=_GITHUB, Action="sts:AssumeRoleWithWebIdentity"),
        ),
        real=set_(
            t.ROLE, "authorizer", "assumeRolePolicy", _statement(Principal={"AWS": "*"}, Action="sts:AssumeRole")
        ),
    ),
    case(
        "resource-not-public",
        set_(_SECRET_POLICY, "database", "policy", _statement(Principal="*", Action="*", Resource="*")),
        real=set_(t.BUCKET_POLICY, "artifacts", "policy", _statement(Principal="*", Action="s3:Get*", Resource="*")),
    ),
    case(
        "resource-own-accounts",
        set_("aws:kms/grant:Grant", "backups", "granteePrincipal", STRANGER),
        real=set_(t.KEY, "backup", "policy", _statement(Principal={"AWS": STRANGER}, Action="kms:*", Resource="*")),
    ),
    case(
        "service-for-own-account",
        set_(
            t.QUEUE_POLICY,
            "account-events",
            "policy",
            _statement(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource="*"),
        ),
        real=set_(
            t.QUEUE_POLICY,
            "failed-invocations",
            "policy",
            _statement(Principal={"Service": ["s3.amazonaws.com"]}, Action="sqs:SendMessage", Resource="*"),
        ),
    ),
    case(
        "endpoint-policy-limited",
        set_(
            t.VPC_ENDPOINT,
            "sqs",
            "policy",
            policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}),
        ),
        real=set_(t.VPC_ENDPOINT, "dynamodb", "policy", _statement(Principal="*", Action="*", Resource="*")),
    ),
)

CASES = (
    *_CASES_NETWORK_KINDS,
    *_CASES_STORES,
    *_CASES_RUNNING,
    *_CASES_WATCHED,
    *_CASES_RIGHTS,
    *_CASES_NETWORK,
    *_CASES_HOSTS,
    *_CASES_CONTAINERS,
    *_CASES_DATA,
    *_CASES_S3,
    *_CASES_MESSAGES,
    *_CASES_INTERFACES,
    *_CASES_AUDIT,
    *_CASES_RECOVERY,
)
