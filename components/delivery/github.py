"""GitHub Actions with OpenID Connect: the identity provider and the role for previews."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.access import SECURITY_AUDIT, read_charts, read_state
from components.layer import Layer
from components.security.github import AUDIENCE, ISSUER, github_trust, provider_arn
from components.security.policies import policy_document
from components.settings import Settings


@dataclass(frozen=True)
class GitHubArgs:
    """`settings` name the repository."""

    settings: Settings


class GitHub(Layer):
    """The identity provider belongs to the account, so the primary declares it for both stacks. Deployments assume a
    stack's deployer (`components.security.roles`). This class declares the role for previews, of pull requests and
    before approvals.

    GitHub issues no token to a pull request from a fork, so only members of the repository can run a preview.
    """

    preview: aws.iam.Role

    def __init__(self, name: str, args: GitHubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("delivery:GitHub", name, opts)
        settings = args.settings
        provider = (
            aws.iam.OpenIdConnectProvider(
                "github", url=f"https://{ISSUER}", client_id_lists=[AUDIENCE], opts=self.child
            )
            if settings.delivery.create_github_provider
            else None
        )
        branch = f"ref:refs/heads/{settings.delivery.delivery_branch}"
        self.preview = aws.iam.Role(
            "github-preview",
            name=settings.name("github-preview"),
            description="GitHub Actions preview both stacks",
            assume_role_policy=policy_document(
                github_trust(settings, "PullRequests", ["pull_request", branch], provider.arn if provider else None)
            ),
            opts=self.child,
        )
        aws.iam.RolePolicy(
            "github-preview",
            name=settings.name("github-preview"),
            role=self.preview.id,
            policy=policy_document(*read_state(settings), *read_charts(settings)),
            opts=self.child,
        )
        aws.iam.RolePolicyAttachment(
            "github-preview", role=self.preview.name, policy_arn=SECURITY_AUDIT, opts=self.child
        )
        self.register_outputs({"provider": provider_arn(settings), "preview": self.preview.arn})
