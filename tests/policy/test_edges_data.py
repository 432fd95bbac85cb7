"""Tables, functions, streams, queues, hosts and keys at the edges of what their rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.test_variants import refused

Json = dict[str, Any]
_ACCOUNT, _OTHER = "123456789012", "210987654321"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1"
_THERE = _KEY.replace("us-east-1", "us-west-2")
_NO_KEY = "names no key, so AWS's own is used"

# Rule, type, properties, what is said.
# fmt: off
CASES: list[tuple[str, str, Json, list[str]]] = [
    # Tables
    ("table-point-in-time-recovery", t.TABLE, {"pointInTimeRecovery": {"enabled": True}}, []),
    ("table-point-in-time-recovery", t.TABLE, {}, ["cannot be restored to a point in time"]),
    ("table-point-in-time-recovery", t.TABLE,
        {"pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 35}}, []),
    ("table-point-in-time-recovery", t.TABLE,
        {"pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 34}},
        ["can be restored to the last 34 days only"]),
    ("table-point-in-time-recovery", t.TABLE,
        {"pointInTimeRecovery": {"enabled": True}, "replicas": [{"regionName": "us-west-2"}]},
        ["its replica in us-west-2 cannot be restored to a point in time"]),
    ("table-point-in-time-recovery", t.TABLE_REPLICA, {"pointInTimeRecovery": True}, []),
    ("table-point-in-time-recovery", t.TABLE_REPLICA, {}, ["cannot be restored to a point in time"]),
    ("table-customer-key", t.TABLE, {"serverSideEncryption": {"enabled": True, "kmsKeyArn": _KEY}}, []),
    ("table-customer-key", t.TABLE, {"serverSideEncryption": {"enabled": False, "kmsKeyArn": _KEY}},
        ["does not use a key of its own: serverSideEncryption.enabled is false"]),
    ("table-customer-key", t.TABLE, {}, [f"serverSideEncryption.kmsKeyArn {_NO_KEY}"]),
    ("table-customer-key", t.TABLE,
        {"serverSideEncryption": {"enabled": True, "kmsKeyArn": _KEY}, "replicas": [{"regionName": "us-west-2"}]},
        [f"its replica in us-west-2: replicas {_NO_KEY}"]),
    ("table-customer-key", t.TABLE,
        {"serverSideEncryption": {"enabled": True, "kmsKeyArn": _KEY},
            "replicas": [{"regionName": "us-west-2", "kmsKeyArn": _THERE}]}, []),
    ("table-customer-key", t.TABLE_REPLICA, {"kmsKeyArn": _THERE}, []),
    ("table-customer-key", t.TABLE_REPLICA, {}, [f"kmsKeyArn {_NO_KEY}"]),
    ("table-customer-key", t.TABLE_REPLICA, {"kmsKeyArn": _KEY, "serverSideEncryption": {"enabled": False}}, []),
    ("table-deletion-protection", t.TABLE, {"deletionProtectionEnabled": True}, []),
    ("table-deletion-protection", t.TABLE, {}, ["has no deletion protection"]),
    ("table-deletion-protection", t.TABLE,
        {"deletionProtectionEnabled": True, "replicas": [{"regionName": "us-west-2"}]},
        ["its replica in us-west-2 has no deletion protection"]),
    ("table-deletion-protection", t.TABLE_REPLICA, {"deletionProtectionEnabled": False},
        ["has no deletion protection"]),
    ("table-strong-consistency", t.TABLE, {"replicas": [{"regionName": "us-west-2", "consistencyMode": "EVENTUAL"}]},
        []),
    ("table-strong-consistency", t.TABLE,
        {"replicas": [{"regionName": r, "consistencyMode": "STRONG"} for r in ("us-east-2", "us-west-2")]}, []),
    ("table-strong-consistency", t.TABLE,
        {"replicas": [{"regionName": "us-east-2", "consistencyMode": "STRONG"}],
            "globalTableWitness": {"regionName": "us-west-2"}}, []),
    ("table-strong-consistency", t.TABLE, {"replicas": [{"regionName": "us-east-2", "consistencyMode": "STRONG"}]},
        ["is in 2 regions with its witness, not in 3"]),
    ("table-strong-consistency", t.TABLE,
        {"replicas": [{"regionName": r, "consistencyMode": "STRONG"} for r in ("eu-west-1", "us-west-2")]},
        ["eu-west-1, us-east-1, us-west-2 are not of one set of regions"]),
    ("table-strong-consistency", t.TABLE,
        {"replicas": [{"regionName": "us-east-2", "consistencyMode": "STRONG"},
            {"regionName": "us-west-2", "consistencyMode": "EVENTUAL"}]},
        ["has strongly consistent replicas beside others"]),
    ("table-strong-consistency", t.TABLE,
        {"replicas": [{"regionName": "us-east-2", "consistencyMode": "STRONG"},
            {"regionName": "us-west-2", "consistencyMode": "XLOOSE"}]},
        ["has strongly consistent replicas beside others"]),
    ("table-strong-consistency", t.TABLE,
        {"replicas": [{"regionName": r, "consistencyMode": "STRONG"} for r in ("us-east-2", "us-west-2")],
            "ttl": {"enabled": True}, "localSecondaryIndexes": [{"name": "i"}]},
        ["expires items, which strong consistency does not allow",
            "has local secondary indexes, which strong consistency does not allow"]),
    # Functions
    ("function-supported-runtime", t.FUNCTION, {"runtime": "python3.13"}, []),
    ("function-supported-runtime", t.FUNCTION, {"runtime": "python3.8"}, ["runs on python3.8"]),
    ("function-supported-runtime", t.FUNCTION, {}, ["runs on no runtime"]),
    ("function-supported-runtime", t.FUNCTION, {"packageType": "Image"}, []),
    ("function-supported-runtime", t.FUNCTION, {"packageType": "Zip", "runtime": "go1.x"}, ["runs on go1.x"]),
    ("function-tracing", t.FUNCTION, {"tracingConfig": {"mode": "Active"}}, []),
    ("function-tracing", t.FUNCTION, {"tracingConfig": {"mode": "PassThrough"}}, ["is not traced"]),
    ("function-tracing", t.FUNCTION, {"tracingConfig": {"mode": "A"}}, ["is not traced"]),
    ("function-in-vpc", t.FUNCTION, {"name": "f", "vpcConfig": {"subnetIds": ["subnet-1"]}}, []),
    ("function-in-vpc", t.FUNCTION, {"name": "f"}, ["runs outside the VPC"]),
    ("function-not-public", t.FUNCTION_URL, {"authorizationType": "AWS_IAM"}, []),
    ("function-not-public", t.FUNCTION_URL, {"authorizationType": "NONE"}, ["its URL requires no IAM authorization"]),
    ("function-not-public", t.FUNCTION_URL, {"authorizationType": "AA"}, ["its URL requires no IAM authorization"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "*", "function": "f"},
        ["* may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "*", "function": "f",
        "principalOrgId": "o-a1b2c3d4e5"}, []),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "*", "function": "f", "principalOrgId": "o-*"},
        ["* may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "alexa-appkit.amazon.com", "function": "f"},
     ["alexa-appkit.amazon.com may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "alexa-appkit.amazon.com", "function": "f",
     "eventSourceToken": "amzn1.ask.skill.1"}, []),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "events.amazonaws.com", "function": "f"},
        ["events.amazonaws.com may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "events.amazonaws.com", "function": "f",
        "sourceArn": f"arn:aws:events:us-east-1:{_ACCOUNT}:rule/r"}, []),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "s3.amazonaws.com", "function": "f",
        "sourceArn": "arn:aws:s3:::drop"}, ["s3.amazonaws.com may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "s3.amazonaws.com", "function": "f",
        "sourceArn": "${aws:s3/bucket:Bucket::drop#arn}"}, ["s3.amazonaws.com may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "s3.amazonaws.com", "function": "f",
        "sourceArn": "arn:aws:s3:::drop", "sourceAccount": _ACCOUNT}, []),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "s3.amazonaws.com", "function": "f",
        "sourceAccount": "12"}, ["s3.amazonaws.com may invoke f for anybody"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "s3.amazonaws.com", "function": "f",
        "sourceAccount": _OTHER}, [f"s3.amazonaws.com may invoke f for account {_OTHER}"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": _OTHER, "function": "f"},
        [f"account {_OTHER} may invoke f"]),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": _ACCOUNT, "function": "f"}, []),
    ("function-not-public", t.FUNCTION_PERMISSION, {"principal": "s3.amazonaws.com.cn", "function": "f"},
        ["s3.amazonaws.com.cn may invoke f for anybody"]),
    # Streams
    ("stream-customer-key", t.STREAM, {"encryptionType": "KMS", "kmsKeyId": _KEY}, []),
    ("stream-customer-key", t.STREAM, {"encryptionType": "NONE", "kmsKeyId": _KEY}, ["is not encrypted"]),
    ("stream-customer-key", t.STREAM, {"encryptionType": "AES", "kmsKeyId": _KEY}, ["is not encrypted"]),
    ("stream-customer-key", t.STREAM, {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis"},
        ["kmsKeyId = 'alias/aws/kinesis' is no customer-managed key"]),
    ("stream-retention", t.STREAM, {"retentionPeriod": 168}, []),
    ("stream-retention", t.STREAM, {"retentionPeriod": 167}, ["keeps 167 hours"]),
    ("stream-retention", t.STREAM, {}, ["keeps 24 hours"]),
    ("firehose-encrypted", t.FIREHOSE,
        {"serverSideEncryption": {"enabled": True, "keyArn": _KEY}, "extendedS3Configuration": {"kmsKeyArn": _KEY}},
        []),
    ("firehose-encrypted", t.FIREHOSE, {"extendedS3Configuration": {"kmsKeyArn": _KEY}},
        ["is not encrypted"]),
    ("firehose-encrypted", t.FIREHOSE,
        {"serverSideEncryption": {"enabled": True}, "extendedS3Configuration": {"kmsKeyArn": _KEY}},
        [f"serverSideEncryption.keyArn {_NO_KEY}"]),
    ("firehose-encrypted", t.FIREHOSE,
        {"kinesisSourceConfiguration": {"kinesisStreamArn": "x"}, "extendedS3Configuration": {}},
        [f"extendedS3Configuration.kmsKeyArn {_NO_KEY}"]),
    ("firehose-encrypted", t.FIREHOSE,
        {"kinesisSourceConfiguration": {"kinesisStreamArn": "x"},
            "redshiftConfiguration": {"s3Configuration": {"bucketArn": "x"}}},
        [f"redshiftConfiguration.s3Configuration.kmsKeyArn {_NO_KEY}"]),
    ("firehose-encrypted", t.FIREHOSE,
        {"kinesisSourceConfiguration": {"kinesisStreamArn": "x"},
            "httpEndpointConfiguration": [{"s3BackupConfiguration": {"bucketArn": "x"}}]},
        [f"httpEndpointConfiguration.s3BackupConfiguration.kmsKeyArn {_NO_KEY}"]),
    ("firehose-error-backup", t.FIREHOSE, {"extendedS3Configuration": {"errorOutputPrefix": "e/"}}, []),
    ("firehose-error-backup", t.FIREHOSE, {"extendedS3Configuration": {"s3BackupMode": "Enabled"}}, []),
    ("firehose-error-backup", t.FIREHOSE, {"extendedS3Configuration": {"s3BackupMode": "Disabled"}},
        ["has no prefix and no backup for failed records"]),
    ("firehose-error-backup", t.FIREHOSE, {"extendedS3Configuration": {"s3BackupMode": "X", "bucketArn": "b"}},
        ["has no prefix and no backup for failed records"]),
    ("firehose-error-backup", t.FIREHOSE, {"httpEndpointConfiguration": {"s3BackupMode": "FailedDataOnly"}}, []),
    ("firehose-error-backup", t.FIREHOSE, {"httpEndpointConfiguration": {"url": "x"}},
        ["has no prefix and no backup for failed records"]),
    # Queues and topics
    ("queue-retention", t.QUEUE, {"messageRetentionSeconds": 1_300_000}, []),
    ("queue-retention", t.QUEUE, {"messageRetentionSeconds": 1_209_600}, []),
    ("queue-retention", t.QUEUE, {"messageRetentionSeconds": 1_209_599}, ["keeps messages for 14 days"]),
    ("queue-retention", t.QUEUE, {"messageRetentionSeconds": 86_400}, ["keeps messages for 1 days"]),
    ("queue-retention", t.QUEUE, {}, ["keeps messages for 4 days"]),
    ("queue-zero-delay", t.QUEUE, {"delaySeconds": 0}, []),
    ("queue-zero-delay", t.QUEUE, {"delaySeconds": 1}, ["delays each message by 1 s"]),
    ("queue-zero-delay", t.QUEUE, {}, []),
    ("subscription-tls", t.TOPIC_SUBSCRIPTION, {"protocol": "https", "endpoint": "https://desk.example"}, []),
    ("subscription-tls", t.TOPIC_SUBSCRIPTION, {"protocol": "HTTP", "endpoint": "desk.example"},
        ["delivers over plain HTTP"]),
    ("subscription-tls", t.TOPIC_SUBSCRIPTION, {"protocol": "https", "endpoint": "http://desk.example"},
        ["delivers over plain HTTP"]),
    ("subscription-tls", t.TOPIC_SUBSCRIPTION, {"protocol": "email", "endpoint": "a@desk.example"}, []),
    ("event-archive-retention", t.EVENT_ARCHIVE, {"retentionDays": 30}, []),
    ("event-archive-retention", t.EVENT_ARCHIVE, {"retentionDays": 29}, ["keeps events for 29 days"]),
    ("event-archive-retention", t.EVENT_ARCHIVE, {"retentionDays": 1}, ["keeps events for 1 days"]),
    ("event-archive-retention", t.EVENT_ARCHIVE, {"retentionDays": 0}, []),
    ("event-archive-retention", t.EVENT_ARCHIVE, {}, []),
    # Hosts
    ("imds-v2", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpTokens": "required"}}, []),
    ("imds-v2", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpTokens": "optional"}},
        ["answers metadata requests without a token"]),
    ("imds-v2", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpTokens": "zero"}},
        ["answers metadata requests without a token"]),
    ("imds-v2", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpEndpoint": "disabled"}}, []),
    ("imds-v2", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpEndpoint": "enabled"}},
        ["answers metadata requests without a token"]),
    ("imds-v2", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpEndpoint": "a"}},
        ["answers metadata requests without a token"]),
    ("imds-v2", t.INSTANCE, {"launchTemplate": {"id": "lt-1"}}, []),
    ("imds-v2", t.INSTANCE, {"launchTemplate": {"id": "lt-1"}, "metadataOptions": {"httpTokens": "optional"}},
        ["answers metadata requests without a token"]),
    ("imds-hop-limit", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpPutResponseHopLimit": 1}}, []),
    ("imds-hop-limit", t.LAUNCH_TEMPLATE, {"metadataOptions": {"httpPutResponseHopLimit": 2}},
        ["the hop limit of metadata responses is above 1"]),
    ("imds-hop-limit", t.LAUNCH_TEMPLATE, {}, ["the image decides on the hop limit"]),
    ("no-public-address", t.ELASTIC_IP, {}, []),
    ("no-public-address", t.ELASTIC_IP, {"instance": "i-1"}, ["gets a public address"]),
    ("no-public-address", t.ELASTIC_IP_ASSOCIATION, {"networkInterfaceId": "eni-1"}, ["gets a public address"]),
    ("no-public-address", t.ECS_SERVICE, {"networkConfiguration": {"assignPublicIp": True}},
        ["gets a public address"]),
    ("no-public-address", t.ECS_SERVICE, {"associatePublicIpAddress": True}, []),
    ("no-public-address", t.INSTANCE, {"associatePublicIpAddress": True}, ["gets a public address"]),
    ("no-public-address", t.LAUNCH_CONFIGURATION, {"associatePublicIpAddress": True}, ["gets a public address"]),
    ("no-public-address", t.LAUNCH_TEMPLATE, {"associatePublicIpAddress": True}, []),
    ("no-public-address", t.LAUNCH_TEMPLATE, {"networkInterfaces": [{"associatePublicIpAddress": "true"}]},
        ["gets a public address"]),
    ("no-public-address", t.LAUNCH_TEMPLATE, {"networkInterfaces": [{"associatePublicIpAddress": "false"}, {}]}, []),
    ("ebs-customer-key", t.VOLUME, {"encrypted": True, "kmsKeyId": _KEY}, []),
    ("ebs-customer-key", t.VOLUME, {"encrypted": True}, [f"kmsKeyId {_NO_KEY}"]),
    ("ebs-customer-key", t.VOLUME, {"kmsKeyId": _KEY}, ["a volume is not encrypted"]),
    ("ebs-customer-key", t.LAUNCH_TEMPLATE, {}, ["declares no volume, so the image decides on its encryption"]),
    ("ebs-customer-key", t.LAUNCH_TEMPLATE,
        {"blockDeviceMappings": [{"ebs": {"encrypted": "true", "kmsKeyId": _KEY}}, {"noDevice": "x"}]}, []),
    ("ebs-customer-key", t.LAUNCH_TEMPLATE, {"blockDeviceMappings": [{"ebs": {"encrypted": "false"}}]},
        ["a volume is not encrypted"]),
    ("ebs-customer-key", t.INSTANCE, {}, ["a volume is not encrypted"]),
    ("ebs-customer-key", t.INSTANCE, {"launchTemplate": {"id": "lt-1"}}, []),
    ("ebs-customer-key", t.INSTANCE,
        {"rootBlockDevice": {"encrypted": True, "kmsKeyId": _KEY}, "ebsBlockDevices": [{"encrypted": False}]},
        ["a volume is not encrypted"]),
    ("ebs-customer-key", t.LAUNCH_CONFIGURATION, {"rootBlockDevice": {"encrypted": True}}, []),
    ("ebs-customer-key", t.LAUNCH_CONFIGURATION, {}, ["a volume is not encrypted"]),
    ("ebs-optimised", t.INSTANCE, {"instanceType": "c7g.large"}, []),
    ("ebs-optimised", t.INSTANCE, {"instanceType": "m3.medium"}, ["is not EBS-optimised"]),
    ("ebs-optimised", t.INSTANCE, {"instanceType": "c7g.large", "ebsOptimized": False},
        ["is not EBS-optimised"]),
    ("ebs-optimised", t.INSTANCE, {"launchTemplate": {"id": "lt-1"}, "instanceType": "m3.medium"}, []),
    ("detailed-monitoring", t.INSTANCE, {"monitoring": True}, []),
    ("detailed-monitoring", t.INSTANCE, {}, ["has metrics of five minutes, not of one"]),
    ("detailed-monitoring", t.INSTANCE, {"launchTemplate": {"id": "lt-1"}}, []),
    ("detailed-monitoring", t.LAUNCH_TEMPLATE, {"monitoring": {"enabled": True}}, []),
    ("detailed-monitoring", t.LAUNCH_TEMPLATE, {}, ["has metrics of five minutes, not of one"]),
    ("detailed-monitoring", t.LAUNCH_CONFIGURATION, {}, []),
    ("detailed-monitoring", t.LAUNCH_CONFIGURATION, {"enableMonitoring": False},
        ["has metrics of five minutes, not of one"]),
    ("source-destination-check", t.INSTANCE, {}, []),
    ("source-destination-check", t.INSTANCE, {"sourceDestCheck": False}, ["has no source/destination check"]),
    ("source-destination-check", t.NETWORK_INTERFACE, {"sourceDestCheck": False},
        ["has no source/destination check"]),
    # Keys and secrets
    ("key-enabled", t.KEY, {}, []),
    ("key-enabled", t.KEY, {"isEnabled": False}, ["is disabled"]),
    ("key-enabled", t.KEY, {"enabled": False}, []),
    ("key-enabled", t.REPLICA_KEY, {"enabled": False}, ["is disabled"]),
    ("key-enabled", t.REPLICA_KEY, {}, []),
    ("key-enabled", "aws:kms/externalKey:ExternalKey", {}, ["is disabled"]),
    ("key-enabled", "aws:kms/externalKey:ExternalKey", {"enabled": True}, []),
    ("key-deletion-window", t.KEY, {}, []),
    ("key-deletion-window", t.KEY, {"deletionWindowInDays": 30}, []),
    ("key-deletion-window", t.KEY, {"deletionWindowInDays": 29}, ["is deleted 29 days after the request"]),
    ("secret-replicated", t.SECRET, {"replicas": [{"region": "us-west-2"}]}, []),
    ("secret-replicated", t.SECRET, {}, ["exists in only one region"]),
    ("secret-recoverable", t.SECRET, {}, []),
    ("secret-recoverable", t.SECRET, {"recoveryWindowInDays": 7}, []),
    ("secret-recoverable", t.SECRET, {"recoveryWindowInDays": 0}, ["can be restored for only 0 days"]),
    ("secret-rotated", t.SECRET, {}, ["has no rotation"]),
    ("secret-rotated", t.SECRET_ROTATION, {"secretId": "x", "rotationRules": {"automaticallyAfterDays": 90}}, []),
    ("secret-rotated", t.SECRET_ROTATION, {"secretId": "x", "rotationRules": {"automaticallyAfterDays": 91}},
        ["rotates every 91 days"]),
    ("secret-rotated", t.SECRET_ROTATION,
        {"secretId": "x", "rotationRules": {"scheduleExpression": "rate(2160 hours)"}}, []),
    ("secret-rotated", t.SECRET_ROTATION,
        {"secretId": "x", "rotationRules": {"scheduleExpression": "rate(100 days)"}}, ["rotates every 100 days"]),
    ("secret-rotated", t.SECRET_ROTATION,
        {"secretId": "x", "rotationRules": {"scheduleExpression": "cron(0 8 1 * ? 2027)"}},
        ["rotates by a schedule that ends"]),
]
# fmt: on


@pytest.mark.parametrize(
    ("rule", "type_", "properties", "said"),
    CASES,
    ids=[f"{c[0]}-{c[1].split(':')[-1]}-{n}" for n, c in enumerate(CASES)],
)
def test_a_resource_at_the_edge_of_a_rule(rule: str, type_: str, properties: Json, said: list[str]) -> None:
    """One property on either side of what the rule allows, with the message that says which."""
    assert refused(rule, (type_, "x", properties)) == said


def test_each_volume_of_a_launch_configuration_is_judged() -> None:
    """A volume that is encrypted with the default key does not end the judgement."""
    devices = [{"deviceName": "/dev/sdb", "encrypted": True}, {"deviceName": "/dev/sdc", "encrypted": False}]
    host = (t.LAUNCH_CONFIGURATION, "x", {"rootBlockDevice": {"encrypted": True}, "ebsBlockDevices": devices})
    assert refused("ebs-customer-key", host) == ["a volume is not encrypted"]


@pytest.mark.parametrize(
    ("regions", "witness", "said"),
    [
        (["us-east-2", "us-west-2"], None, []),
        (["us-west-2"], "us-east-2", []),
        (["us-west-2"], None, ["is in 2 regions with its witness, not in 3"]),
        (
            ["us-east-2", "us-west-2", "us-west-1"],
            None,
            [
                "is in 4 regions with its witness, not in 3",
                "us-east-1, us-east-2, us-west-1, us-west-2 are not of one set of regions",
            ],
        ),
        (["us-east-2", "eu-west-1"], None, ["eu-west-1, us-east-1, us-east-2 are not of one set of regions"]),
    ],
)
def test_strong_consistency_is_of_three_regions_of_one_set(
    regions: list[str], witness: str | None, said: list[str]
) -> None:
    """The table's own region, its replicas', and its witness's."""
    replicas = [{"regionName": region, "consistencyMode": "STRONG"} for region in regions]
    table = {"replicas": replicas, **({"globalTableWitness": {"regionName": witness}} if witness else {})}
    assert refused("table-strong-consistency", (t.TABLE, "x", table)) == said


