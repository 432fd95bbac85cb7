"""Permissions of traders, operators, auditors and deployers, as IAM statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.data.table_schemas import TableName, serving_name
from components.security.boundaries import Boundaries, permitted_regions
from components.security.keys import KEY_USE, DataClass, Keys
from components.security.policies import BUILD_USE, Statement
from components.security.services import PLATFORM_SERVICES
from components.settings import Role, Settings

_OBSERVE = [
    "apigateway:GET",
    "application-autoscaling:Describe*",
    "autoscaling:Describe*",
    "backup:Describe*",
    "backup:List*",
    "cloudwatch:Describe*",
    "cloudwatch:Get*",
    "cloudwatch:List*",
    "dynamodb:Describe*",
    "dynamodb:List*",
    "ec2:Describe*",
    "ecs:Describe*",
    "ecs:List*",
    "eks:Describe*",
    "eks:List*",
    "elasticache:Describe*",
    "elasticfilesystem:Describe*",
    "elasticloadbalancing:Describe*",
    "events:Describe*",
    "events:List*",
    "firehose:Describe*",
    "fis:Get*",
    "fis:List*",
    "health:Describe*",
    "kinesis:Describe*",
    "kinesis:List*",
    "lambda:Get*",
    "lambda:List*",
    "logs:Describe*",
    "rds:Describe*",
    "route53:Get*",
    "route53:List*",
    "sns:List*",
    "sqs:GetQueueAttributes",
    "sqs:List*",
    "ssm:Describe*",
    "ssm:GetAutomationExecution",
    "ssm:List*",
    "tag:Get*",
    "xray:BatchGet*",
    "xray:Get*",
]
_READ_LOGS = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetQueryResults", "logs:StartQuery"]


@dataclass(frozen=True)
class HumanPermissions:
    """Statements of the human roles of one stack; ARNs have the platform's own names, in any of its regions."""

    settings: Settings
    keys: Keys
    boundaries: Boundaries

    def trader(self) -> list[Statement]:
        """Trader: sends, reads and cancels orders through the API; reads orders and positions; sees dashboards."""
        region, account = self.settings.region.name, self.settings.general.account_id
        read = (TableName.ORDERS, TableName.POSITIONS)
        tables = [self._arn("dynamodb", f"table/{serving_name(self.settings, table)}") for table in read]
        return [
            Statement(
                "TradeThroughTheApi",
                ["execute-api:Invoke"],
                [
                    f"arn:aws:execute-api:{region}:{account}:*/*/{method}/{path}"
                    for method, path in (
                        ("POST", "orders"),
                        ("GET", "orders"),
                        ("GET", "orders/*"),
                        ("DELETE", "orders/*"),
                        ("GET", "positions"),
                        ("GET", "positions/*"),
                    )
                ],
            ),
            Statement(
                "ReadOrdersAndPositions",
                ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
                [*tables, *(f"{table}/index/*" for table in tables)],
            ),
            self._decrypt("ReadThroughDynamoDb", DataClass.TABLES, "dynamodb"),
            Statement(
                "SeeDashboards",
                [
                    "cloudwatch:DescribeAlarms",
                    "cloudwatch:GetDashboard",
                    "cloudwatch:GetMetricData",
                    "cloudwatch:ListDashboards",
                    "cloudwatch:ListMetrics",
                ],
                ["*"],
            ),
        ]

    def operator(self) -> list[Statement]:
        """Operator: observes everything and runs the runbook's steps on the platform's own resources. Of trading data
        it reads the orders and positions that the runbook compares and names."""
        return [
            Statement("Observe", _OBSERVE, ["*"]),
            *self._read_logs(),
            *self._hosts(),
            *self._failover(),
            *self._restore(),
            *self._switch_and_drill(),
            Statement(
                "StopAndStartAlarms",
                ["cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions", "cloudwatch:SetAlarmState"],
                [self._arn("cloudwatch", f"alarm:{self._own_arn}")],
            ),
            self._decrypt("ReadThroughServices", DataClass.STREAMS, "sqs", "kinesis"),
            self._use("UseControlTable", KEY_USE, DataClass.TABLES, "dynamodb"),
            self._decrypt("ReadTraces", DataClass.LOGS, "xray"),
        ]

    def auditor(self) -> list[Statement]:
        """Auditor: reads evidence and its locks; AWS's managed policy SecurityAudit adds the settings of every
        service."""
        account, prefix = self.settings.general.account_id, self.settings.general.name_prefix
        buckets = f"arn:aws:s3:::{prefix}-*-{account}"
        return [
            Statement(
                "ReadEvidence",
                ["s3:GetObject", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectVersion"],
                [f"{buckets}/*"],
            ),
            Statement("ListEvidence", ["s3:GetBucketObjectLockConfiguration", "s3:ListBucket*"], [buckets]),
            self._decrypt("ReadLogsThroughS3", DataClass.LOGS, "s3"),
            self._decrypt("ReadRecordsThroughS3", DataClass.RECORDS, "s3"),
            *self._read_logs(),
            Statement(
                "ReadFindings",
                [
                    "backup:Describe*",
                    "backup:List*",
                    "cloudtrail:LookupEvents",
                    "config:Describe*",
                    "config:Get*",
                    "config:SelectResourceConfig",
                    "guardduty:Get*",
                    "guardduty:List*",
                    "inspector2:List*",
                    "securityhub:Describe*",
                    "securityhub:Get*",
                    "securityhub:List*",
                    "ssm:DescribeInstancePatchStates",
                    "ssm:ListComplianceItems",
                ],
                ["*"],
            ),
        ]

    def deployer(self) -> list[Statement]:
        """Deployer: deploys stacks, with all actions of the platform's services in its regions, and on roles within
        boundaries."""
        services = [f"{service}:*" for service in PLATFORM_SERVICES if service not in ("kms", "execute-api")]
        fence = {"StringEquals": {"aws:RequestedRegion": permitted_regions(self.settings)}}
        return [
            Statement("DeployServices", services, ["*"], conditions=fence),
            Statement(
                "DeployKeys",
                [
                    "kms:CreateAlias",
                    "kms:CreateGrant",
                    "kms:CreateKey",
                    "kms:Decrypt",
                    "kms:DeleteAlias",
                    "kms:Describe*",
                    "kms:EnableKeyRotation",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:Get*",
                    "kms:List*",
                    "kms:PutKeyPolicy",
                    "kms:ReplicateKey",
                    "kms:TagResource",
                    "kms:UntagResource",
                    "kms:UpdateAlias",
                    "kms:UpdateKeyDescription",
                ],
                ["*"],
                conditions=fence,
            ),
            *self.boundaries.deployer_role_changes(),
            Statement("PassOwnRoles", ["iam:PassRole"], [self._iam("role")]),
            Statement(
                "ServiceLinkedRoles",
                ["iam:CreateServiceLinkedRole"],
                [f"arn:aws:iam::{self.settings.general.account_id}:role/aws-service-role/*"],
            ),
        ]

    def _read_logs(self) -> list[Statement]:
        return [
            Statement("ReadLogs", _READ_LOGS, [self._arn("logs", "log-group:*")]),
            # Log queries do not support resource-level permissions.
            Statement("StopQueries", ["logs:StopQuery"], ["*"]),
        ]

    def _hosts(self) -> list[Statement]:
        tagged = {"StringEquals": {"aws:ResourceTag/ManagedBy": "pulumi"}}
        return [
            Statement(
                "ScaleGroups",
                ["autoscaling:SetDesiredCapacity", "autoscaling:StartInstanceRefresh"],
                ["*"],
                conditions=tagged,
            ),
            Statement("ScaleServices", ["ecs:UpdateService"], [self._arn("ecs", f"service/{self._own_arn}/*")]),
            Statement("OpenSessions", ["ssm:StartSession"], [self._arn("ec2", "instance/*")], conditions=tagged),
            # Systems Manager User Guide, "Sample IAM policies for Session Manager": a session starts with a document,
            # either of the account (a shell) or of AWS (port forwarding).
            Statement(
                "OpenSessionsWithDocuments",
                ["ssm:StartSession"],
                [
                    self._arn("ssm", "document/SSM-SessionManagerRunShell"),
                    "arn:aws:ssm:*::document/AWS-StartPortForwardingSession",
                    "arn:aws:ssm:*::document/AWS-StartPortForwardingSessionToRemoteHost",
                ],
            ),
            # `aws:username` exists only for IAM users. The same page uses `aws:userid` for sessions of a role.
            Statement(
                "KeepToOwnSessions",
                ["ssm:ResumeSession", "ssm:TerminateSession", "ssmmessages:OpenDataChannel"],
                [self._arn("ssm", "session/${aws:userid}-*")],
            ),
            Statement(
                "RunAutomations",
                ["ssm:StartAutomationExecution", "ssm:StopAutomationExecution"],
                [
                    self._arn("ssm", f"automation-definition/{self._own_arn}:*"),
                    self._arn("ssm", "automation-execution/*"),
                ],
            ),
        ]

    def _failover(self) -> list[Statement]:
        """Statements for the lease, the promotions, and reads of lost orders."""
        names = {table: serving_name(self.settings, table) for table in TableName}
        control, orders, positions = (
            self._arn("dynamodb", f"table/{names[table]}")
            for table in (TableName.CONTROL, TableName.ORDERS, TableName.POSITIONS)
        )
        return [
            Statement("RunFunctions", ["lambda:InvokeFunction"], [self._arn("lambda", f"function:{self._own_arn}")]),
            Statement(
                "HoldTheLease",
                [
                    "dynamodb:ConditionCheckItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:UpdateItem",
                ],
                [control],
            ),
            Statement(
                "PromoteDatabase",
                ["rds:PromoteReadReplica", "rds:RebootDBInstance", "rds:ModifyDBInstance"],
                [self._arn("rds", f"db:{self._own_arn}")],
            ),
            Statement(
                "DetachAndRotateSecrets",
                [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:RotateSecret",
                    "secretsmanager:StopReplicationToReplica",
                ],
                [self._arn("secretsmanager", f"secret:{self._own_arn}")],
            ),
            Statement(
                "DetachFiles",
                ["elasticfilesystem:DeleteReplicationConfiguration"],
                [self._arn("elasticfilesystem", "file-system/*")],
                conditions={"StringEquals": {"aws:ResourceTag/ManagedBy": "pulumi"}},
            ),
            Statement(
                "CompareAndNameOrders",
                ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"],
                [orders, f"{orders}/index/outbox", f"{orders}/index/by_change", positions],
            ),
            Statement(
                "NameOrdersOfTheLostStream",
                ["kinesis:GetRecords", "kinesis:GetShardIterator"],
                [self._arn("kinesis", f"stream/{self._own_arn}-orders")],
            ),
            Statement(
                "ReadOrdersOfEitherRegion",
                ["kms:Decrypt"],
                [
                    pulumi.Output.concat(
                        f"arn:aws:kms:*:{self.settings.general.account_id}:key/", self.keys.key_id(DataClass.TABLES)
                    )
                ],
                conditions={"StringLike": {"kms:ViaService": "dynamodb.*.amazonaws.com"}},
            ),
            Statement(
                "ScaleOut",
                BUILD_USE,
                [self._arn("codebuild", f"project/{self._own_arn}")],
            ),
            *self._growth(),
        ]

    def _growth(self) -> list[Statement]:
        """Statements for the checks of `doctor`: versions of the program and of the tools of the build that grows the
        region, the state's bucket and its key. A list of versions does not contain the objects' content."""
        sources = [
            f"arn:aws:s3:::{bucket_name(self.settings, RecordClass.ARTIFACTS, role)}"
            for role in (Role.PRIMARY, Role.DR)
        ]
        found = [Statement("ListTheProgram", ["s3:ListBucketVersions"], sources)]
        state = urlsplit(self.settings.recovery.state_backend_url)
        if state.scheme == "s3":
            # HeadBucket.
            found.append(Statement("FindTheState", ["s3:ListBucket"], [f"arn:aws:s3:::{state.netloc}"]))
        if self.settings.delivery.state_key_arn:
            found.append(Statement("LookAtTheStateKey", ["kms:DescribeKey"], [self.settings.delivery.state_key_arn]))
        return found

    def _restore(self) -> list[Statement]:
        """Statements for restored tables, and for the replay of events into them."""
        return [
            # A restore needs these actions on the new table (DynamoDB Developer Guide, "Point-in-time recovery").
            Statement(
                "RestoreTables",
                [
                    "dynamodb:BatchWriteItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                    "dynamodb:RestoreTableToPointInTime",
                    "dynamodb:Scan",
                    "dynamodb:TagResource",
                    "dynamodb:UpdateContinuousBackups",
                    "dynamodb:UpdateItem",
                    "dynamodb:UpdateTable",
                ],
                # The time stamp in the name of a restored table; a live table has none.
                [self._arn("dynamodb", f"table/{self.settings.general.name_prefix}-*-????????T??????Z")],
            ),
            Statement(
                "RestoreFromTables",
                ["dynamodb:RestoreTableToPointInTime"],
                [self._arn("dynamodb", f"table/{self._own_arn}")],
            ),
            Statement("ReplayEvents", ["events:CancelReplay", "events:StartReplay"], [self._arn("events", "*")]),
            Statement(
                "RedriveQueues",
                ["sqs:CancelMessageMoveTask", "sqs:ReceiveMessage", "sqs:StartMessageMoveTask"],
                [self._arn("sqs", self._own_arn)],
            ),
        ]

    def _switch_and_drill(self) -> list[Statement]:
        return [
            Statement(
                "ThrowSwitch",
                [
                    "route53-recovery-cluster:GetRoutingControlState",
                    "route53-recovery-cluster:UpdateRoutingControlState",
                    "route53-recovery-cluster:UpdateRoutingControlStates",
                ],
                [f"arn:aws:route53-recovery-control::{self.settings.general.account_id}:controlpanel/*"],
            ),
            # This action does not support resource-level permissions.
            Statement("FindSwitches", ["route53-recovery-cluster:ListRoutingControls"], ["*"]),
            Statement(
                "RunDrills",
                ["fis:StartExperiment", "fis:StopExperiment"],
                [self._arn("fis", "experiment-template/*"), self._arn("fis", "experiment/*")],
                conditions={"StringEquals": {"aws:ResourceTag/ManagedBy": "pulumi"}},
            ),
        ]

    @property
    def _own_arn(self) -> str:
        return f"{self.settings.general.name_prefix}-*"

    def _iam(self, kind: str) -> str:
        return f"arn:aws:iam::{self.settings.general.account_id}:{kind}/{self._own_arn}"

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:*:{self.settings.general.account_id}:{resource}"

    def _decrypt(self, sid: str, data_class: DataClass, *services: str) -> Statement:
        return self._use(sid, ["kms:Decrypt"], data_class, *services)

    def _use(self, sid: str, actions: Sequence[str], data_class: DataClass, *services: str) -> Statement:
        via: list[pulumi.Input[str]] = [f"{service}.{self.settings.region.name}.amazonaws.com" for service in services]
        return Statement(
            sid,
            actions,
            [self.keys.arn(data_class)],
            conditions={"StringEquals": {"kms:ViaService": via}},
        )
