"""What else breaks a rule than its case, and what satisfies it in another way: on the made-up platform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.cases import ANYBODY
from tests.policy.changes import PRIMARY, RECOVERY, Change, changed, gone, new, set_
from tests.policy.judging import evaluate
from tests.policy.sample_platform import ACCOUNT, TLS_ONLY, exported, policy, ref, reference

Json = dict[str, Any]
_TEMPLATE = (t.LAUNCH_TEMPLATE, "made-engine")
_FOLLOWS = {"launchTemplate": {"id": ref(t.LAUNCH_TEMPLATE, "engine", "id")}}
_GROUP = ref(t.PLACEMENT_GROUP, "engines", "name")


def _instance(**properties: Any) -> Change:
    return new(t.INSTANCE, "made-host", **properties)


HARD = {
    "instanceType": "c6in.8xlarge",
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1.0},
    "rootBlockDevice": {"encrypted": True, "kmsKeyId": ref(t.KEY, "key")},
    "monitoring": True,
    "subnetId": ref(t.SUBNET, "app-a", "id"),
}

_CLIENTS = (t.INGRESS_RULE, "made-clients")
_CONTROL = (t.TABLE, "made-control")
_TRADES = (t.BUCKET, "made-trades")
_ENCRYPTION = (t.BUCKET_ENCRYPTION, "made-trades")
_COPIED = (t.BACKUP_PLAN, "made-copied")
_ROTATION = (t.SECRET_ROTATION, "made-database", "rotationRules")
_OWN_ONLY = {"Principal": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
_BOUNDARY = set_(
    t.IAM_POLICY, "made-boundary", "policy", policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
)


_PLACED = (t.PLACEMENT_GROUP, "made-engines")
_OTHER_TIER = set_(*_TEMPLATE, "name", "surveillance")
_REPLICA = {
    "regionName": "us-west-2",
    "kmsKeyArn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1",
    "pointInTimeRecovery": True,
    "deletionProtectionEnabled": True,
}
_READER = {
    "replicateSourceDb": ref(t.RDS_INSTANCE, "database", "identifier"),
    "storageEncrypted": True,
    "kmsKeyId": ref(t.KEY, "key"),
    "deletionProtection": True,
    "parameterGroupName": "primary-pg",
    "maintenanceWindow": "sun:06:30-sun:07:30",
}


def _replicated_by_primary(name: str) -> tuple[Change, ...]:
    timed = {"status": "Enabled"}
    destination = {
        "bucket": f"arn:aws:s3:::{name}",
        "encryptionConfiguration": {"replicaKmsKeyId": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1"},
        "replicationTime": timed,
        "metrics": timed,
    }
    criteria = {"sseKmsEncryptedObjects": timed}
    rules = [{"id": "out", "status": "Enabled", "destination": destination, "sourceSelectionCriteria": criteria}]
    return (
        gone(t.BUCKET_REPLICATION, "made-trades", RECOVERY),
        new(t.BUCKET_REPLICATION, "made-out", bucket=ref(t.BUCKET, "trades", "id"), rules=rules),
    )


def _cluster(**properties: Any) -> Change:
    hardened = {
        "storageEncrypted": True,
        "kmsKeyId": ref(t.REPLICA_KEY, "key"),
        "deletionProtection": True,
        "backupRetentionPeriod": 35.0,
        "preferredMaintenanceWindow": "sun:06:30-sun:07:30",
        "dbClusterParameterGroupName": "cluster-pg",
        "iamDatabaseAuthenticationEnabled": True,
        "enabledCloudwatchLogsExports": ["postgresql"],
    }
    return new(t.RDS_CLUSTER, "made-cluster", RECOVERY, **{**hardened, **properties})


def _inline_encryption(algorithm: str, key: str | None = None) -> Json:
    return {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}}


def _kept(name: str) -> tuple[Change, ...]:
    """The settings of another bucket, all as they should be."""
    bucket = reference(t.BUCKET, name, "id")
    four = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return (
        new(t.BUCKET_PUBLIC_ACCESS, name, bucket=bucket, **dict.fromkeys(four, True)),
        new(t.BUCKET_OWNERSHIP, name, bucket=bucket, rule={"objectOwnership": "BucketOwnerEnforced"}),
        new(t.BUCKET_POLICY, name, bucket=bucket, policy=policy(TLS_ONLY)),
        new(t.BUCKET_VERSIONING, name, bucket=bucket, versioningConfiguration={"status": "Enabled"}),
        new(t.BUCKET_LOGGING, name, bucket=bucket, targetBucket=ref(t.BUCKET, "access", "id")),
        new(t.BUCKET_ENCRYPTION, name, bucket=bucket, rules=[_inline_encryption("aws:kms", ref(t.KEY, "key"))["rule"]]),
    )


def _queue_policy(statement: Json) -> Change:
    whole = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", **statement}
    return set_(t.QUEUE_POLICY, "made-account-events", "policy", policy(whole))


def _grant(statement: Json) -> Change:
    return set_(t.ROLE_POLICY, "made-operator", "policy", policy({"Effect": "Allow", **statement}))


def _trusts(principal: Json) -> Change:
    limits = {"Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = policy({**trust, **(limits if "Federated" in principal else {})})
    return new(t.ROLE, "made-person", name="person", assumeRolePolicy=document)


def _first_action(configuration: Json) -> Change:
    def configured(stages: list[Json]) -> list[Json]:
        return [{**stages[0], "actions": [{"category": "Source", "configuration": configuration}]}, *stages[1:]]

    return set_(t.PIPELINE, "made-delivery", "stages", configured)


BREAKS: list[tuple[str, tuple[Change, ...]]] = [
    ("imds-v2", (_instance(**_FOLLOWS, metadataOptions={"httpTokens": "optional"}),)),
    ("imds-hop-limit", (_instance(**_FOLLOWS, metadataOptions={"httpPutResponseHopLimit": 3.0}),)),
    ("ebs-optimised", (_instance(**_FOLLOWS, ebsOptimized=False),)),
    ("detailed-monitoring", (_instance(**_FOLLOWS, monitoring=False),)),
    ("ebs-customer-key", (_instance(**_FOLLOWS, ebsBlockDevices=[{"deviceName": "/dev/xvdb"}]),)),
    ("ebs-customer-key", (_instance(**_FOLLOWS, rootBlockDevice={"encrypted": False}),)),
    ("ebs-customer-key", (_instance(**{**HARD, "rootBlockDevice": None}),)),
    ("no-public-address", (new(t.ELASTIC_IP, "made-address", instance=ref(t.INSTANCE, "host", "id")),)),
    (
        "no-public-address",
        (new(t.ELASTIC_IP_ASSOCIATION, "made-address", instanceId="i-1", allocationId="eipalloc-1"),),
    ),
    ("latency-tier-cluster-placed", (_instance(**HARD, tags={"Name": "made-engine-3"}, tenancy="dedicated"),)),
    ("tenancy-as-declared", (_instance(**HARD, tags={"Name": "made-engine-3"}, placementGroup=_GROUP),)),
    ("tenancy-fits-strategy", (_instance(**HARD, placementGroup=_GROUP, hostId="h-1"),)),
    (
        "placement-supports-type",
        (
            _instance(**{**HARD, "instanceType": "t3.large"}, placementGroup=_GROUP),
            set_(*_TEMPLATE, "instanceType", "t3.large"),
            set_(t.CAPACITY_RESERVATION, "made-engines", "instanceType", "t3.large"),
        ),
    ),
    ("placement-one-zone", (_instance(**{**HARD, "subnetId": ref(t.SUBNET, "app-b", "id")}, placementGroup=_GROUP),)),
    ("placement-one-zone", (_instance(**_FOLLOWS, subnetId=ref(t.SUBNET, "app-b", "id")),)),
    (
        "placement-one-zone",
        (
            new(
                t.AUTOSCALING_GROUP,
                "made-spread",
                placementGroup=_GROUP,
                vpcZoneIdentifiers=[ref(t.SUBNET, "app-b", "id")],
            ),
        ),
    ),
    ("capacity-reserved", (set_(t.CAPACITY_RESERVATION, "made-engines", "instanceCount", 1.0),)),
    # Network
    (
        "no-world-ingress-to-administration",
        (set_(*_CLIENTS, "cidrIpv4", "0.0.0.0/1"), set_(*_CLIENTS, "fromPort", 22.0)),
    ),
    (
        "no-world-ingress-to-administration",
        (set_(*_CLIENTS, "cidrIpv4"), set_(*_CLIENTS, "cidrIpv6", "0:0::/0"), set_(*_CLIENTS, "fromPort", 0.0)),
    ),
    (
        "egress-limited",
        (new(t.CLASSIC_RULE, "made-out", type="egress", protocol="all", cidrBlocks=["0.0.0.0/0"], description="Out"),),
    ),
    (
        "egress-limited",
        (
            set_(
                t.SECURITY_GROUP,
                "made-engines",
                "egress",
                [{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"], "fromPort": 0.0, "toPort": 0.0, "description": "Out"}],
            ),
        ),
    ),
    (
        "security-rules-described",
        (
            set_(
                t.SECURITY_GROUP,
                "made-engines",
                "ingress",
                [{"protocol": "tcp", "cidrBlocks": ["10.0.0.0/8"], "fromPort": 443.0, "toPort": 443.0}],
            ),
        ),
    ),
    (
        "default-security-group-closed",
        (
            new(
                t.INGRESS_RULE,
                "made-in",
                securityGroupId=ref(t.VPC, "vpc", "defaultSecurityGroupId"),
                description="In",
                cidrIpv4="10.0.0.0/8",
                ipProtocol="-1",
            ),
        ),
    ),
    (
        "default-security-group-closed",
        (set_(t.DEFAULT_SECURITY_GROUP, "made-default", "egress", [{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}]),),
    ),
    ("no-automatic-public-addresses", (set_(t.SUBNET, "made-app-a", "assignIpv6AddressOnCreation", True),)),
    ("private-endpoints", (set_(t.VPC_ENDPOINT, "made-sqs", "vpcEndpointType", "Interface"),)),
    (
        "region-cidrs-disjoint",
        (new(t.VPC_CIDR, "made-second", RECOVERY, vpcId=ref(t.VPC, "vpc", "id"), cidrBlock="10.0.128.0/20"),),
    ),
    # Containers
    ("eks-private-endpoint", (set_(t.EKS_CLUSTER, "made-cluster", "vpcConfig.endpointPrivateAccess", False),)),
    ("eks-secrets-encrypted", (set_(t.EKS_CLUSTER, "made-cluster", "encryptionConfig.provider.keyArn"),)),
    (
        "eks-supported-version",
        (
            set_(t.EKS_CLUSTER, "made-cluster", "version"),
            set_(t.EKS_CLUSTER, "made-cluster", "version", stack=RECOVERY),
        ),
    ),
    ("no-public-address", (set_(t.ECS_SERVICE, "made-order-intake", "networkConfiguration.assignPublicIp", True),)),
    (
        "ecr-scanned",
        (
            set_(t.ECR_REPOSITORY, "made-engine", "imageScanningConfiguration"),
            new(
                t.ECR_SCANNING, "made-scan", rules=[{"scanFrequency": "MANUAL", "repositoryFilters": [{"filter": "*"}]}]
            ),
        ),
    ),
    (
        "ecr-replicated",
        (
            set_(
                t.ECR_REPLICATION,
                "made-images",
                "replicationConfiguration",
                {"rules": [{"destinations": [{"region": "eu-west-1"}]}]},
                RECOVERY,
            ),
        ),
    ),
    (
        "order-intake-floor",
        (
            new(
                t.SCALING_TARGET,
                "made-scale",
                serviceNamespace="ecs",
                resourceId="service/made/primary-order-intake",
                minCapacity=0.0,
            ),
        ),
    ),
    (
        "order-intake-floor",
        (
            new(
                "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
                "made-scale",
                spec={"scaleTargetRef": {"name": "order-intake-gateway"}, "minReplicas": 0.0},
            ),
        ),
    ),
    ("order-intake-floor", (set_("kubernetes:apps/v1:Deployment", "made-order-intake-gateway", "spec.replicas", 0.0),)),
    ("order-intake-floor", (set_(t.FUNCTION, "made-order-intake", "reservedConcurrentExecutions", 0.0),)),
    # Data
    ("rds-customer-key", (set_(t.RDS_INSTANCE, "made-database", "storageEncrypted", False),)),
    ("rds-customer-key", (_cluster(storageEncrypted=False),)),
    ("rds-deletion-protection", (_cluster(deletionProtection=None),)),
    ("rds-backups", (_cluster(backupRetentionPeriod=1.0),)),
    ("rds-tls-forced", (_cluster(dbClusterParameterGroupName="default.aurora-postgresql17"),)),
    ("rds-maintenance-window", (_cluster(preferredMaintenanceWindow="wed:14:00-wed:15:00"),)),
    ("rds-maintenance-window", (set_(t.RDS_INSTANCE, "made-database", "maintenanceWindow"),)),
    ("rds-private", (new(t.RDS_CLUSTER_INSTANCE, "made-member", publiclyAccessible=True),)),
    ("stateful-replicated", (set_(t.RDS_INSTANCE, "made-database", "replicateSourceDb", stack=RECOVERY),)),
    ("table-point-in-time-recovery", (set_(*_CONTROL, "replicas.pointInTimeRecovery", False, RECOVERY),)),
    ("table-deletion-protection", (set_(*_CONTROL, "replicas.deletionProtectionEnabled", stack=RECOVERY),)),
    ("table-customer-key", (set_(*_CONTROL, "replicas.kmsKeyArn", stack=RECOVERY),)),
    ("table-strong-consistency", (set_(*_CONTROL, "globalTableWitness", stack=RECOVERY),)),
    ("table-strong-consistency", (set_(*_CONTROL, "localSecondaryIndexes", [{"name": "x"}], RECOVERY),)),
    # Objects
    (
        "bucket-tls-only",
        (set_(t.BUCKET_POLICY, "made-trades", "policy", policy({**TLS_ONLY, "Action": "s3:GetBucketLocation"})),),
    ),
    (
        "bucket-tls-only",
        (set_(t.BUCKET_POLICY, "made-trades", "policy", policy({**TLS_ONLY, "Resource": "arn:aws:s3:::made"})),),
    ),
    (
        "bucket-tls-only",
        (set_(t.BUCKET_POLICY, "made-trades", "policy", policy({**TLS_ONLY, "Principal": {"AWS": ACCOUNT}})),),
    ),
    ("bucket-customer-key", (set_(*_ENCRYPTION, "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId"),)),
    (
        "bucket-customer-key",
        (gone(*_ENCRYPTION), set_(*_TRADES, "serverSideEncryptionConfiguration", _inline_encryption("AES256"))),
    ),
    ("bucket-versioned", (gone(t.BUCKET_VERSIONING, "made-trades"), set_(*_TRADES, "versioning", {"enabled": False}))),
    (
        "records-object-lock",
        (
            set_(
                t.BUCKET_OBJECT_LOCK, "made-trades", "rule", {"defaultRetention": {"mode": "COMPLIANCE", "years": 1.0}}
            ),
        ),
    ),
    ("records-object-lock", (set_(*_TRADES, "bucket", "made-trail-x"), gone(t.BUCKET_OBJECT_LOCK, "made-trades"))),
    ("bucket-replication-timed", (set_(t.BUCKET_REPLICATION, "made-trades", "rules.status", "Disabled", RECOVERY),)),
    (
        "bucket-replication-timed",
        (
            set_(
                *_TRADES,
                "replicationConfiguration",
                {
                    "rules": [
                        {
                            "id": "r",
                            "status": "Enabled",
                            "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
                            "destination": {"bucket": "arn:aws:s3:::dr-trades-111122223333"},
                        }
                    ]
                },
            ),
        ),
    ),
    ("bucket-replicated", (new(t.BUCKET, "made-more", bucket="primary-positions-1"), *_kept("made-more"))),
    (
        "bucket-replica-locked",
        (
            set_(
                t.BUCKET_OBJECT_LOCK, "made-trades", "rule", {"defaultRetention": {"mode": "COMPLIANCE", "years": 9.0}}
            ),
        ),
    ),
    # Messages
    ("queue-not-public", (_queue_policy({"NotPrincipal": {"AWS": ACCOUNT}}),)),
    (
        "queue-not-public",
        (
            _queue_policy(
                {"Principal": {"AWS": "*"}, "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}}
            ),
        ),
    ),
    ("queue-not-public", (_queue_policy({"Principal": "*", "Condition": {"Null": {"aws:SourceAccount": "true"}}}),)),
    ("queue-not-public", (_queue_policy({"Principal": "*", "Condition": {"ArnLike": {"aws:SourceArn": "*"}}}),)),
    (
        "queue-not-public",
        (_queue_policy({"Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}}),),
    ),
    (
        "topic-not-public",
        (
            set_(
                t.TOPIC,
                "made-operations",
                "policy",
                policy({"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}),
            ),
        ),
    ),
    ("fifo-rate", (set_(t.QUEUE, "made-account-events", "fifoThroughputLimit", "perQueue"),)),
    ("stream-customer-key", (set_(t.STREAM, "made-orders", "encryptionType", "NONE"),)),
    ("stream-fan-out", (new(t.EVENT_SOURCE_MAPPING, "made-third", eventSourceArn=ref(t.STREAM, "orders")),)),
    ("firehose-encrypted", (set_(t.FIREHOSE, "made-events", "serverSideEncryption.keyArn"),)),
    (
        "firehose-encrypted",
        (
            set_(
                t.FIREHOSE,
                "made-events",
                "httpEndpointConfiguration",
                {"s3BackupMode": "AllData", "s3Configuration": {"bucketArn": "x"}},
            ),
        ),
    ),
    # Interfaces
    ("function-not-public", (set_(t.FUNCTION_URL, "made-order-intake", "authorizationType", "NONE"),)),
    (
        "function-not-public",
        (
            set_(t.FUNCTION_PERMISSION, "made-events", "sourceAccount"),
            set_(t.FUNCTION_PERMISSION, "made-events", "principal", "*"),
        ),
    ),
    ("api-authorised", (set_(t.API_METHOD, "made-orders", "authorization", "NONE"),)),
    ("api-authorised", (new(t.HTTP_ROUTE, "made-route", routeKey="PUT /orders"),)),
    ("api-logged", (new(t.HTTP_STAGE, "made-stage", name="v1"),)),
    ("api-logged", (set_(t.API_METHOD_SETTINGS, "made-api", "settings.loggingLevel", "OFF"),)),
    ("listener-tls", (set_(t.LISTENER, "made-https", "sslPolicy"),)),
    ("listener-tls", (new(t.LISTENER, "made-plain", protocol="TCP", port=9878.0),)),
    (
        "listener-tls",
        (
            new(
                "aws:alb/listener:Listener",
                "made-other",
                protocol="HTTP",
                port=80.0,
                defaultActions=[{"type": "forward"}],
            ),
        ),
    ),
    # Keys, audit, delivery
    (
        "key-no-wildcard-principal",
        (new(t.KEY_POLICY, "made-policy", keyId=ref(t.KEY, "key", "id"), policy=policy(ANYBODY)),),
    ),
    ("replica-key-usable", (set_(t.TABLE_REPLICA, "made-orders", "kmsKeyArn", exported("keyArns.made"), RECOVERY),)),
    (
        "replica-key-usable",
        (set_(t.TABLE_REPLICA, "made-orders", "kmsKeyArn", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", RECOVERY),),
    ),
    ("replica-key-usable", (set_(*_CONTROL, "replicas.kmsKeyArn", ref(t.REPLICA_KEY, "key"), RECOVERY),)),
    (
        "secret-rotated",
        (set_(t.SECRET_ROTATION, "made-database", "rotationRules", {"scheduleExpression": "rate(120 days)"}),),
    ),
    ("secret-rotated", (set_(t.SECRET_ROTATION, "made-database", "rotationRules", {"automaticallyAfterDays": 365.0}),)),
    ("trail-multi-region", (set_(t.TRAIL, "made-trail", "includeGlobalServiceEvents", False),)),
    ("config-records-everything", (gone(t.CONFIG_RECORDER, "made-recorder"),)),
    ("config-records-everything", (set_(t.CONFIG_RECORDER_STATUS, "made-recorder", "isEnabled", False),)),
    ("backup-vault-locked", (set_(t.BACKUP_VAULT_LOCK, "made-backups", "changeableForDays"),)),
    (
        "backups-copied",
        (
            set_(
                *_COPIED,
                "rules.copyActions",
                [{"destinationVaultArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:x"}],
                RECOVERY,
            ),
        ),
    ),
    ("backups-copied", (set_(*_COPIED, "rules.targetVaultName", "another", RECOVERY),)),
    ("pipeline-encrypted", (set_(t.BUILD_PROJECT, "made-build", "encryptionKey"),)),
    (
        "pipeline-approval",
        (
            set_(
                t.PIPELINE,
                "made-delivery",
                "stages",
                [
                    {
                        "name": "one",
                        "actions": [{"category": "Deploy", "runOrder": 1.0}, {"category": "Approval", "runOrder": 2.0}],
                    }
                ],
            ),
        ),
    ),
    ("build-no-plaintext-secrets", (_first_action({"OAuthToken": "swordfish"}),)),
    (
        "build-no-plaintext-secrets",
        (_first_action({"EnvironmentVariables": json.dumps([{"name": "API_KEY", "value": "swordfish"}])}),),
    ),
    (
        "build-no-plaintext-secrets",
        (
            set_(
                t.BUILD_PROJECT,
                "made-build",
                "environment.environmentVariables",
                [{"name": "X", "value": "AKIAIOSFODNN7EXAMPLE"}],
            ),
        ),
    ),
    ("iam-no-full-access", (_grant({"Action": "*:*", "Resource": "*"}),)),
    ("iam-no-full-access", (_grant({"NotAction": "iam:*", "Resource": "*"}),)),
    (
        "iam-no-full-access",
        (_grant({"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),),
    ),
    (
        "iam-no-full-access",
        (new(t.ROLE_ATTACHMENT, "made-admin", role="x", policyArn="arn:aws:iam::aws:policy/AdministratorAccess"),),
    ),
    (
        "iam-no-full-access",
        (set_(t.ROLE, "made-operator", "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),),
    ),
    (
        "iam-no-full-access",
        (
            set_(
                t.ROLE,
                "made-operator",
                "inlinePolicies",
                [{"name": "x", "policy": policy({"Effect": "Allow", "Action": "*", "Resource": "*"})}],
            ),
        ),
    ),
    *(
        ("iam-human-boundary", (_trusts(principal),))
        for principal in (
            {"AWS": ACCOUNT},
            {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ada"},
            {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/directory"},
        )
    ),
    # Recovery
    ("failover-routing", (set_(t.DNS_RECORD, "made-primary", "healthCheckId"),)),
    ("rto-budget", (set_(t.HEALTH_CHECK, "made-primary", "failureThreshold", 3.0),)),
    ("rto-budget", (set_(t.HEALTH_CHECK, "made-primary", "requestInterval"),)),
    (
        "rto-budget",
        (
            new(t.HEALTH_CHECK, "made-slow", type="TCP", requestInterval=30.0, failureThreshold=1.0),
            set_(t.HEALTH_CHECK, "made-primary", "type", "CALCULATED"),
            set_(t.HEALTH_CHECK, "made-primary", "childHealthchecks", [ref(t.HEALTH_CHECK, "slow", "id")]),
        ),
    ),
    ("stateful-protected", (set_(t.BUCKET, "made-trades", "options.protect", False),)),
    ("stateful-replicated", (new(t.VOLUME, "made-disk", encrypted=True, kmsKeyId=ref(t.KEY, "key")),)),
    # Values at the edge, and ways round
    ("latency-tier-cluster-placed", (set_(*_PLACED, "strategy", "partition"), set_(*_PLACED, "partitionCount", 2.0))),
    (
        "tenancy-fits-strategy",
        (_OTHER_TIER, set_(*_PLACED, "strategy", "partition"), set_(*_PLACED, "partitionCount", 3.0)),
    ),
    ("tenancy-fits-strategy", (_OTHER_TIER, set_(*_TEMPLATE, "placement.hostId", "h-1"))),
    (
        "placement-one-zone",
        (new(t.AUTOSCALING_GROUP, "made-spread", placementGroup=_GROUP, availabilityZones=["us-east-1b"]),),
    ),
    ("placement-one-zone", (set_(*_TEMPLATE, "placement.availabilityZone", "us-east-1b"),)),
    ("placement-one-zone", (set_(*_TEMPLATE, "networkInterfaces.subnetId", ref(t.SUBNET, "app-b", "id")),)),
    ("ebs-customer-key", (set_(*_TEMPLATE, "blockDeviceMappings"),)),
    ("ebs-customer-key", (new(t.VOLUME, "made-disk", RECOVERY, encrypted=False),)),
    ("ebs-optimised", (_instance(**{**HARD, "instanceType": "m3.large"}),)),
    ("eks-secrets-encrypted", (set_(t.EKS_CLUSTER, "made-cluster", "encryptionConfig.resources", []),)),
    ("rds-maintenance-window", (set_(t.RDS_INSTANCE, "made-database", "maintenanceWindow", "fri:20:59-fri:21:30"),)),
    (
        "rds-tls-forced",
        tuple(
            set_(t.RDS_INSTANCE, "made-database", "parameterGroupName", "default.postgres14", s)
            for s in (PRIMARY, RECOVERY)
        ),
    ),
    (
        "table-strong-consistency",
        (
            set_(
                *_CONTROL,
                "replicas",
                lambda old: [
                    *old,
                    {
                        **old[0],
                        "regionName": "us-east-2",
                        "consistencyMode": "EVENTUAL",
                        "kmsKeyArn": "arn:aws:kms:us-east-2:1:key/1",
                    },
                ],
                RECOVERY,
            ),
        ),
    ),
    ("bucket-customer-key", (set_(*_ENCRYPTION, "rules.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256"),)),
    (
        "bucket-replica-locked",
        (
            *_replicated_by_primary("copies"),
            set_(*_TRADES, "bucket", "copies", RECOVERY),
            gone(t.BUCKET_OBJECT_LOCK, "made-trades", RECOVERY),
        ),
    ),
    ("firehose-encrypted", (set_(t.FIREHOSE, "made-events", "serverSideEncryption.enabled", False),)),
    (
        "firehose-error-backup",
        (
            set_(t.FIREHOSE, "made-events", "extendedS3Configuration"),
            set_(t.FIREHOSE, "made-events", "httpEndpointConfiguration", {"url": "https://x"}),
        ),
    ),
    ("queue-not-public", (set_(t.QUEUE, "made-account-events", "policy", policy(ANYBODY)),)),
    (
        "queue-dead-letter",
        (
            set_(t.QUEUE, "made-account-events", "redrivePolicy", "{}"),
            new(t.EVENT_SOURCE_MAPPING, "made-dead", destinationConfig={"x": ref(t.QUEUE, "dead")}),
        ),
    ),
    (
        "listener-tls",
        (set_(t.LISTENER, "made-http", "defaultActions", [{"type": "redirect", "redirect": {"protocol": "HTTP"}}]),),
    ),
    ("secret-rotated", (set_(*_ROTATION, {"scheduleExpression": "rate(2400 hours)"}),)),
    ("secret-rotated", (set_(*_ROTATION, {"scheduleExpression": "cron(0 8 1 */4 ? *)"}),)),
    ("secret-rotated", (set_(*_ROTATION, {"scheduleExpression": "cron(0 8 1 * ? 2027)"}),)),
    ("pipeline-encrypted", (set_(t.PIPELINE, "made-delivery", "artifactStores", []),)),
    ("failover-routing", (gone(t.DNS_RECORD, "made-primary"), gone(t.DNS_RECORD, "made-secondary"))),
    (
        "rto-budget",
        (set_(t.DNS_RECORD, "made-primary", "ttl"), set_(t.DNS_RECORD, "made-primary", "aliases", [{"name": "x"}])),
    ),
    ("rto-budget", (set_(t.DNS_RECORD, "made-primary", "ttl", 6.0),)),
]

ALLOWED: list[tuple[str, tuple[Change, ...]]] = [
    ("an instance as its template says", (_instance(**_FOLLOWS),)),
    ("an instance with volumes of its own", (_instance(**HARD),)),
    (
        "hosts placed by their fleet",
        (set_(*_TEMPLATE, "placement.groupName"), set_(t.AUTOSCALING_GROUP, "made-engines", "placementGroup", _GROUP)),
    ),
    (
        "a bucket's settings in the bucket itself",
        (
            *(gone(type_, "made-trades") for type_ in (t.BUCKET_ENCRYPTION, t.BUCKET_VERSIONING, t.BUCKET_LOGGING)),
            gone(t.BUCKET_OBJECT_LOCK, "made-trades"),
            gone(t.BUCKET_POLICY, "made-trades"),
            set_(*_TRADES, "serverSideEncryptionConfiguration", _inline_encryption("aws:kms", ref(t.KEY, "key"))),
            set_(*_TRADES, "versioning", {"enabled": True}),
            set_(*_TRADES, "logging", {"targetBucket": ref(t.BUCKET, "access", "id")}),
            set_(*_TRADES, "policy", policy(TLS_ONLY)),
            set_(
                *_TRADES,
                "objectLockConfiguration",
                {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 2192.0}}},
            ),
        ),
    ),
    (
        "a redrive policy declared apart",
        (
            set_(t.QUEUE, "made-account-events", "redrivePolicy"),
            new(
                t.REDRIVE_POLICY,
                "made-redrive",
                queueUrl=ref(t.QUEUE, "account-events", "url"),
                redrivePolicy=json.dumps({"deadLetterTargetArn": ref(t.QUEUE, "dead"), "maxReceiveCount": 5}),
            ),
        ),
    ),
    (
        "a destination for events that a function fails on",
        (
            set_(t.FUNCTION, "made-order-intake", "deadLetterConfig"),
            new(
                t.INVOKE_CONFIG,
                "made-failed",
                functionName=ref(t.FUNCTION, "order-intake", "name"),
                destinationConfig={"onFailure": {"destination": ref(t.QUEUE, "dead")}},
            ),
        ),
    ),
    ("a cluster as it should be", (_cluster(),)),
    ("a queue for a service of one's own account", (_queue_policy(_OWN_ONLY),)),
    ("a secret that rotates each month", (set_(*_ROTATION, {"scheduleExpression": "cron(0 8 1 * ? *)"}),)),
    ("a secret that rotates by rate", (set_(*_ROTATION, {"scheduleExpression": "rate(4 hours)"}),)),
    (
        "a boundary that is broad",
        (_BOUNDARY, set_(t.ROLE, "made-operator", "permissionsBoundary", ref(t.IAM_POLICY, "boundary"))),
    ),
    (
        "a daemon of order intake",
        (
            set_(t.ECS_SERVICE, "made-order-intake", "desiredCount"),
            set_(t.ECS_SERVICE, "made-order-intake", "schedulingStrategy", "DAEMON"),
        ),
    ),
    (
        "two partitions of dedicated instances",
        (_OTHER_TIER, set_(*_PLACED, "strategy", "partition"), set_(*_PLACED, "partitionCount", 2.0)),
    ),
    (
        "seven partitions of shared instances",
        (
            _OTHER_TIER,
            set_(*_TEMPLATE, "placement.tenancy"),
            set_(*_PLACED, "strategy", "partition"),
            set_(*_PLACED, "partitionCount", 7.0),
        ),
    ),
    (
        "the oldest version in support",
        tuple(set_(t.EKS_CLUSTER, "made-cluster", "version", "1.33", s) for s in (PRIMARY, RECOVERY)),
    ),
    (
        "images that the registry scans",
        (
            set_(t.ECR_REPOSITORY, "made-engine", "imageScanningConfiguration"),
            new(
                t.ECR_SCANNING,
                "made-scan",
                rules=[{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "made-up/*"}]}],
            ),
        ),
    ),
    ("backups of thirty days", (set_(t.RDS_INSTANCE, "made-database", "backupRetentionPeriod", 30.0),)),
    *(
        (f"a window {window}", (set_(t.RDS_INSTANCE, "made-database", "maintenanceWindow", window),))
        for window in ("mon:21:00-mon:21:30", "mon:13:00-mon:13:30", "sun:23:30-mon:00:30")
    ),
    ("a reader of the database", (new(t.RDS_INSTANCE, "made-reader", **_READER),)),
    (
        "a replica declared in the table",
        (gone(t.TABLE_REPLICA, "made-orders", RECOVERY), set_(t.TABLE, "made-orders", "replicas", [_REPLICA])),
    ),
    ("a replication declared by the primary", _replicated_by_primary("dr-trades-111122223333")),
    (
        "a lock in years",
        (
            set_(
                t.BUCKET_OBJECT_LOCK, "made-trades", "rule", {"defaultRetention": {"mode": "COMPLIANCE", "years": 7.0}}
            ),
            set_(
                t.BUCKET_OBJECT_LOCK,
                "made-trades",
                "rule",
                {"defaultRetention": {"mode": "COMPLIANCE", "days": 2556.0}},
                RECOVERY,
            ),
        ),
    ),
    (
        "a stream on demand",
        (
            set_(t.STREAM, "made-orders", "shardCount"),
            set_(t.STREAM, "made-orders", "streamModeDetails", {"streamMode": "ON_DEMAND"}),
        ),
    ),
    (
        "an endpoint that keeps what it does not take",
        (
            set_(t.FIREHOSE, "made-events", "extendedS3Configuration"),
            set_(
                t.FIREHOSE,
                "made-events",
                "httpEndpointConfiguration",
                {"s3BackupMode": "FailedDataOnly", "s3Configuration": {"kmsKeyArn": ref(t.KEY, "key")}},
            ),
        ),
    ),
    *(
        (f"a route {key}", (new(t.HTTP_ROUTE, "made-route", routeKey=key),))
        for key in ("GET /health", "OPTIONS /orders")
    ),
    ("a route that asks", (new(t.HTTP_ROUTE, "made-route", routeKey="PUT /orders", authorizationType="AWS_IAM"),)),
    (
        "a stage of an HTTP API that logs",
        (new(t.HTTP_STAGE, "made-stage", accessLogSettings={"destinationArn": "arn:aws:logs:x"}),),
    ),
    (
        "a balancer by its subnet mappings",
        (
            set_(t.LOAD_BALANCER, "made-balancer", "subnets"),
            set_(
                t.LOAD_BALANCER,
                "made-balancer",
                "subnetMappings",
                [{"subnetId": ref(t.SUBNET, f"app-{zone}", "id")} for zone in "ab"],
            ),
        ),
    ),
    ("ninety days between rotations", (set_(*_ROTATION, {"scheduleExpression": "rate(2160 hours)"}),)),
    ("thirty seconds exactly", (set_(t.DNS_RECORD, "made-primary", "ttl", 5.0),)),
    (
        "a routing control",
        (
            set_(t.DNS_RECORD, "made-primary", "ttl", 15.0),
            set_(t.HEALTH_CHECK, "made-primary", "type", "RECOVERY_CONTROL"),
        ),
    ),
    (
        "no concurrency kept warm",
        (
            new(
                t.SCALING_TARGET,
                "made-scale",
                serviceNamespace="lambda",
                resourceId="function/order-intake",
                minCapacity=0.0,
            ),
        ),
    ),
    ("an address of a NAT gateway", (new(t.ELASTIC_IP, "made-address", domain="vpc"),)),
]

UNDECIDED: list[tuple[str, str, tuple[Change, ...]]] = [
    (
        "placement-one-zone",
        "vpcZoneIdentifiers",
        (set_(t.AUTOSCALING_GROUP, "made-engines", "vpcZoneIdentifiers", ["subnet-0123"]),),
    ),
    ("latency-tier-cluster-placed", "placement.groupName", (gone(t.PLACEMENT_GROUP, "made-engines"),)),
    (
        "secret-rotated",
        "rotationRules.scheduleExpression",
        (set_(*_ROTATION, {"scheduleExpression": "at(2027-01-01T00:00:00)"}),),
    ),
    ("rto-budget", "healthCheckId", (set_(t.DNS_RECORD, "made-primary", "healthCheckId", "0123"),)),
    (
        "bucket-replica-locked",
        "rules",
        (set_(t.BUCKET_REPLICATION, "made-trades", "rules.destination.bucket", "arn:aws:s3:::elsewhere", RECOVERY),),
    ),
    ("rds-tls-forced", "parameterGroupName", (gone(t.RDS_PARAMETERS, "made-database"),)),
]


@pytest.mark.parametrize(("rule", "changes"), BREAKS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_speaks_of_each_thing_that_it_asks(rule: str, changes: tuple[Change, ...], made: list[Json]) -> None:
    report = evaluate(changed(made, changes))
    said = [f"{v.rule.id} {v.urn.split('::')[-1]}: {v.message}" for v in report.violations]
    assert {v.rule.id for v in report.violations} == {rule}, f"{[*map(str, changes)]} break {rule} alone: {said}"


@pytest.mark.parametrize("changes", [pytest.param(changes, id=what) for what, changes in ALLOWED])
def test_what_is_as_good_in_another_way_is_no_violation(changes: tuple[Change, ...], made: list[Json]) -> None:
    report = evaluate(changed(made, changes))
    said = [f"{v.rule.id} {v.urn.split('::')[-1]}: {v.message}" for v in report.violations]
    said += [f"{n.rule.id} {n.urn.split('::')[-1]}: {n.property} {n.reason}" for n in report.not_evaluated]
    assert not said


@pytest.mark.parametrize(
    ("rule", "path", "changes"), UNDECIDED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_leads_out_of_the_plan_is_said_to_be_beyond_judging(
    rule: str, path: str, changes: tuple[Change, ...], made: list[Json]
) -> None:
    report = evaluate(changed(made, changes))
    assert (rule, path) in {(entry.rule.id, entry.property) for entry in report.not_evaluated}


def test_a_stack_that_has_taken_over_names_no_other_region_in_a_resource(made_over: list[Json]) -> None:
    """Each resource may name a region of its own, whatever its provider serves."""
    change = new(t.SUBNET, "made-far", RECOVERY, availabilityZone="us-east-1a", region="us-east-1")
    report = evaluate(changed(made_over, [change]))
    assert [(v.rule.id, v.message) for v in report.violations] == [("recovery-independent", "is declared in us-east-1")]


def test_older_type_tokens_are_the_same_resources(made: list[Json]) -> None:
    """aws.s3.BucketV2 and its settings, and aws.alb, are what aws.s3.Bucket and aws.lb are."""
    older = {usual: token for token, usual in t.OTHER_TOKENS.items()}

    def renamed(value: Any) -> Any:
        text = json.dumps(value)
        for usual, token in older.items():
            text = text.replace(f'"{usual}"', f'"{token}"').replace(f"${{{usual}::", f"${{{token}::")
        return json.loads(text)

    report = evaluate(renamed(made))
    assert not report.violations
    assert not report.not_evaluated
    broken = changed(made, [gone(t.BUCKET_VERSIONING, "made-trades")])
    assert {v.rule.id for v in evaluate(renamed(broken)).violations} == {"bucket-versioned"}