@pytest.mark.parametrize(("name", "enabled", "count"), [("fills", True, 1), ("fills", False, 0), ("cache", True, 0)])
def test_tables_of_records_have_no_time_to_live(name: str, enabled: bool, count: int) -> None:
    """By the name of the table, or by its logical name where pulumi makes the name."""
    ttl = {"ttl": {"enabled": enabled, "attributeName": "expires"}}
    said = ["deletes items by expires"] * count
    assert refused("table-records-last", (t.TABLE, "x", {"name": name, **ttl}), records=["fills*"]) == said
    assert refused("table-records-last", (t.TABLE, name, ttl), records=["fills*"]) == said


_FUNCTION = (t.FUNCTION, "f", {"name": "f"})
_NAME = "${aws:lambda/function:Function::f#name}"


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([], 0),
        ([(t.FUNCTION_PERMISSION, "p", {"function": _NAME, "principal": "events.amazonaws.com"})], 1),
        ([(t.FUNCTION_PERMISSION, "p", {"function": _NAME, "principal": "apigateway.amazonaws.com"})], 0),
        ([(t.FUNCTION_PERMISSION, "p", {"function": "other", "principal": "sns.amazonaws.com"})], 0),
        (
            [
                (t.FUNCTION_PERMISSION, "p", {"function": _NAME, "principal": "events.amazonaws.com"}),
                (
                    t.INVOKE_CONFIG,
                    "i",
                    {"functionName": _NAME, "destinationConfig": {"onFailure": {"destination": "arn:x"}}},
                ),
            ],
            0,
        ),
        (
            [
                (t.FUNCTION_PERMISSION, "p", {"function": _NAME, "principal": "events.amazonaws.com"}),
                (t.INVOKE_CONFIG, "i", {"functionName": _NAME, "maximumRetryAttempts": 1}),
            ],
            1,
        ),
    ],
)
def test_events_of_asynchronous_functions_are_kept(entries: list[Any], count: int) -> None:
    """A dead-letter target or a destination on failure."""
    assert len(refused("function-dead-letter", _FUNCTION, *entries)) == count
    kept = (t.FUNCTION, "f", {"name": "f", "deadLetterConfig": {"targetArn": "arn:x"}})
    assert refused("function-dead-letter", kept, *entries) == []


