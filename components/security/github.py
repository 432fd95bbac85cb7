"""Trust policies for GitHub Actions: jobs of one repository, selected by their subject."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.security.policies import Statement
from components.settings import Settings

ISSUER = "token.actions.githubusercontent.com"
# The audience of tokens for AWS (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services").
AUDIENCE = "sts.amazonaws.com"


def provider_arn(settings: Settings) -> str:
    """ARN of the account's identity provider for GitHub; an account has one for each issuer."""
    return f"arn:aws:iam::{settings.general.account_id}:oidc-provider/{ISSUER}"


def github_trust(
    settings: Settings, sid: str, subjects: Sequence[str], provider: pulumi.Input[str] | None = None
) -> Statement:
    """Allow jobs of the repository to assume a role.

    A subject is `pull_request`, `ref:refs/heads/BRANCH` or `environment:NAME`, without wildcards (GitHub Docs, "OpenID
    Connect reference", "Example subject claims"). `provider` is the provider's ARN as an output if the same stack
    creates it.
    """
    repository = settings.delivery.github_repository
    return Statement(
        sid,
        ["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": provider if provider is not None else provider_arn(settings)},
        conditions={
            "StringEquals": {
                f"{ISSUER}:aud": AUDIENCE,
                f"{ISSUER}:sub": [f"repo:{repository}:{subject}" for subject in subjects],
            }
        },
    )
