"""One Lambda function: its package, role, log group, and the alias that callers use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.events.queue import Queue
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, send_traces, trust_of_service
from components.settings import Settings
from functions import packaging

ALIAS = "live"
_DECRYPT = "kms:Decrypt"


@dataclass(frozen=True)
class Placement:
    """Subnets and security group of a function in the VPC."""

    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]


@dataclass(frozen=True)
class Background:
    """Asynchronous invocation by a schedule: how often Lambda retries, and the maximum event age in seconds."""

    retries: int
    max_age: int


@dataclass(frozen=True)
class FunctionArgs:
    """`package` is the function's folder; `timeout` is in seconds, `memory` in MB; `concurrency` is reserved.

    `statements` are the permissions of the function's code; those that Lambda itself needs are added. `failed` is the
    queue for invocations that failed all attempts. Without `placement` the function runs outside the VPC. Without
    `background` it is only invoked synchronously. `files` are texts that the settings decide, by path in the archive.
    """

    settings: Settings
    keys: Keys
    package: str
    description: str
    environment: Mapping[str, pulumi.Input[str]]
    statements: Sequence[Statement]
    timeout: int
    memory: int
    concurrency: int
    failed: Queue
    placement: Placement | None = None
    background: Background | None = None
    files: Mapping[str, str] = field(default_factory=dict)


class Function(Layer):
    """A function with an alias. Callers invoke the alias, so that a new version is published as a whole and can be
    rolled back."""

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("compute:Function", name, opts)
        self._args = args
        self._purpose = name
        self.name = args.settings.name(name)
        self.arn = function_arn(args.settings, name)
        self.log_group = aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/lambda/{self.name}",
            retention_in_days=args.settings.functions.function_log_days,
            kms_key_id=args.keys.arn(DataClass.LOGS),
            opts=self.child,
        )
        self.role = self._role()
        self.permissions = aws.iam.RolePolicy(
            name, name=self.name, role=self.role.id, policy=policy_document(*self._statements()), opts=self.child
        )
        self.function = self._function()
        self.alias = aws.lambda_.Alias(
            name,
            name=ALIAS,
            description="The version that is called",
            function_name=self.function.name,
            function_version=self.function.version,
            opts=self.child,
        )
        if args.background:
            self._asynchronous_invocation(args.background)
        self.register_outputs({"arn": self.alias.arn})

    def admit(self, name: str, service: str, source_arn: pulumi.Input[str]) -> aws.lambda_.Permission:
        """Allow a service to invoke the alias for one source; `name` is unique among these permissions.

        The source's ARN already names its account. An extra condition on the account would block a service that does
        not send that key.
        """
        return aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=self.function.name,
            qualifier=self.alias.name,
            principal=f"{service}.amazonaws.com",
            source_arn=source_arn,
            opts=self.child,
        )

    def _role(self) -> aws.iam.Role:
        return aws.iam.Role(
            self._purpose,
            name=self.name,
            description=self._args.description,
            assume_role_policy=trust_of_service("lambda.amazonaws.com", self._args.settings.general.account_id),
            opts=self.child,
        )

    def _statements(self) -> list[Statement]:
        settings, keys = self._args.settings, self._args.keys
        region, account = settings.region.name, settings.general.account_id
        return [
            *self._args.statements,
            Statement(
                "WriteLogs",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{self.name}:*"],
            ),
            send_traces(),
            Statement("KeepFailedInvocations", ["sqs:SendMessage"], [self._args.failed.queue.arn]),
            use_key(settings, keys, "KeepFailedInvocationsEncrypted", DataClass.STREAMS, "sqs"),
            use_key(settings, keys, "ReadOwnEnvironment", DataClass.COMPUTE, "lambda", [_DECRYPT]),
            *(self._vpc_statements() if self._args.placement else []),
        ]

    def _vpc_statements(self) -> list[Statement]:
        """Permissions for network interfaces (AWS Lambda Developer Guide, "Giving Lambda functions access to resources
        in an Amazon VPC"). Lambda uses the function's role for them; the function's code is denied their use."""
        interfaces = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "ec2:UnassignPrivateIpAddresses",
        ]
        return [
            Statement("AttachToVpc", interfaces, ["*"]),
            Statement(
                "AttachNothingByItself",
                interfaces,
                ["*"],
                effect="Deny",
                conditions={"ArnEquals": {"lambda:SourceFunctionArn": self.arn}},
            ),
        ]

    def _function(self) -> aws.lambda_.Function:
        args = self._args
        settings, functions = args.settings, args.settings.functions
        code: dict[str, pulumi.Asset | pulumi.Archive] = {
            path: pulumi.FileAsset(path) for path in packaging.content(args.package)
        }
        code |= {path: pulumi.StringAsset(text) for path, text in args.files.items()}
        return aws.lambda_.Function(
            self._purpose,
            name=self.name,
            description=args.description,
            runtime=packaging.RUNTIME,
            architectures=[packaging.ARCHITECTURE],
            handler=packaging.handler_of(args.package),
            code=pulumi.AssetArchive(code),
            layers=[packaging.powertools_layer_arn(settings.region.name, functions.powertools_layer_version)],
            role=self.role.arn,
            publish=True,
            timeout=args.timeout,
            memory_size=args.memory,
            reserved_concurrent_executions=args.concurrency,
            kms_key_arn=args.keys.arn(DataClass.COMPUTE),
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=dict(args.environment)),
            dead_letter_config=aws.lambda_.FunctionDeadLetterConfigArgs(target_arn=args.failed.queue.arn),
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active"),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=self.log_group.name),
            vpc_config=aws.lambda_.FunctionVpcConfigArgs(
                subnet_ids=list(args.placement.subnet_ids), security_group_ids=[args.placement.security_group_id]
            )
            if args.placement
            else None,
            opts=self.after(self.permissions, self.log_group),
        )

    def _asynchronous_invocation(self, background: Background) -> None:
        aws.lambda_.FunctionEventInvokeConfig(
            self._purpose,
            function_name=self.function.name,
            qualifier=self.alias.name,
            maximum_retry_attempts=background.retries,
            maximum_event_age_in_seconds=background.max_age,
            opts=self.child,
        )


def function_arn(settings: Settings, name: str) -> str:
    """ARN of a function of this stack, known before the function exists."""
    return f"arn:aws:lambda:{settings.region.name}:{settings.general.account_id}:function:{settings.name(name)}"


def use_key(
    settings: Settings,
    keys: Keys,
    sid: str,
    data_class: DataClass,
    service: str,
    actions: Sequence[str] = ("kms:Decrypt", "kms:GenerateDataKey"),
) -> Statement:
    """Allow a function to use this region's key of a class, through one service."""
    return Statement(
        sid,
        actions,
        [keys.arn(data_class)],
        conditions={"StringEquals": {"kms:ViaService": f"{service}.{settings.region.name}.amazonaws.com"}},
    )
