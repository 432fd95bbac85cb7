"""Stages of the pipeline: source, checks, preview, approval, primary, recovery region."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.access import deployer_arn
from components.delivery.build import Build
from components.delivery.source import Source
from components.settings import Role, Settings

Action = aws.codepipeline.PipelineStageActionArgs
Stage = aws.codepipeline.PipelineStageArgs

_PREVIEW = "Previewed"


@dataclass(frozen=True)
class Published:
    """Location of the deployed program for the recovery region: a bucket that is replicated there."""

    bucket: pulumi.Input[str]
    key: str
    key_arn: pulumi.Input[str]


@dataclass(frozen=True)
class Stages:
    """`approvals` is the ARN of the topic that notifies approvers of a waiting deployment."""

    settings: Settings
    source: Source
    check: Build
    preview: Build
    deploy: Build
    approvals: pulumi.Input[str]
    published: Published

    def stages(self) -> list[Stage]:
        """Return the stages in order. A deployed program was tested, checked by the policy pack, previewed and
        approved. The recovery region follows the primary, because it reads the primary's exports.

        An execution holds a stage until it has finished there (CodePipeline User Guide, "How pipeline executions
        work"). So one stage contains all actions from the preview on: no other change is deployed between approval and
        deployment, and the next change is previewed against the result of this one.
        """
        deploy = [
            _build("Preview", "Test", self.preview, order=1, namespace=_PREVIEW),
            self._approve(order=2),
            self._up("Primary", Role.PRIMARY, order=3),
            self._up("Recovery", Role.DR, order=4),
            self._publish(order=5),
        ]
        return [
            Stage(name="Source", actions=[self.source.action()]),
            Stage(name="Check", actions=[_build("Check", "Test", self.check)]),
            Stage(name="Deploy", actions=deploy),
        ]

    def _approve(self, order: int) -> Action:
        region, project = self.settings.region.name, self.preview.name
        return Action(
            name="Approve",
            category="Approval",
            owner="AWS",
            provider="Manual",
            version="1",
            run_order=order,
            timeout_in_minutes=self.settings.delivery.approval_hours * 60,
            configuration={
                "NotificationArn": self.approvals,
                "CustomData": f"Both stacks are previewed in build #{{{_PREVIEW}.PREVIEW_BUILD}}.",
                "ExternalEntityLink": f"https://{region}.console.aws.amazon.com/codesuite/codebuild/projects/{project}",
            },
        )

    def _up(self, name: str, role: Role, order: int) -> Action:
        stacks = {
            Role.PRIMARY: self.settings.general.primary_stack,
            Role.DR: self.settings.recovery.recovery_stack,
        }
        return _build(
            name,
            "Build",
            self.deploy,
            order=order,
            variables={"PULUMI_STACK": stacks[role], "DEPLOYER_ROLE_ARN": deployer_arn(self.settings, role)},
        )

    def _publish(self, order: int) -> Action:
        """Publish the deployed program for the recovery region's scale-out build; S3 replicates it there."""
        return Action(
            name="Publish",
            category="Deploy",
            owner="AWS",
            provider="S3",
            version="1",
            run_order=order,
            input_artifacts=["Program"],
            configuration={
                "BucketName": self.published.bucket,
                "ObjectKey": self.published.key,
                "Extract": "false",
                "KMSEncryptionKeyARN": self.published.key_arn,
            },
        )


def _build(
    name: str,
    category: str,
    build: Build,
    order: int = 1,
    namespace: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Action:
    given = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in (variables or {}).items()]
    return Action(
        name=name,
        category=category,
        owner="AWS",
        provider="CodeBuild",
        version="1",
        run_order=order,
        namespace=namespace,
        input_artifacts=["Program"],
        configuration={
            "ProjectName": build.project.name,
            **({"EnvironmentVariables": json.dumps(given)} if given else {}),
        },
    )
