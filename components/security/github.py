"""Trust in GitHub Actions: in jobs of one repository, by their subject."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.security.policies import Statement
from components.settings import Settings

ISSUER = "token.actions.githubusercontent.com"
# Who asks AWS for a role names AWS as the audience (GitHub Docs, "Configuring OpenID Connect in Amazon Web Services").
AUDIENCE = "sts.amazonaws.com"


def provider_arn(settings: Settings) -> str:
    """The identity provider of the account, of which there is one for an issuer."""
    return f"arn:aws:iam::{settings.general.account_id}:oidc-provider/{ISSUER}"


def by_github(
    settings: Settings, sid: str, subjects: Sequence[str], provider: pulumi.Input[str] | None = None
) -> Statement:
    """Lets jobs of the repository take a role. A subject is `pull_request`, `ref:refs/heads/BRANCH` or
    `environment:NAME`, and holds as it stands, without wildcards (GitHub Docs, "OpenID Connect reference", "Example
    subject claims"). `provider` is its ARN as a resource, where the same stack makes it."""
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
