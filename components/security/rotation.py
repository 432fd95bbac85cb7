"""Rotation of the database's credentials: function, permissions and schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, send_traces
from components.security.secrets import Secret
from components.settings import Settings
from functions import packaging

# Seconds. Setting a password takes seconds, and minutes on a busy instance; 15 minutes is Lambda's maximum.
_TIMEOUT_SECONDS = 900
_MEMORY_MB = 256
_RUNTIME = "python3.13"
_MODULES = ("__init__.py", "rotation/__init__.py", "rotation/steps.py", "rotation/database.py", "rotation/handler.py")


@dataclass(frozen=True)
class RotationArgs:
    """`database` is the identifier of this region's instance. `rotated` is None in the recovery region; in the primary
    it is the id of the secret, whose first rotation starts when `ready` exists."""

    settings: Settings
    keys: Keys
    secret: Secret
    database: str
    rotated: pulumi.Input[str] | None
    ready: Sequence[pulumi.Resource]


class Rotation(Layer):
    """The rotation function exists in both regions. Only the primary schedules it, because a replica's password cannot
    be changed. After a takeover the recovery region rotates the promoted database with its own function."""

    def __init__(self, name: str, args: RotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Rotation", name, opts)
        self._args = args
        self._name = args.settings.name("rotation")
        self.log_group = aws.cloudwatch.LogGroup(
            "rotation",
            name=f"/aws/lambda/{self._name}",
            retention_in_days=args.settings.security.trail_log_days,
            kms_key_id=args.keys.arn(DataClass.LOGS),
            opts=self.child,
        )
        self.role = self._role()
        self.function = self._function()
        permission = aws.lambda_.Permission(
            "rotation",
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="secretsmanager.amazonaws.com",
            source_account=args.settings.general.account_id,
            source_arn=args.secret.arn_pattern,
            opts=self.child,
        )
        if args.rotated is not None:
            aws.secretsmanager.SecretRotation(
                "database",
                secret_id=args.rotated,
                rotation_lambda_arn=self.function.arn,
                rotate_immediately=True,
                rotation_rules=aws.secretsmanager.SecretRotationRotationRulesArgs(
                    automatically_after_days=args.settings.security.secret_rotation_days
                ),
                opts=self.after(permission, *args.ready),
            )
        self.register_outputs({"function": self.function.arn})

    def _role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            "rotation",
            name=self._name,
            description="Rotates the master password of the trade history database",
            assume_role_policy=policy_document(
                Statement("Function", ["sts:AssumeRole"], principals={"Service": "lambda.amazonaws.com"})
            ),
            opts=self.child,
        )
        self.permissions = aws.iam.RolePolicy(
            "rotation", name=self._name, role=role.id, policy=policy_document(*self._permissions()), opts=self.child
        )
        return role

    def _permissions(self) -> list[Statement]:
        region, account = self._args.settings.region.name, self._args.settings.general.account_id
        return [
            Statement(
                "RotateTheSecret",
                [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                [self._args.secret.arn_pattern],
            ),
            Statement("MakePasswords", ["secretsmanager:GetRandomPassword"], ["*"]),
            Statement(
                "UseTheKey",
                ["kms:Decrypt", "kms:GenerateDataKey"],
                [self._args.keys.arn(DataClass.SECRETS)],
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}},
            ),
            Statement(
                "SetThePassword",
                ["rds:DescribeDBInstances", "rds:ModifyDBInstance"],
                [f"arn:aws:rds:{region}:{account}:db:{self._args.database}"],
            ),
            Statement(
                "WriteLogs",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{self._name}:*"],
            ),
            send_traces(),
        ]

    def _function(self) -> aws.lambda_.Function:
        code: dict[str, pulumi.Asset | pulumi.Archive] = {
            f"functions/{module}": pulumi.FileAsset(f"functions/{module}") for module in _MODULES
        }
        for module in _MODULES:
            packaging.source(packaging.ROOT / "functions" / module)
        # Outside the VPC: the function calls only the APIs of Secrets Manager and RDS, and must work during network
        # faults.
        return aws.lambda_.Function(
            "rotation",
            name=self._name,
            description="Rotates the master password of the trade history database",
            runtime=_RUNTIME,
            architectures=["arm64"],
            handler="functions.rotation.handler.handle",
            code=pulumi.AssetArchive(code),
            role=self.role.arn,
            timeout=_TIMEOUT_SECONDS,
            memory_size=_MEMORY_MB,
            # Two concurrent rotations would set two passwords.
            reserved_concurrent_executions=1,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables={"DATABASE_INSTANCE": self._args.database}),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active"),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=self.log_group.name),
            opts=self.after(self.permissions, self.log_group),
        )
