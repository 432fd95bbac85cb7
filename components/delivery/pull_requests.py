"""Previews of CodeCommit pull requests: a build that posts the changes of both stacks."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.build import Build
from components.delivery.event_role import EventRole, EventRoleArgs
from components.layer import Layer
from components.settings import Settings

# Maps fields of a CodeCommit event (EventBridge reference, "CodeCommit Pull Request State Change") to the variables of
# the buildspec. All values are ids and never text from a user.
_PATHS = {
    "PULL_REQUEST_ID": "$.detail.pullRequestId",
    "REPOSITORY_NAME": "$.detail.repositoryNames[0]",
    "BEFORE_COMMIT_ID": "$.detail.destinationCommit",
    "AFTER_COMMIT_ID": "$.detail.sourceCommit",
}


@dataclass(frozen=True)
class PullRequestsArgs:
    """`build` previews a commit of `repository` and posts the result."""

    settings: Settings
    repository: aws.codecommit.Repository
    build: Build


class PullRequests(Layer):
    """Starts a preview for each new pull request and for each new commit in one."""

    def __init__(self, name: str, args: PullRequestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:PullRequests", name, opts)
        settings = args.settings
        rule = aws.cloudwatch.EventRule(
            "pull-request",
            name=settings.name("pull-request"),
            description="Previews a new pull request or a new commit in one",
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
    """Return a request to start a build (CodeBuild API Reference, "StartBuild"), with a placeholder for each value."""
    variables = ",".join(f'{{"name":"{name}","value":<{name.replace("_", "")}>,"type":"PLAINTEXT"}}' for name in _PATHS)
    return f'{{"sourceVersion":<AFTERCOMMITID>,"environmentVariablesOverride":[{variables}]}}'