def test_functions_outside_the_vpc_are_named() -> None:
    """The parameter gives the reason for each."""
    assert refused("function-in-vpc", _FUNCTION, outside={"f*": "reads public prices"}) == []
    assert len(refused("function-in-vpc", _FUNCTION, outside={"g": "reads public prices"})) == 1


@pytest.mark.parametrize(
    ("count", "load", "utilisation", "wanted"),
    [
        (10, (8000, 100), 80, None),
        (9, (8000, 100), 80, 10),
        (10, (8001, 100), 80, 11),
        (5, (1000, 5000), 100, None),
        (4, (1000, 5000), 100, 5),
        (5, (1001, 5000), 100, 6),
        (2, (1000, 1000), 50, None),
        (1, (1000, 1000), 50, 2),
        (None, (1, 1), 80, 1),
    ],
)
def test_a_stream_has_shards_for_its_peak(
    count: Any, load: tuple[int, int], utilisation: int, wanted: int | None
) -> None:
    """By records and by bytes, at the utilisation that is asked for."""
    loads = {"feed*": {"recordsPerSecond": load[0], "recordBytes": load[1]}}
    stream = (t.STREAM, "s", {"name": "feed-a", "shardCount": count})
    said = refused("stream-shards", stream, loads=loads, targetUtilisation=utilisation)
    text = f"has {count or 0} shards; {load[0]}/s of {load[1]} bytes at {utilisation} % need {wanted}"
    assert said == ([text] if wanted else [])
    on_demand = (t.STREAM, "s", {"name": "feed-a", "streamModeDetails": {"streamMode": "ON_DEMAND"}})
    assert refused("stream-shards", on_demand, loads=loads, targetUtilisation=utilisation) == []


