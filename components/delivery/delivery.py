"""The delivery layer as a whole: builds, pipeline, previews of pull requests, and GitHub Actions as an alternative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.data.bucket import bucket_arn, bucket_name
from components.delivery.access import assume_deployers, deployer_arn, read_artifacts, read_charts, read_state
from components.delivery.approval import Approval, ApprovalArgs
from components.delivery.build import Build, BuildArgs
from components.delivery.build_network import BuildNetwork
from components.delivery.github import GitHub, GitHubArgs
from components.delivery.pipeline import Pipeline, PipelineArgs
from components.delivery.pull_requests import PullRequests, PullRequestsArgs
from components.delivery.source import Source, SourceArgs
from components.delivery.stages import Published
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.log_bucket import LogBuckets
from components.security.policies import Statement
from components.security.roles import PIPELINE_ROLE
from components.settings import Role, Settings


@dataclass(frozen=True)
class DeliveryArgs:
    """`place` is the network in which a deployment runs, because it calls the clusters. A preview runs outside: it
    calls no cluster, and unapproved code stays out of the network. `artifacts` is the physical name of the bucket that
    is replicated to the recovery region."""

    settings: Settings
    keys: Keys
    log_buckets: LogBuckets
    place: BuildNetwork
    artifacts: pulumi.Input[str]


class Delivery(Layer):
    """Delivery runs in the primary's region and deploys both stacks from there. While that region is lost, nothing is
    delivered: the recovery region scales out by its own build, from the program that was published last."""

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:Delivery", name, opts)
        self._args, self._settings = args, args.settings
        if not args.settings.recovery.state_backend_url:
            pulumi.log.warn("stateBackendUrl is not set: builds cannot preview or deploy; set it", self)
        self._bucket = bucket_name(args.settings, "pipeline")
        self.source = Source("source", SourceArgs(args.settings, args.keys), self.child)
        self.check = self._check()
        self.preview = self._preview()
        self.deploy = self._deploy()
        self.pipeline = self._pipeline()
        self._pull_requests()
        self.github = (
            GitHub("github", GitHubArgs(args.settings), self.child)
            if args.settings.delivery.github_repository
            else None
        )
        self.register_outputs({"pipeline": self.pipeline.pipeline.name})

    @property
    def outputs(self) -> dict[str, Any]:
        """Values for operators and for variables of the code host."""
        repository = self.source.repository
        return {
            "pipeline": self.pipeline.pipeline.name,
            "repository": repository.clone_url_http if repository else None,
            "connection": self.source.connection_arn,
            "previewRole": self.github.preview.arn if self.github else None,
            "deployerRoles": {role.value: deployer_arn(self._settings, role) for role in Role},
        }

    @property
    def _state(self) -> dict[str, str]:
        return {"PULUMI_BACKEND_URL": self._settings.recovery.state_backend_url}

    @property
    def _stacks(self) -> dict[str, str]:
        return {
            **self._state,
            "PRIMARY_STACK": self._settings.general.primary_stack,
            "RECOVERY_STACK": self._settings.recovery.recovery_stack,
        }

    @property
    def _source_statements(self) -> list[Statement]:
        return read_artifacts(self._settings, self._args.keys, bucket_arn(self._bucket))

    def _check(self) -> Build:
        return Build(
            "delivery-check",
            BuildArgs(
                self._settings,
                self._args.keys,
                purpose="delivery-check",
                description="Tests of the program, and the policy pack on what it declares; changes nothing in AWS",
                buildspec="check.yaml",
                statements=self._source_statements,
                timeout_minutes=self._settings.delivery.check_timeout_minutes,
            ),
            self.child,
        )

    def _preview(self) -> Build:
        return Build(
            "delivery-preview",
            BuildArgs(
                self._settings,
                self._args.keys,
                purpose="delivery-preview",
                description="Previews of both stacks with the policy pack; reads state and settings",
                buildspec="preview.yaml",
                statements=[*self._source_statements, *read_state(self._settings), *read_charts(self._settings)],
                timeout_minutes=self._settings.delivery.check_timeout_minutes,
                environment=self._stacks,
                audits=True,
            ),
            self.child,
        )

    def _deploy(self) -> Build:
        return Build(
            "delivery-deploy",
            BuildArgs(
                self._settings,
                self._args.keys,
                purpose=PIPELINE_ROLE,
                description="Brings one stack up as its deployer, with the policy pack",
                buildspec="deploy.yaml",
                statements=[*self._source_statements, assume_deployers(self._settings)],
                timeout_minutes=self._settings.delivery.deploy_timeout_minutes,
                # Concurrent deployments would find the stack locked and fail, so CodeBuild refuses to start a second
                # one.
                at_once=1,
                environment={**self._state, "AWS_PROFILE": "deployer"},
                place=self._args.place,
            ),
            self.child,
        )

    def _pipeline(self) -> Pipeline:
        args = self._args
        return Pipeline(
            "pipeline",
            PipelineArgs(
                self._settings,
                args.keys,
                bucket=self._bucket,
                access_log=args.log_buckets.access_log_of(self._bucket),
                source=self.source,
                check=self.check,
                preview=self.preview,
                deploy=self.deploy,
                approval=Approval(
                    "approval", ApprovalArgs(self._settings, args.keys.arn(DataClass.STREAMS)), self.child
                ),
                published=Published(
                    args.artifacts, self._settings.recovery.scale_out_source, args.keys.arn(DataClass.RECORDS)
                ),
            ),
            self.child,
        )

    def _pull_requests(self) -> None:
        """Previews for CodeCommit; with GitHub, its actions preview pull requests."""
        repository = self.source.repository
        if repository is None:
            return
        build = Build(
            "delivery-pull-request",
            BuildArgs(
                self._settings,
                self._args.keys,
                purpose="delivery-pull-request",
                description="Previews a pull request and posts what both stacks would change",
                buildspec="pull-request.yaml",
                statements=[
                    *read_state(self._settings),
                    *read_charts(self._settings),
                    Statement(
                        "AnswerPullRequests",
                        ["codecommit:GitPull", "codecommit:PostCommentForPullRequest"],
                        [repository.arn],
                    ),
                    self.source.key_statement("UseKeyOfTheRepository"),
                ],
                timeout_minutes=self._settings.delivery.check_timeout_minutes,
                repository=repository.clone_url_http,
                environment=self._stacks,
                audits=True,
            ),
            self.child,
        )
        PullRequests("pull-requests", PullRequestsArgs(self._settings, repository, build), self.child)
