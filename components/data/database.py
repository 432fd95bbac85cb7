"""The trade history database: the primary instance, and its replica in the recovery region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.database_prerequisites import LOGS, DatabasePrerequisites, DatabasePrerequisitesArgs
from components.data.tags import BACKED_UP
from components.layer import Layer
from components.network.flows import POSTGRESQL
from components.network.vpc import Zone
from components.settings import Settings
from components.settings.data import InsightsMode, StorageType

# Days of Performance Insights retention that each mode of Database Insights requires (CloudWatch User Guide, "Turning
# on the Advanced mode of Database Insights").
_INSIGHTS_DAYS = {InsightsMode.STANDARD: 7, InsightsMode.ADVANCED: 465}


@dataclass(frozen=True)
class DatabaseArgs:
    """`security_group_id` decides who can connect; `key_arn` is this region's key of the class DATABASE, `logs_key_arn`
    of the class LOGS.

    The primary passes `password`, the recovery region `source_arn`, the instance to replicate.
    """

    settings: Settings
    zones: Sequence[Zone]
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    password: pulumi.Input[str] | None = None
    source_arn: pulumi.Input[str] | None = None


class Database(Layer):
    """PostgreSQL with storage, backups, Performance Insights and logs under customer keys, reached by TLS from the app
    tier.

    The primary has a Multi-AZ standby and a reader. The recovery region has an asynchronous cross-region replica in the
    pilot light's size; an active recovery region has the primary's instance class, Multi-AZ standby, reader and
    backups. The runbook promotes the replica, because a deployment takes too long. The program ignores
    `replicate_source_db` after creation: removing it would promote the replica again, and setting it would replace the
    promoted database by a new replica of a region that may be lost.
    """

    instance: aws.rds.Instance
    reader: aws.rds.Instance | None

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:Database", name, opts)
        self._args = args
        self._settings = args.settings
        self.identifier = args.settings.name("trade-history")
        self._reader_identifier = f"{self.identifier}-reader"
        has_reader = args.settings.sizes.db_reader
        self.ground = DatabasePrerequisites(
            "database-ground",
            DatabasePrerequisitesArgs(
                args.settings,
                zones=args.zones,
                identifiers=[self.identifier, *([self._reader_identifier] if has_reader else [])],
                logs_key_arn=args.logs_key_arn,
            ),
            self.child,
        )
        self.instance = self._primary() if args.settings.is_primary else self._replica()
        self.reader = self._reader() if has_reader else None
        self.address = self.instance.address
        self.arn = self.instance.arn
        self.register_outputs({"identifier": self.identifier, "address": self.address, "arn": self.arn})

    @property
    def resource_id(self) -> pulumi.Output[str]:
        """Resource id for IAM database authentication (`arn:aws:rds-db:<region>:<account>:dbuser:<resource
        id>/<user>`)."""
        return self.instance.resource_id

    def _primary(self) -> aws.rds.Instance:
        data = self._settings.data
        if self._args.password is None:
            raise ValueError("the primary's database needs a password; pass `password`")
        return aws.rds.Instance(
            "trade-history",
            identifier=self.identifier,
            engine="postgres",
            engine_version=data.db_engine_version,
            db_name=data.db_name,
            username=data.db_username,
            # Write-only: the provider sends the password to RDS once and does not store it; rotation replaces it. RDS
            # cannot manage it in Secrets Manager, because a database with a managed password cannot have replicas.
            password_wo=pulumi.Output.secret(self._args.password),
            password_wo_version=1,
            allocated_storage=data.db_storage_gib,
            max_allocated_storage=data.db_max_storage_gib,
            db_subnet_group_name=self.ground.subnet_group.name,
            backup_retention_period=data.db_backup_days,
            backup_window=data.db_backup_window,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{self.identifier}-final",
            multi_az=self._settings.sizes.db_multi_az,
            tags={"Name": self.identifier, **BACKED_UP},
            **self._common(),
            opts=self._options(),
        )

    def _replica(self) -> aws.rds.Instance:
        active = self._settings.general.active
        data = self._settings.data
        backups: dict[str, Any] = {
            "backup_retention_period": data.db_backup_days if active else 0,
            "backup_window": data.db_backup_window if active else None,
            # RDS takes no final snapshot of a replica; it must take one of a promoted database.
            "skip_final_snapshot": not active,
            "final_snapshot_identifier": f"{self.identifier}-final" if active else None,
        }
        return aws.rds.Instance(
            "trade-history",
            identifier=self.identifier,
            replicate_source_db=self._args.source_arn,
            max_allocated_storage=data.db_max_storage_gib,
            db_subnet_group_name=self.ground.subnet_group.name,
            multi_az=self._settings.sizes.db_multi_az,
            # A region that takes over needs the primary's size immediately and not in the next maintenance window.
            apply_immediately=active,
            tags={"Name": self.identifier, **BACKED_UP},
            **backups,
            **self._common(),
            opts=pulumi.ResourceOptions.merge(
                self._options(), pulumi.ResourceOptions(ignore_changes=["replicateSourceDb"])
            ),
        )

    def _reader(self) -> aws.rds.Instance:
        data = self._settings.data
        return aws.rds.Instance(
            "trade-history-reader",
            identifier=self._reader_identifier,
            # The identifier and not the ARN: a replica in the same region takes its subnet group from its source.
            replicate_source_db=self.instance.identifier,
            # The storage limit of its source: a replica without space for replicated data stops.
            max_allocated_storage=data.db_max_storage_gib,
            backup_retention_period=0,
            skip_final_snapshot=True,
            multi_az=False,
            tags={"Name": self._reader_identifier},
            # A reader has no data of its own, and is deleted when the stack is made smaller.
            **{**self._common(), "deletion_protection": False},
            opts=self.after(*self.ground.logs),
        )

    def _common(self) -> dict[str, Any]:
        """Properties of every instance, including replicas, so that a promoted replica equals the instance that it
        replaces."""
        data, key = self._settings.data, self._args.key_arn
        return {
            "instance_class": self._settings.sizes.db_instance_class,
            "storage_type": data.db_storage_type.value,
            "iops": data.db_iops,
            "storage_throughput": data.db_throughput if data.db_storage_type is StorageType.GP3 else None,
            "storage_encrypted": True,
            "kms_key_id": key,
            "port": POSTGRESQL,
            "publicly_accessible": False,
            "vpc_security_group_ids": [self._args.security_group_id],
            "parameter_group_name": self.ground.parameters.name,
            # No certificate authority is named: a new instance gets rds-ca-rsa2048-g1, whose certificates RDS renews
            # without a restart. Naming it would cause a modification right after the creation.
            "iam_database_authentication_enabled": True,
            "copy_tags_to_snapshot": True,
            "delete_automated_backups": False,
            "deletion_protection": True,
            # No automatic minor upgrades: operators upgrade both regions together, replicas first.
            "auto_minor_version_upgrade": False,
            "allow_major_version_upgrade": False,
            "maintenance_window": data.db_maintenance_window,
            "database_insights_mode": data.db_insights.value,
            "performance_insights_enabled": True,
            "performance_insights_kms_key_id": key,
            "performance_insights_retention_period": _INSIGHTS_DAYS[data.db_insights],
            "monitoring_interval": data.db_monitoring_seconds,
            "monitoring_role_arn": self.ground.monitoring_role.arn,
            "enabled_cloudwatch_logs_exports": list(LOGS),
        }

    def _options(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self.stateful, self.after(*self.ground.logs))