@pytest.mark.parametrize(("mappings", "deliveries", "count"), [(2, 0, 0), (3, 0, 1), (1, 2, 1), (1, 1, 0), (0, 3, 1)])
def test_more_than_two_readers_need_fan_out(mappings: int, deliveries: int, count: int) -> None:
    """Mappings of functions and delivery streams share the shards."""
    arn = "${aws:kinesis/stream:Stream::s#arn}"
    readers: list[Any] = [(t.EVENT_SOURCE_MAPPING, f"m{n}", {"eventSourceArn": arn}) for n in range(mappings)]
    readers += [
        (t.FIREHOSE, f"d{n}", {"kinesisSourceConfiguration": {"kinesisStreamArn": arn}}) for n in range(deliveries)
    ]
    said = refused("stream-fan-out", (t.STREAM, "s", {"name": "s"}), *readers)
    assert said == [f"{mappings + deliveries} readers share each shard; 2 keep up with a full one"] * count


_TARGET = "${aws:sqs/queue:Queue::dead#arn}"
_DEAD = (t.QUEUE, "dead", {"name": "dead"})


@pytest.mark.parametrize(
    ("queue", "others", "said"),
    [
        ({"redrivePolicy": {"deadLetterTargetArn": _TARGET, "maxReceiveCount": 3}}, [_DEAD], []),
        ({"redrivePolicy": {"maxReceiveCount": 3}}, [], ["its redrive policy names no queue"]),
        ({"name": "q"}, [], ["has no dead-letter queue and is not one"]),
        ({"name": "last-stop"}, [], []),
        (
            {"name": "q"},
            [
                _DEAD,
                (
                    t.REDRIVE_POLICY,
                    "r",
                    {
                        "queueUrl": "${aws:sqs/queue:Queue::q#id}",
                        "redrivePolicy": json.dumps({"deadLetterTargetArn": _TARGET}),
                    },
                ),
            ],
            [],
        ),
        (
            {"name": "q"},
            [
                (
                    "aws:cloudwatch/eventTarget:EventTarget",
                    "e",
                    {"arn": "x", "deadLetterConfig": {"arn": "${aws:sqs/queue:Queue::q#arn}"}},
                )
            ],
            [],
        ),
        (
            {"name": "q"},
            [
                (
                    "aws:sns/topicSubscription:TopicSubscription",
                    "e",
                    {"redrivePolicy": json.dumps({"deadLetterTargetArn": "${aws:sqs/queue:Queue::q#arn}"})},
                )
            ],
            [],
        ),
    ],
)
def test_a_queue_has_a_dead_letter_queue_or_is_one(queue: Json, others: list[Any], said: list[str]) -> None:
    """By its own policy, by one apart, or because something sends its failures to it."""
    assert refused("queue-dead-letter", (t.QUEUE, "q", queue), *others, ends=["last-*", "dead"]) == said


