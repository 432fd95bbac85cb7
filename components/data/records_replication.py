"""Two-way S3 replication of the records between the regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.records import RecordClass, RecordsBuckets
from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

# Minutes of S3 Replication Time Control: 99.99 % of objects replicate within 15 minutes, the only value that S3 accepts
# (S3 User Guide, "Meeting compliance requirements with S3 Replication Time Control").
REPLICATION_MINUTES = 15


@dataclass(frozen=True)
class RecordsReplicationArgs:
    """`here` are the buckets of the recovery region and `key_arn` its key of the class RECORDS. `primary_names` and
    `primary_key_arn` are the primary's. `primary_side` is the primary's provider, None once this region is active."""

    settings: Settings
    here: RecordsBuckets
    key_arn: pulumi.Input[str]
    primary_names: pulumi.Input[Mapping[str, Any]]
    primary_key_arn: pulumi.Input[str]
    primary_side: pulumi.ProviderResource | None


class RecordsReplication(Layer):
    """Replicates all objects of the primary to the recovery region within 15 minutes, with locks and delete markers.

    The reverse replication is declared at the same time and has no effect while the primary writes. Objects that the
    recovery region writes after a takeover reach the primary's buckets when they are available again. S3 does not
    replicate replicas, so the two directions cannot form a loop.
    """

    def __init__(self, name: str, args: RecordsReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:RecordsReplication", name, opts)
        self._args = args
        self.role = self._role()
        for record in RecordClass:
            if args.primary_side:
                self._replicate_to_recovery(record, args.primary_side)
            self._replicate_to_primary(record)
        self.register_outputs({"roleArn": self.role.arn})

    def _replicate_to_recovery(self, record: RecordClass, primary_side: pulumi.ProviderResource) -> None:
        target = self._args.here.bucket(record)
        aws.s3.BucketReplicationConfig(
            f"{record}-to-recovery",
            bucket=self._primary_name(record),
            role=self.role.arn,
            rules=[_rule(record, target.arn, self._args.key_arn)],
            opts=self.in_primary_region(primary_side, *target.ready, self.permissions),
        )

    def _replicate_to_primary(self, record: RecordClass) -> None:
        source = self._args.here.bucket(record)
        aws.s3.BucketReplicationConfig(
            f"{record}-to-primary",
            bucket=source.bucket.id,
            role=self.role.arn,
            rules=[_rule(record, self._primary_arn(record), self._args.primary_key_arn)],
            opts=self.after(*source.ready, self.permissions),
        )

    def _role(self) -> aws.iam.Role:
        general = self._args.settings.general
        role = aws.iam.Role(
            "records-replication",
            name=self._args.settings.name("records-replication"),
            description="S3 replicates the records between the regions",
            assume_role_policy=trust_of_service("s3.amazonaws.com", general.account_id),
            opts=self.child,
        )
        self.permissions = aws.iam.RolePolicy(
            "records-replication",
            role=role.name,
            name="replicate",
            policy=policy_document(*self._statements()),
            opts=self.child,
        )
        return role

    def _statements(self) -> Iterator[Statement]:
        """S3 User Guide, "Setting up permissions for live replication", with the retention of locked objects."""
        general = self._args.settings.general
        buckets = [
            arn for record in RecordClass for arn in (self._args.here.bucket(record).arn, self._primary_arn(record))
        ]
        objects = [pulumi.Output.concat(bucket, "/*") for bucket in buckets]
        yield Statement("ReadConfiguration", ["s3:GetReplicationConfiguration", "s3:ListBucket"], buckets)
        yield Statement(
            "ReadSource",
            [
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            objects,
        )
        yield Statement("WriteReplicas", ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], objects)
        keys = {general.primary_region: self._args.primary_key_arn, general.dr_region: self._args.key_arn}
        for sid, (region, key) in zip(("KeyOfPrimary", "KeyOfRecovery"), keys.items(), strict=True):
            yield Statement(
                sid,
                ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                [key],
                conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
            )

    def _primary_name(self, record: RecordClass) -> pulumi.Output[str]:
        names = pulumi.Output.from_input(self._args.primary_names)
        return names.apply(lambda by_class: by_class[record.value])

    def _primary_arn(self, record: RecordClass) -> pulumi.Output[str]:
        return pulumi.Output.concat("arn:aws:s3:::", self._primary_name(record))


def _rule(record: RecordClass, target: pulumi.Input[str], key_arn: pulumi.Input[str]) -> Any:
    minutes = {"status": "Enabled", "time": {"minutes": REPLICATION_MINUTES}}
    return {
        "id": record.value,
        "status": "Enabled",
        "priority": 1,
        "filter": {"prefix": ""},
        # A delete marker hides the current version; the locked versions stay in both regions.
        "delete_marker_replication": {"status": "Enabled"},
        "source_selection_criteria": {
            "sse_kms_encrypted_objects": {"status": "Enabled"},
            # Tags and holds that change on a replica are replicated back to its source.
            "replica_modifications": {"status": "Enabled"},
        },
        "destination": {
            "bucket": target,
            "encryption_configuration": {"replica_kms_key_id": key_arn},
            "replication_time": minutes,
            "metrics": {"status": "Enabled", "event_threshold": {"minutes": REPLICATION_MINUTES}},
        },
    }
