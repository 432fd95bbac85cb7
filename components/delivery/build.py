"""A CodeBuild project with a role and a log group of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.delivery.access import SECURITY_AUDIT, run_in_vpc, write_logs
from components.delivery.build_network import BuildNetwork
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

# CodeBuild User Guide, "Docker images provided by CodeBuild".
IMAGE = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
BUILDSPECS = "delivery/buildspecs"
"""Folder of the repository with the builds' commands."""
# Minutes. CodeBuild User Guide, "Builds in AWS CodeBuild": the longest time that a build can wait while the account
# runs its maximum number of builds.
_QUEUED_MINUTES = 480


@dataclass(frozen=True)
class BuildArgs:
    """`purpose` is the last part of every name, `buildspec` a file in `BUILDSPECS`. `repository` is the URL of the
    CodeCommit repository with the source, None if a pipeline provides the source. `audits` allows the build to read the
    settings of AWS's services. `at_once` is the maximum number of concurrent builds: CodeBuild refuses to start another
    ("Builds in AWS CodeBuild"), and queues it only if `at_once` is None."""

    settings: Settings
    keys: Keys
    purpose: str
    description: str
    buildspec: str
    statements: Sequence[Statement]
    timeout_minutes: int
    at_once: int | None = None
    repository: pulumi.Input[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    place: BuildNetwork | None = None
    audits: bool = False


class Build(Layer):
    """A build. Its commands are in the repository; this class declares its permissions."""

    project: aws.codebuild.Project
    role: aws.iam.Role

    def __init__(self, name: str, args: BuildArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:Build", name, opts)
        self._name, self._args = name, args
        settings, account = args.settings, args.settings.general.account_id
        self.name = settings.name(args.purpose)
        self.arn = f"arn:aws:codebuild:{settings.region.name}:{account}:project/{self.name}"
        self.log_group = aws.cloudwatch.LogGroup(
            name,
            name=f"/aws/codebuild/{self.name}",
            retention_in_days=settings.delivery.delivery_log_days,
            kms_key_id=args.keys.arn(DataClass.LOGS),
            opts=self.child,
        )
        self.role = aws.iam.Role(
            name,
            name=self.name,
            description=args.description,
            assume_role_policy=trust_of_service(
                "codebuild.amazonaws.com", account, {"ArnEquals": {"aws:SourceArn": self.arn}}
            ),
            opts=self.child,
        )
        self.project = self._project(self._permissions())
        self.register_outputs({"project": self.project.name})

    def _permissions(self) -> list[pulumi.Resource]:
        args = self._args
        network = run_in_vpc(args.settings, args.place.subnet_ids) if args.place else []
        own = aws.iam.RolePolicy(
            self._name,
            name=self.name,
            role=self.role.id,
            policy=policy_document(
                write_logs(args.settings, f"/aws/codebuild/{self.name}"), *args.statements, *network
            ),
            opts=self.child,
        )
        if not args.audits:
            return [own]
        audit = aws.iam.RolePolicyAttachment(
            self._name, role=self.role.name, policy_arn=SECURITY_AUDIT, opts=self.child
        )
        return [own, audit]

    def _project(self, permissions: list[pulumi.Resource]) -> aws.codebuild.Project:
        args = self._args
        of_pipeline = args.repository is None
        return aws.codebuild.Project(
            self._name,
            name=self.name,
            description=args.description,
            service_role=self.role.arn,
            build_timeout=args.timeout_minutes,
            queued_timeout=_QUEUED_MINUTES,
            concurrent_build_limit=args.at_once,
            encryption_key=args.keys.arn(DataClass.COMPUTE),
            artifacts=aws.codebuild.ProjectArtifactsArgs(type="CODEPIPELINE" if of_pipeline else "NO_ARTIFACTS"),
            # Full clone: to build a commit by its id, CodeBuild needs the whole history (CodeBuild User Guide, "Source
            # version sample").
            source=aws.codebuild.ProjectSourceArgs(
                type="CODEPIPELINE" if of_pipeline else "CODECOMMIT",
                location=args.repository,
                buildspec=f"{BUILDSPECS}/{args.buildspec}",
            ),
            environment=self._environment(),
            vpc_config=args.place.config() if args.place else None,
            logs_config=aws.codebuild.ProjectLogsConfigArgs(
                cloudwatch_logs=aws.codebuild.ProjectLogsConfigCloudwatchLogsArgs(
                    status="ENABLED", group_name=self.log_group.name
                ),
                s3_logs=aws.codebuild.ProjectLogsConfigS3LogsArgs(status="DISABLED"),
            ),
            opts=self.after(*permissions),
        )

    def _environment(self) -> aws.codebuild.ProjectEnvironmentArgs:
        variables = {"PULUMI_SKIP_UPDATE_CHECK": "true", **self._args.environment}
        return aws.codebuild.ProjectEnvironmentArgs(
            compute_type="BUILD_GENERAL1_MEDIUM",
            image=IMAGE,
            type="ARM_CONTAINER",
            image_pull_credentials_type="CODEBUILD",
            privileged_mode=False,
            environment_variables=[
                aws.codebuild.ProjectEnvironmentEnvironmentVariableArgs(name=name, value=value, type="PLAINTEXT")
                for name, value in variables.items()
            ],
        )