_LOAD = {"messagesPerSecond": 3000, "groupMessagesPerSecond": 300, "batch": 10}
_HIGH = {"fifoThroughputLimit": "perMessageGroupId", "deduplicationScope": "messageGroup"}


@pytest.mark.parametrize(
    ("queue", "load", "said"),
    [
        ({}, _LOAD, []),
        ({}, {**_LOAD, "messagesPerSecond": 3001}, ["must take 3001 messages a second; its mode takes 3000"]),
        (_HIGH, {**_LOAD, "messagesPerSecond": 700_000}, []),
        (
            _HIGH,
            {**_LOAD, "messagesPerSecond": 700_001},
            ["must take 700001 messages a second; its mode takes 700000"],
        ),
        ({**_HIGH, "region": "sa-east-1"}, {**_LOAD, "messagesPerSecond": 24_000}, []),
        (
            {**_HIGH, "region": "sa-east-1"},
            {**_LOAD, "messagesPerSecond": 24_001},
            ["must take 24001 messages a second; its mode takes 24000"],
        ),
        (_HIGH, {**_LOAD, "groupMessagesPerSecond": 3000}, []),
        (
            _HIGH,
            {**_LOAD, "groupMessagesPerSecond": 3001},
            ["must take 3001 messages of one group a second; its mode takes 3000"],
        ),
        (
            {**_HIGH, "deduplicationScope": "queue"},
            {**_LOAD, "messagesPerSecond": 3001},
            ["must take 3001 messages a second; its mode takes 3000"],
        ),
        (
            {**_HIGH, "fifoThroughputLimit": "perQueue"},
            {**_LOAD, "messagesPerSecond": 3001},
            ["must take 3001 messages a second; its mode takes 3000"],
        ),
    ],
)
def test_an_ordered_queue_takes_its_rate(queue: Json, load: Json, said: list[str]) -> None:
    """300 calls a second, or the region's limit with high throughput, times the batch."""
    assert refused("fifo-rate", (t.QUEUE, "q", {"name": "fills.fifo", **queue}), loads={"fills*": load}) == said


