"""Previews of pull requests in CodeCommit: a build that posts what both stacks would change."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.build import Build
from components.delivery.event_role import EventRole, EventRoleArgs
from components.layer import Layer
from components.settings import Settings

# Of an event of CodeCommit (EventBridge reference, "CodeCommit Pull Request State Change") to the variables that the
# buildspec reads. The values come as ids, never as text that a person wrote.
_PATHS = {
    "PULL_REQUEST_ID": "$.detail.pullRequestId",
    "REPOSITORY_NAME": "$.detail.repositoryNames[0]",
    "BEFORE_COMMIT_ID": "$.detail.destinationCommit",
    "AFTER_COMMIT_ID": "$.detail.sourceCommit",
}


@dataclass(frozen=True)
class PullRequestsArgs:
    """`build` previews a commit of `repository` and posts the outcome."""

    settings: Settings
    repository: aws.codecommit.Repository
    build: Build


class PullRequests(Layer):
    """Each pull request that is opened, and each commit that it gets."""

    def __init__(self, name: str, args: PullRequestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:PullRequests", name, opts)
        settings = args.settings
        rule = aws.cloudwatch.EventRule(
            "pull-request",
            name=settings.name("pull-request"),
            description="A pull request, or a new commit of one, is previewed",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.codecommit"],
                    "detail-type": ["CodeCommit Pull Request State Change"],
                    "resources": [args.repository.arn],
                    "detail": {"event": ["pullRequestCreated", "pullRequestSourceBranchUpdated"]},
                }
            ),
            opts=self.child,
        )
        starter = EventRole(
            "pull-request-start",
            EventRoleArgs(settings, "pull-request-start", "codebuild:StartBuild", args.build.arn),
            self.child,
        )
        aws.cloudwatch.EventTarget(
            "pull-request",
            rule=rule.name,
            target_id="preview",
            arn=args.build.project.arn,
            role_arn=starter.role.arn,
            input_transformer=aws.cloudwatch.EventTargetInputTransformerArgs(
                input_paths={name.replace("_", ""): path for name, path in _PATHS.items()},
                input_template=_template(),
            ),
            opts=self.child,
        )
        self.register_outputs({"rule": rule.name})


def _template() -> str:
    """A request to start a build (CodeBuild API Reference, "StartBuild"), with a placeholder for each value."""
    variables = ",".join(f'{{"name":"{name}","value":<{name.replace("_", "")}>,"type":"PLAINTEXT"}}' for name in _PATHS)
    return f'{{"sourceVersion":<AFTERCOMMITID>,"environmentVariablesOverride":[{variables}]}}'
