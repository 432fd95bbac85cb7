"""Source of the pipeline: the platform's own CodeCommit repository, or one at a code host."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.access import via
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement
from components.settings import Settings
from components.settings.delivery import PipelineSource

# CodePipeline User Guide, "CodeCommit source action": the action's output is an archive of the branch.
_TAKE_AN_ARCHIVE = [
    "codecommit:CancelUploadArchive",
    "codecommit:GetBranch",
    "codecommit:GetCommit",
    "codecommit:GetRepository",
    "codecommit:GetUploadArchiveStatus",
    "codecommit:UploadArchive",
]
_USE_OF_KEY = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]


@dataclass(frozen=True)
class SourceArgs:
    """`settings` choose the source; a repository is encrypted with the key of the class COMPUTE."""

    settings: Settings
    keys: Keys


class Source(Layer):
    """Either a CodeCommit repository, or a connection to a code host. A new connection is pending until a person
    confirms it at the code host (CodeConnections User Guide, "Update a pending connection")."""

    repository: aws.codecommit.Repository | None = None
    connection_arn: pulumi.Output[str] | None = None

    def __init__(self, name: str, args: SourceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:Source", name, opts)
        self._args, self._settings = args, args.settings
        self.branch = args.settings.delivery.delivery_branch
        if args.settings.delivery.pipeline_source is PipelineSource.CODECOMMIT:
            self.repository = self._repository()
        else:
            self.connection_arn = self._connection()
        self.register_outputs(
            {
                "repository": self.repository.clone_url_http if self.repository else None,
                "connection": self.connection_arn,
            }
        )

    def _repository(self) -> aws.codecommit.Repository:
        return aws.codecommit.Repository(
            "platform",
            repository_name=self._settings.shared_name("platform"),
            description="The program that declares the platform",
            kms_key_id=self._args.keys.arn(DataClass.COMPUTE),
            opts=self.stateful,
        )

    def _connection(self) -> pulumi.Output[str]:
        delivery = self._settings.delivery
        if delivery.connection_arn:
            return pulumi.Output.from_input(delivery.connection_arn)
        connection = aws.codestarconnections.Connection(
            "source",
            name=self._settings.name("source"),
            provider_type=delivery.connection_provider.value,
            opts=self.child,
        )
        return connection.arn

    def action(self) -> aws.codepipeline.PipelineStageActionArgs:
        """Return the source action, whose output is the artifact `Program`."""
        delivery = self._settings.delivery
        if self.repository:
            provider, configuration = (
                "CodeCommit",
                {
                    "RepositoryName": self.repository.repository_name,
                    "BranchName": self.branch,
                    # An event starts the pipeline (`components.delivery.pipeline`).
                    "PollForSourceChanges": "false",
                },
            )
        else:
            provider, configuration = (
                "CodeStarSourceConnection",
                {
                    "ConnectionArn": self.connection_arn,
                    "FullRepositoryId": delivery.connection_repository,
                    "BranchName": self.branch,
                    "DetectChanges": "true",
                },
            )
        return aws.codepipeline.PipelineStageActionArgs(
            name="Source",
            category="Source",
            owner="AWS",
            provider=provider,
            version="1",
            configuration={**configuration, "OutputArtifactFormat": "CODE_ZIP"},
            output_artifacts=["Program"],
        )

    def statements(self) -> list[Statement]:
        """Return the permissions that the pipeline needs to read the source."""
        if self.repository:
            return [
                Statement("TakeTheProgram", _TAKE_AN_ARCHIVE, [self.repository.arn]),
                self.key_statement("UseKeyOfTheRepository"),
            ]
        assert self.connection_arn is not None
        return [
            Statement(
                "UseTheConnection",
                ["codeconnections:UseConnection", "codestar-connections:UseConnection"],
                [self.connection_arn],
            )
        ]

    def key_statement(self, sid: str) -> Statement:
        """CodeCommit User Guide, "AWS KMS and encryption": with a customer key, a reader of the repository uses the key
        through CodeCommit."""
        return Statement(
            sid,
            _USE_OF_KEY,
            [self._args.keys.arn(DataClass.COMPUTE)],
            conditions=via(self._settings, "codecommit"),
        )
