"""IAM role and permissions of an engine's host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.latency.metrics import NAMESPACE
from components.layer import Layer
from components.network.aws_buckets import patch_buckets
from components.security.keys import KEY_USE
from components.security.policies import Statement, policy_document, send_traces, trust_of_service
from components.settings import Settings

# The SSM agent gives operators a shell and patches the host; there is no SSH key and no open port for it.
_SESSION_MANAGER = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@dataclass(frozen=True)
class EngineResources:
    """ARNs of resources that engines use: the `streams` and `tables` that they read, the `bus` to which they publish,
    the `images` that they run, and the keys of streams and tables."""

    streams: Sequence[pulumi.Input[str]]
    tables: Sequence[pulumi.Input[str]]
    bus: pulumi.Input[str]
    images: Sequence[pulumi.Input[str]]
    streams_key: pulumi.Input[str]
    tables_key: pulumi.Input[str]


@dataclass(frozen=True)
class HostRoleArgs:
    """`fleet` is the name of the Auto Scaling group in which hosts complete their lifecycle hooks."""

    settings: Settings
    resources: EngineResources
    fleet: str


class HostRole(Layer):
    """The role and its instance profile, which all engines share."""

    def __init__(self, name: str, args: HostRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("latency:HostRole", name, opts)
        settings = args.settings
        physical = settings.name("engine")
        self.role = aws.iam.Role(
            "engine",
            name=physical,
            description="Hosts of the trading engines",
            assume_role_policy=trust_of_service("ec2.amazonaws.com", settings.general.account_id),
            opts=self.child,
        )
        aws.iam.RolePolicyAttachment(
            "engine-session-manager", role=self.role.name, policy_arn=_SESSION_MANAGER, opts=self.child
        )
        aws.iam.RolePolicy(
            "engine", name=physical, role=self.role.id, policy=policy_document(*_permissions(args)), opts=self.child
        )
        self.profile = aws.iam.InstanceProfile("engine", name=physical, role=self.role.name, opts=self.child)
        self.register_outputs({"profileArn": self.profile.arn})


def _permissions(args: HostRoleArgs) -> list[Statement]:
    return [*_host_statements(args), *_trading_statements(args)]


def _host_statements(args: HostRoleArgs) -> list[Statement]:
    region, account = args.settings.region.name, args.settings.general.account_id
    return [
        Statement(
            "ReportToTheFleet",
            ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
            [f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{args.fleet}"],
        ),
        # These three actions do not support resource-level permissions.
        Statement(
            "PublishMetrics",
            ["cloudwatch:PutMetricData"],
            ["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        ),
        send_traces(begins=True),
        # Behind a VPC endpoint, the host's role needs this permission (Systems Manager User Guide, "Reference: Amazon
        # S3 buckets for patching operations").
        Statement("ReadPatches", ["s3:GetObject"], [f"arn:aws:s3:::{bucket}/*" for bucket in patch_buckets(region)]),
        Statement("LogInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        Statement(
            "PullImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            args.resources.images,
        ),
    ]


def _trading_statements(args: HostRoleArgs) -> list[Statement]:
    region, resources = args.settings.region.name, args.resources
    return [
        Statement(
            "ReadStreams",
            [
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
                "kinesis:SubscribeToShard",
            ],
            [arn for stream in resources.streams for arn in (stream, pulumi.Output.concat(stream, "/consumer/*"))],
        ),
        Statement(
            "KeepBooks",
            [
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            [arn for table in resources.tables for arn in (table, pulumi.Output.concat(table, "/index/*"))],
        ),
        Statement("TellExecutions", ["events:PutEvents"], [resources.bus]),
        Statement("UseTheTablesKey", KEY_USE, [resources.tables_key], conditions=_via("dynamodb", region)),
        Statement("UseTheStreamsKey", ["kms:Decrypt"], [resources.streams_key], conditions=_via("kinesis", region)),
    ]


def _via(service: str, region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
