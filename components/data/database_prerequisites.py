"""Resources that database instances share: subnet group, parameter group, log groups, and the monitoring role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.database_parameters import parameters
from components.layer import Layer
from components.network.vpc import Zone
from components.security.policies import trust_of_service
from components.settings import Settings

LOGS = ("postgresql", "upgrade")

_MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


@dataclass(frozen=True)
class DatabasePrerequisitesArgs:
    """`identifiers` are those of the instances, for their log groups; `logs_key_arn` is the key of the class LOGS."""

    settings: Settings
    zones: Sequence[Zone]
    identifiers: Sequence[str]
    logs_key_arn: pulumi.Input[str]


class DatabasePrerequisites(Layer):
    """Subnet group in the data tier, parameter group, monitoring role, and the log groups, which RDS would otherwise
    create without retention or key."""

    def __init__(self, name: str, args: DatabasePrerequisitesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:DatabaseGround", name, opts)
        self._args = args
        self._name = args.settings.name("trade-history")
        self.subnet_group = aws.rds.SubnetGroup(
            "database",
            name=self._name,
            description="Data subnets of every zone",
            subnet_ids=[zone.data.id for zone in args.zones],
            tags={"Name": self._name},
            opts=self.child,
        )
        self.parameters = self._parameter_group()
        self.monitoring_role = self._monitoring_role()
        self.logs = [self._log_group(identifier, log) for identifier in args.identifiers for log in LOGS]
        self.register_outputs({"subnetGroup": self.subnet_group.name, "parameterGroup": self.parameters.name})

    def _parameter_group(self) -> aws.rds.ParameterGroup:
        data = self._args.settings.data
        major = data.db_engine_version.partition(".")[0]
        return aws.rds.ParameterGroup(
            "database",
            name=f"{self._name}-postgres{major}",
            family=f"postgres{major}",
            description="TLS forced, statements and changes logged, one connection limit in both regions",
            parameters=[
                {"name": parameter.name, "value": parameter.value, "apply_method": parameter.applies}
                for parameter in parameters(data.db_max_connections)
            ],
            tags={"Name": self._name},
            opts=self.child,
        )

    def _monitoring_role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            "database-monitoring",
            name=self._args.settings.name("database-monitoring"),
            description="RDS writes the operating system metrics of the database",
            assume_role_policy=trust_of_service("monitoring.rds.amazonaws.com", self._args.settings.general.account_id),
            opts=self.child,
        )
        aws.iam.RolePolicyAttachment(
            "database-monitoring", role=role.name, policy_arn=_MONITORING_POLICY, opts=self.child
        )
        return role

    def _log_group(self, identifier: str, log: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{identifier}-{log}",
            name=f"/aws/rds/instance/{identifier}/{log}",
            retention_in_days=self._args.settings.data.db_log_days,
            kms_key_id=self._args.logs_key_arn,
            opts=self.child,
        )
