"""IAM roles of the trading services: the execution role and the task role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.keys import KEY_USE
from components.security.policies import Statement, policy_document, send_traces, trust_of_service
from components.security.secrets import Secret
from components.settings import Settings


@dataclass(frozen=True)
class ServiceResources:
    """ARNs of resources that the services use: the `queues` that they consume, the `tables` of orders and positions,
    the `bus` to which they publish, the repository of the `image`, the database's `secret`, and the keys of these."""

    queues: Sequence[pulumi.Input[str]]
    tables: Sequence[pulumi.Input[str]]
    bus: pulumi.Input[str]
    image: pulumi.Input[str]
    secret: Secret
    streams_key: pulumi.Input[str]
    tables_key: pulumi.Input[str]
    secrets_key: pulumi.Input[str]


@dataclass(frozen=True)
class ServiceTaskRolesArgs:
    """`log_group_arn` is the tasks' log group, `metrics_namespace` the namespace of their metrics."""

    settings: Settings
    resources: ServiceResources
    log_group_arn: pulumi.Input[str]
    metrics_namespace: str


class ServiceTaskRoles(Layer):
    """Two roles: the execution role, with which Fargate pulls the image and reads secrets before the task runs, and the
    task role, with which the task calls AWS."""

    def __init__(self, name: str, args: ServiceTaskRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("compute:ServiceTaskRoles", name, opts)
        self._args = args
        self.execution, self.execution_policy = self._role(
            "services-execution", "Starts tasks of the trading services", self._execution_statements()
        )
        self.task, self.task_policy = self._role(
            "services-task", "Tasks of the trading services", self._task_statements()
        )
        self.register_outputs({"executionArn": self.execution.arn, "taskArn": self.task.arn})

    def _role(
        self, purpose: str, description: str, permissions: list[Statement]
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        settings = self._args.settings
        account, region = settings.general.account_id, settings.region.name
        role = aws.iam.Role(
            purpose,
            name=settings.name(purpose),
            description=description,
            assume_role_policy=trust_of_service(
                "ecs-tasks.amazonaws.com",
                account,
                {"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{region}:{account}:*"}},
            ),
            opts=self.child,
        )
        policy = aws.iam.RolePolicy(
            purpose,
            name=settings.name(purpose),
            role=role.id,
            policy=policy_document(*permissions),
            opts=self.child,
        )
        return role, policy

    def _via(self, *services: str) -> dict[str, dict[str, list[str]]]:
        region = self._args.settings.region.name
        return {"StringEquals": {"kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in services]}}

    def _execution_statements(self) -> list[Statement]:
        resources = self._args.resources
        return [
            Statement("LogInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
            Statement(
                "PullImage",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [resources.image],
            ),
            # GuardDuty runs its agent in each task, from a repository in an AWS account of the region (GuardDuty User
            # Guide, "Amazon ECR repository hosting GuardDuty agent"; "Prerequisites for AWS Fargate support").
            Statement(
                "PullGuardDutyAgent",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [f"arn:aws:ecr:{self._args.settings.region.name}:*:repository/aws-guardduty-agent-fargate"],
            ),
            Statement(
                "WriteLogs",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [pulumi.Output.concat(self._args.log_group_arn, ":*")],
            ),
            Statement("ReadSecret", ["secretsmanager:GetSecretValue"], [resources.secret.arn_pattern]),
            Statement("UseTheKey", ["kms:Decrypt"], [resources.secrets_key], conditions=self._via("secretsmanager")),
        ]

    def _task_statements(self) -> list[Statement]:
        resources = self._args.resources
        return [
            Statement(
                "TakeExecutions",
                [
                    "sqs:ChangeMessageVisibility",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ReceiveMessage",
                ],
                resources.queues,
            ),
            Statement(
                "KeepOrdersAndPositions",
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
            Statement("UseTheTablesKey", KEY_USE, [resources.tables_key], conditions=self._via("dynamodb")),
            # The tasks receive messages and send none.
            Statement("UseTheQueuesKey", ["kms:Decrypt"], [resources.streams_key], conditions=self._via("sqs")),
            # This action does not support resource-level permissions.
            Statement(
                "PublishMetrics",
                ["cloudwatch:PutMetricData"],
                ["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": self._args.metrics_namespace}},
            ),
            send_traces(begins=True),
        ]