@pytest.mark.parametrize(
    ("region", "calls"),
    [
        ("us-east-1", 70_000),
        ("us-west-2", 70_000),
        ("eu-west-1", 70_000),
        ("us-east-2", 19_000),
        ("eu-central-1", 19_000),
        ("ap-northeast-1", 9_000),
        ("eu-west-2", 4_500),
        ("ca-central-1", 2_400),
    ],
)
def test_the_rate_of_high_throughput_depends_on_the_region(region: str, calls: int) -> None:
    """SQS Developer Guide, "Amazon SQS message quotas": transactions per second and API action."""
    queue = (t.QUEUE, "q", {"name": "fills.fifo", **_HIGH, "region": region})
    for rate, count in ((calls * 10, 0), (calls * 10 + 1, 1)):
        assert len(refused("fifo-rate", queue, loads={"fills*": {**_LOAD, "messagesPerSecond": rate}})) == count


def test_a_rotation_is_judged_with_its_secret() -> None:
    """Once, by the secret of the plan."""
    secret = (t.SECRET, "s", {})
    identity = "${aws:secretsmanager/secret:Secret::s#id}"
    rotation = (t.SECRET_ROTATION, "r", {"secretId": identity, "rotationRules": {"automaticallyAfterDays": 120}})
    assert refused("secret-rotated", secret, rotation) == ["rotates every 120 days"]


def test_routers_may_send_for_others() -> None:
    """By the logical name, or by the tag Name."""
    for entry in ((t.INSTANCE, "nat-a", {}), (t.INSTANCE, "x", {"tags": {"Name": "nat-b"}})):
        host = (entry[0], entry[1], {**entry[2], "sourceDestCheck": False})
        assert refused("source-destination-check", host, routers=["nat-*"]) == []
        assert len(refused("source-destination-check", host, routers=["proxy-*"])) == 1
