"""IAM permissions of the failover function: one statement for each call of a runbook step."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.compute.function import ALIAS, use_key
from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.recovery.scale_out import ScaleOut
from components.recovery.traffic import Traffic
from components.security.keys import KEY_USE, DataClass, Keys
from components.security.policies import BUILD_USE, Statement
from components.settings import Settings


@dataclass(frozen=True)
class FailoverAccess:
    """All permissions are for the recovery region, except reads of both regions' orders to compare them. `secret` is
    the ARN pattern of the database's secret, `files` the ARN of the file system; `quorum` and `operations` are ARNs."""

    settings: Settings
    keys: Keys
    tables: Tables
    traffic: Traffic
    scale_out: ScaleOut
    secret: str
    files: pulumi.Input[str]
    operations: pulumi.Input[str]

    def statements(self) -> list[Statement]:
        """Statements by step: journal and lock, order intake, traffic, stores, scale-out."""
        return [
            *self._records(),
            *self._orders(),
            *self._switch(),
            *self._stores(),
            *self._scale_out(),
            *self._notifications(),
        ]

    def _records(self) -> list[Statement]:
        return [
            Statement(
                "LeaseLockAndJournal",
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
                [self.tables.arn(TableName.CONTROL)],
            ),
            Statement(
                "UseTablesEncrypted",
                KEY_USE,
                [self.keys.arn(DataClass.TABLES)],
                conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{self._region}.amazonaws.com"}},
            ),
        ]

    def _orders(self) -> list[Statement]:
        general = self.settings.general
        orders, positions = (self.tables.name(table) for table in (TableName.ORDERS, TableName.POSITIONS))
        there = f"arn:aws:dynamodb:{general.primary_region}:{general.account_id}:table/{orders}"
        return [
            Statement(
                "SeeTables",
                ["dynamodb:DescribeTable"],
                # If STS does not answer, the function takes the account id from the control table's ARN.
                [self.tables.arn(table) for table in (TableName.CONTROL, TableName.ORDERS, TableName.POSITIONS)],
            ),
            Statement(
                "CompareOrders",
                ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Scan"],
                [
                    self.tables.arn(TableName.ORDERS),
                    self.tables.arn(TableName.POSITIONS),
                    there,
                    there.removesuffix(orders) + positions,
                ],
            ),
            Statement(
                "ReadOrdersOfThePrimaryEncrypted",
                ["kms:Decrypt"],
                [
                    pulumi.Output.concat(
                        f"arn:aws:kms:{general.primary_region}:{general.account_id}:key/",
                        self.keys.key_id(DataClass.TABLES),
                    )
                ],
                conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{general.primary_region}.amazonaws.com"}},
            ),
            Statement(
                "ReadChangesAndCountTheOutbox",
                ["dynamodb:Query"],
                [
                    f"{self.tables.arn(TableName.ORDERS)}/index/outbox",
                    f"{self.tables.arn(TableName.ORDERS)}/index/by_change",
                    f"{there}/index/by_change",
                ],
            ),
            Statement(
                "AskOrderIntakeAndGoOn",
                ["lambda:InvokeFunction"],
                [self._function(f"{name}:{ALIAS}") for name in ("order-intake", "redrive", "failover")],
            ),
        ]

    def _switch(self) -> list[Statement]:
        """Permissions on routing controls; the other switch is an item of the control table."""
        controls = self.traffic.controls
        if controls is None:
            return []
        return [
            Statement(
                "TurnTraffic",
                [
                    "route53-recovery-cluster:GetRoutingControlState",
                    "route53-recovery-cluster:UpdateRoutingControlStates",
                ],
                list(controls.arns.values()),
            )
        ]

    def _stores(self) -> list[Statement]:
        database = f"arn:aws:rds:{self._region}:{self._account}:db:{self.settings.name('trade-history')}"
        return [
            Statement("PromoteTheDatabase", ["rds:DescribeDBInstances", "rds:PromoteReadReplica"], [database]),
            Statement(
                "DetachAndRotateTheSecret",
                [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:RotateSecret",
                    "secretsmanager:StopReplicationToReplica",
                ],
                [self.secret],
            ),
            Statement("RotateByTheFunction", ["lambda:InvokeFunction"], [self._function("rotation")]),
            Statement(
                "DetachTheFiles",
                [
                    "elasticfilesystem:DeleteReplicationConfiguration",
                    "elasticfilesystem:DescribeFileSystems",
                    "elasticfilesystem:DescribeReplicationConfigurations",
                ],
                [self.files],
            ),
        ]

    def _scale_out(self) -> list[Statement]:
        return [
            Statement(
                "ScaleOut",
                BUILD_USE,
                [self.scale_out.arn],
            ),
            # A description names no resource (Service Authorization Reference, "Amazon EC2 Auto Scaling").
            Statement("SeeEngines", ["autoscaling:DescribeAutoScalingGroups"], ["*"]),
            Statement(
                "StartEngines",
                ["autoscaling:SetDesiredCapacity"],
                [
                    f"arn:aws:autoscaling:{self._region}:{self._account}:autoScalingGroup:*"
                    f":autoScalingGroupName/{self.settings.name('engines')}"
                ],
            ),
        ]

    def _notifications(self) -> list[Statement]:
        quorum = f"arn:aws:cloudwatch:{self._region}:{self._account}:alarm:{self.settings.name('primary-lost')}"
        return [
            Statement("LookAtTheQuorum", ["cloudwatch:DescribeAlarms"], [quorum]),
            Statement("TellPeople", ["sns:Publish"], [self.operations]),
            use_key(self.settings, self.keys, "TellPeopleEncrypted", DataClass.STREAMS, "sns"),
        ]

    @property
    def _region(self) -> str:
        return self.settings.region.name

    @property
    def _account(self) -> str:
        return self.settings.general.account_id

    def _function(self, name: str) -> str:
        return f"arn:aws:lambda:{self._region}:{self._account}:function:{self.settings.name(name)}"
