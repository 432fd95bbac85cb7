"""The ElastiCache replication group for market data, if the settings ask for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.flows import REDIS
from components.network.vpc import Zone
from components.settings import Settings

_ENGINE = "valkey"
_LOGS = ("engine-log", "slow-log")


@dataclass(frozen=True)
class CacheArgs:
    """`security_group_id` decides who can connect; `key_arn` is this region's key of the class DATABASE, `logs_key_arn`
    of the class LOGS."""

    settings: Settings
    zones: Sequence[Zone]
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]


class Cache(Layer):
    """One primary node and its replicas in other zones, encrypted at rest and in transit.

    Clients authenticate by IAM with a token that is signed by the client's role and valid for 15 minutes (ElastiCache
    User Guide, "Authenticating with IAM"), so that there is no password to store, rotate or leak. A role needs
    `elasticache:Connect` on `arn` and `user_arn`.
    """

    group: aws.elasticache.ReplicationGroup

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:Cache", name, opts)
        self._args = args
        self._settings = args.settings
        self._name = args.settings.name("cache")
        self.subnet_group = aws.elasticache.SubnetGroup(
            "cache",
            name=self._name,
            description="Data subnets of every zone",
            subnet_ids=[zone.data.id for zone in args.zones],
            opts=self.child,
        )
        self.user, self.users = self._users()
        self.logs = {log: self._log_group(log) for log in _LOGS}
        self.group = self._group()
        self.address = self.group.primary_endpoint_address
        self.arn = self.group.arn
        self.user_arn = self.user.arn
        self.register_outputs({"address": self.address, "arn": self.arn})

    def _users(self) -> tuple[aws.elasticache.User, aws.elasticache.UserGroup]:
        # With IAM authentication, a user's name and id must be equal.
        user = aws.elasticache.User(
            "cache",
            user_id=self._name,
            user_name=self._name,
            engine=_ENGINE,
            access_string="on ~* &* +@all -@admin -@dangerous",
            authentication_mode={"type": "iam"},
            opts=self.child,
        )
        group = aws.elasticache.UserGroup(
            "cache", user_group_id=self._name, engine=_ENGINE, user_ids=[user.user_id], opts=self.child
        )
        return user, group

    def _log_group(self, log: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"cache-{log}",
            name=f"/aws/elasticache/{self._name}/{log}",
            retention_in_days=self._settings.data.db_log_days,
            kms_key_id=self._args.logs_key_arn,
            opts=self.child,
        )

    def _group(self) -> aws.elasticache.ReplicationGroup:
        data = self._settings.data
        return aws.elasticache.ReplicationGroup(
            "cache",
            replication_group_id=self._name,
            description="Market data, by instrument",
            engine=_ENGINE,
            engine_version=data.cache_engine_version,
            parameter_group_name=f"default.{_ENGINE}{data.cache_engine_version.partition('.')[0]}",
            node_type=data.cache_node_type,
            num_cache_clusters=1 + data.cache_replicas,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            port=REDIS,
            subnet_group_name=self.subnet_group.name,
            security_group_ids=[self._args.security_group_id],
            at_rest_encryption_enabled=True,
            kms_key_id=self._args.key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[self.users.id],
            auto_minor_version_upgrade=False,
            maintenance_window=data.db_maintenance_window,
            log_delivery_configurations=[
                {
                    "log_type": log,
                    "log_format": "json",
                    "destination_type": "cloudwatch-logs",
                    "destination": group.name,
                }
                for log, group in self.logs.items()
            ],
            tags={"Name": self._name},
            opts=self.child,
        )
