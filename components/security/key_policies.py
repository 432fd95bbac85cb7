"""Key policies: the permitted users of each customer-managed key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pulumi

from components.security.policies import Statement, policy_document
from components.settings import Settings


class DataClass(StrEnum):
    """Classes of data, each with a key of its own."""

    RECORDS = "records"
    """S3 trades, market data, audit."""
    DATABASE = "database"
    """RDS, EFS, EBS snapshots, cache."""
    STREAMS = "streams"
    """Kinesis, Firehose, SQS, SNS, EventBridge."""
    TABLES = "tables"
    """DynamoDB."""
    SECRETS = "secrets"
    """Secrets Manager, Systems Manager parameters."""
    LOGS = "logs"
    """CloudWatch Logs, CloudTrail, Config, flow logs."""
    COMPUTE = "compute"
    """EBS volumes, EKS secrets, ECR, Lambda environments, the program's repository."""
    BACKUP = "backup"
    """AWS Backup vaults."""


# Services through which principals of the account can use each key, by the value of `kms:ViaService` (KMS Developer
# Guide, "AWS KMS condition keys", list of services).
_VIA: Mapping[DataClass, tuple[str, ...]] = {
    DataClass.RECORDS: ("s3", "backup"),
    DataClass.DATABASE: ("rds", "elasticfilesystem", "elasticache", "ec2", "backup"),
    DataClass.STREAMS: ("kinesis", "firehose", "sqs", "sns", "events", "lambda"),
    DataClass.TABLES: ("dynamodb", "backup"),
    DataClass.SECRETS: ("secretsmanager", "ssm", "rds"),
    DataClass.LOGS: ("s3", "xray", "aps"),
    DataClass.COMPUTE: ("ec2", "autoscaling", "eks", "ecr", "ecs", "lambda", "codebuild", "codecommit"),
    DataClass.BACKUP: ("backup", "ec2", "rds", "elasticfilesystem", "dynamodb", "s3"),
}

_ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReplicateKey",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
    "kms:UpdatePrimaryRegion",
]
# All cryptographic actions, without administration. DynamoDB calls them on behalf of the caller that reads or writes
# items (DynamoDB Developer Guide, "DynamoDB encryption at rest: usage notes").
KEY_USE = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
_ENCRYPT_AND_READ_BACK = ["kms:Decrypt", "kms:GenerateDataKey*"]


@dataclass(frozen=True)
class KeyUsers:
    """Inputs of one region's key policies: `settings` for account, region and names; `autoscaling_role` is the ARN of
    EC2 Auto Scaling's service-linked role."""

    settings: Settings
    autoscaling_role: pulumi.Input[str]

    def policy(self, data_class: DataClass) -> pulumi.Output[str]:
        """Return the policy of the key of one class."""
        return policy_document(*self._common_statements(data_class), *self._service_statements(data_class))

    def _common_statements(self, data_class: DataClass) -> Iterator[Statement]:
        region, account = self.settings.region.name, self.settings.general.account_id
        account_principal = {"AWS": f"arn:aws:iam::{account}:root"}
        via = {"kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in _VIA[data_class]]}
        yield Statement("AdministerThroughIam", _ADMINISTRATION, ["*"], principals=account_principal)
        yield Statement(
            "UseThroughItsServices", KEY_USE, ["*"], principals=account_principal, conditions={"StringEquals": via}
        )
        yield Statement(
            "GrantToItsServices",
            ["kms:CreateGrant"],
            ["*"],
            principals=account_principal,
            conditions={"StringEquals": via, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        )

    def _service_statements(self, data_class: DataClass) -> Iterator[Statement]:
        match data_class:
            case DataClass.LOGS:
                yield from self._log_writer_statements()
            case DataClass.STREAMS:
                yield from self._publisher_statements()
            case DataClass.COMPUTE:
                yield from self._instance_launcher()

    def _log_writer_statements(self) -> Iterator[Statement]:
        region, account = self.settings.region.name, self.settings.general.account_id
        yield Statement(
            "CloudWatchLogs",
            KEY_USE,
            ["*"],
            principals={"Service": f"logs.{region}.amazonaws.com"},
            conditions={
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:*"}
            },
        )
        yield self._service("LogDelivery", "delivery.logs", f"arn:aws:logs:{region}:{account}:*")
        yield self._service("Config", "config")
        if self.settings.is_primary:
            yield self._trail()

    def _trail(self) -> Statement:
        general = self.settings.general
        return Statement(
            "CloudTrail",
            ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"],
            ["*"],
            principals={"Service": "cloudtrail.amazonaws.com"},
            conditions={
                "StringEquals": {"aws:SourceArn": trail_arn(self.settings)},
                "StringLike": {
                    "kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{general.account_id}:trail/*"
                },
            },
        )

    def _publisher_statements(self) -> Iterator[Statement]:
        region, account = self.settings.region.name, self.settings.general.account_id
        yield self._service("SnsToQueues", "sns", f"arn:aws:sns:{region}:{account}:*")
        yield self._service("AlarmsToTopics", "cloudwatch", f"arn:aws:cloudwatch:{region}:{account}:alarm:*")
        yield self._service(
            "EventsToTargets",
            "events",
            f"arn:aws:events:{region}:{account}:*",
            extra=("kms:DescribeKey", "kms:ReEncrypt*"),
        )
        yield Statement(
            "RulesToTopics",
            _ENCRYPT_AND_READ_BACK,
            ["*"],
            principals={"Service": "events.amazonaws.com"},
            # SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": for a topic, EventBridge sends
            # neither source account nor source ARN. The encryption context names the topic.
            conditions={"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{region}:{account}:*"}},
        )
        yield self._service("ConfigToTopics", "config")
        yield self._service("BackupToTopics", "backup")
        yield self._service("BudgetsToTopics", "budgets", f"arn:aws:budgets::{account}:*")
        yield self._service("CostAlertsToTopics", "costalerts")

    def _instance_launcher(self) -> Iterator[Statement]:
        principal = {"AWS": self.autoscaling_role}
        yield Statement("AutoScaling", KEY_USE, ["*"], principals=principal)
        yield Statement(
            "AutoScalingGrants",
            ["kms:CreateGrant"],
            ["*"],
            principals=principal,
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )

    def _service(self, sid: str, service: str, source: str | None = None, extra: tuple[str, ...] = ()) -> Statement:
        """Allow a service to use the key for resources of this account only, to prevent the confused deputy problem."""
        account = {"StringEquals": {"aws:SourceAccount": self.settings.general.account_id}}
        return Statement(
            sid,
            [*_ENCRYPT_AND_READ_BACK, *extra],
            ["*"],
            principals={"Service": f"{service}.amazonaws.com"},
            conditions={**account, **({"ArnLike": {"aws:SourceArn": source}} if source else {})},
        )


def trail_arn(settings: Settings) -> str:
    """ARN of the platform's trail, which the policies of its key and its bucket name before the trail exists."""
    general = settings.general
    return f"arn:aws:cloudtrail:{general.primary_region}:{general.account_id}:trail/{trail_name(settings)}"


def trail_name(settings: Settings) -> str:
    """Name of the one trail, which the primary declares for both regions."""
    return settings.shared_name("trail")
