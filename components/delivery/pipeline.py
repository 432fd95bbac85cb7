"""The CodePipeline pipeline: bucket, role, trigger and failure notifications."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.bucket import AccessLog, HardenedBucket, HardenedBucketArgs, LifecycleRule, bucket_arn
from components.delivery.access import via
from components.delivery.approval import Approval
from components.delivery.build import Build
from components.delivery.event_role import EventRole, EventRoleArgs
from components.delivery.source import Source
from components.delivery.stages import Published, Stages
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

# Days to keep artifacts between two stages; a deployment that waits for its approval (60 days at most) still finds
# them.
_ARTIFACT_DAYS = 90


@dataclass(frozen=True)
class PipelineArgs:
    """`bucket` is the physical name of the artifacts' bucket; `published` is the location of the deployed program for
    the recovery region."""

    settings: Settings
    keys: Keys
    bucket: str
    access_log: AccessLog
    source: Source
    check: Build
    preview: Build
    deploy: Build
    approval: Approval
    published: Published


class Pipeline(Layer):
    """A CodePipeline V2 pipeline. It contains no logic: each step runs a command of the repository with its build's
    permissions."""

    pipeline: aws.codepipeline.Pipeline

    def __init__(self, name: str, args: PipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:Pipeline", name, opts)
        self._args, self._settings = args, args.settings
        self.name = args.settings.name("delivery")
        self.arn = f"arn:aws:codepipeline:{args.settings.region.name}:{args.settings.general.account_id}:{self.name}"
        self.artifacts = HardenedBucket(
            "pipeline",
            HardenedBucketArgs(
                bucket=args.bucket,
                key_arn=args.keys.arn(DataClass.RECORDS),
                lifecycle=[LifecycleRule("pipeline", expire_after_days=_ARTIFACT_DAYS, noncurrent_expire_after_days=1)],
                access_log=args.access_log,
            ),
            self.child,
        )
        self.role = self._role()
        self.pipeline = self._pipeline()
        if args.source.repository:
            self._start_on_push(args.source.repository)
        self._notify_of_failures()
        self.register_outputs({"pipeline": self.pipeline.name})

    def _pipeline(self) -> aws.codepipeline.Pipeline:
        args = self._args
        stages = Stages(
            self._settings,
            source=args.source,
            check=args.check,
            preview=args.preview,
            deploy=args.deploy,
            approvals=args.approval.topic.arn,
            published=args.published,
        )
        return aws.codepipeline.Pipeline(
            "delivery",
            name=self.name,
            pipeline_type="V2",
            # SUPERSEDED: a newer execution replaces one that waits for a stage, so that approvers never get an outdated
            # change.
            execution_mode="SUPERSEDED",
            role_arn=self.role.arn,
            artifact_stores=[
                aws.codepipeline.PipelineArtifactStoreArgs(
                    location=self.artifacts.bucket.bucket,
                    type="S3",
                    encryption_key=aws.codepipeline.PipelineArtifactStoreEncryptionKeyArgs(
                        id=args.keys.arn(DataClass.RECORDS), type="KMS"
                    ),
                )
            ],
            stages=stages.stages(),
            opts=self.after(self._permissions, *self.artifacts.ready),
        )

    def _role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            "pipeline",
            name=self._settings.name("pipeline"),
            description="The pipeline: takes the program, starts builds, asks for approval",
            assume_role_policy=trust_of_service(
                "codepipeline.amazonaws.com",
                self._settings.general.account_id,
                {"ArnEquals": {"aws:SourceArn": self.arn}},
            ),
            opts=self.child,
        )
        self._permissions = aws.iam.RolePolicy(
            "pipeline",
            name=self._settings.name("pipeline"),
            role=role.id,
            policy=policy_document(*self._statements()),
            opts=self.child,
        )
        return role

    def _statements(self) -> list[Statement]:
        args, settings = self._args, self._settings
        artifacts = bucket_arn(args.bucket)
        published = pulumi.Output.concat("arn:aws:s3:::", args.published.bucket)
        return [
            *args.source.statements(),
            Statement("KeepArtifacts", ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], [f"{artifacts}/*"]),
            Statement("FindArtifacts", ["s3:GetBucketLocation", "s3:GetBucketVersioning"], [artifacts, published]),
            Statement(
                "PublishTheProgram", ["s3:PutObject"], [pulumi.Output.concat(published, "/", args.published.key)]
            ),
            Statement(
                "EncryptArtifacts",
                ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"],
                [args.keys.arn(DataClass.RECORDS)],
                conditions=via(settings, "s3"),
            ),
            Statement(
                "RunBuilds",
                ["codebuild:BatchGetBuilds", "codebuild:StartBuild"],
                [build.arn for build in (args.check, args.preview, args.deploy)],
            ),
            Statement("AskForApproval", ["sns:Publish"], [args.approval.topic.arn]),
            Statement(
                "EncryptQuestions",
                ["kms:Decrypt", "kms:GenerateDataKey*"],
                [args.keys.arn(DataClass.STREAMS)],
                conditions=via(settings, "sns"),
            ),
        ]

    def _start_on_push(self, repository: aws.codecommit.Repository) -> None:
        """Start the pipeline on a push (CodePipeline User Guide, "EventBridge events for a CodeCommit source")."""
        rule = aws.cloudwatch.EventRule(
            "delivery-push",
            name=self._settings.name("delivery-push"),
            description="A push to the branch that is deployed starts the pipeline",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.codecommit"],
                    "detail-type": ["CodeCommit Repository State Change"],
                    "resources": [repository.arn],
                    "detail": {
                        "event": ["referenceCreated", "referenceUpdated"],
                        "referenceType": ["branch"],
                        "referenceName": [self._args.source.branch],
                    },
                }
            ),
            opts=self.child,
        )
        starter = EventRole(
            "delivery-push",
            EventRoleArgs(self._settings, "delivery-push", "codepipeline:StartPipelineExecution", self.arn),
            self.child,
        )
        aws.cloudwatch.EventTarget(
            "delivery-push",
            rule=rule.name,
            target_id="pipeline",
            arn=self.pipeline.arn,
            role_arn=starter.role.arn,
            opts=self.child,
        )

    def _notify_of_failures(self) -> None:
        rule = aws.cloudwatch.EventRule(
            "delivery-failed",
            name=self._settings.name("delivery-failed"),
            description="Notifies approvers of a failed deployment",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.codepipeline"],
                    "detail-type": ["CodePipeline Pipeline Execution State Change"],
                    # A change of the pipeline itself cancels its own execution.
                    "detail": {"pipeline": [self.pipeline.name], "state": ["CANCELED", "FAILED"]},
                }
            ),
            opts=self.child,
        )
        aws.cloudwatch.EventTarget(
            "delivery-failed",
            rule=rule.name,
            target_id="approvers",
            arn=self._args.approval.topic.arn,
            opts=self.after(self._args.approval.policy),
        )
