"""Settings of delivery: where the program comes from, who approves, and who may deploy from outside."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from components.settings.section import LogDays, Section, Texts

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# AWS CodeConnections API Reference, "Connection": the service goes by its former name as well.
_CONNECTION = re.compile(
    r"^$|^arn:aws:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}$"
)
# GitHub's names, and Bitbucket's workspaces; GitLab puts groups into groups.
_REPOSITORY = re.compile(r"^$|^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)+$")
# With ids where GitHub's tokens name them: in repositories made, renamed or transferred since July 2026 (GitHub Docs,
# "OpenID Connect reference", "Immutable subject claims").
_GITHUB_OWNER, _GITHUB_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})", r"[A-Za-z0-9_.-]{1,100}"
_GITHUB_REPOSITORY = re.compile(rf"^$|^{_GITHUB_OWNER}/{_GITHUB_NAME}$|^{_GITHUB_OWNER}@[0-9]+/{_GITHUB_NAME}@[0-9]+$")
_KEY = re.compile(r"^$|^arn:aws:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+$")


class PipelineSource(StrEnum):
    """Where the pipeline takes the program from."""

    CODECOMMIT = "codecommit"
    CONNECTION = "connection"


class ConnectionProvider(StrEnum):
    """Code hosts that a connection leads to (CodeConnections API Reference, "CreateConnection", ProviderType)."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"
    BITBUCKET = "Bitbucket"


def _known_source(value: Any) -> Any:
    if value not in list(PipelineSource):
        raise ValueError(
            "is no source of a pipeline; write codecommit for a repository of the platform's own, or connection for "
            "one of a code host"
        )
    return value


def _connection(arn: str) -> str:
    if not _CONNECTION.match(arn):
        raise ValueError(
            "is not the ARN of a connection; write arn:aws:codeconnections:REGION:ACCOUNT:connection/ID, or leave it "
            "empty for one that the stack makes"
        )
    return arn


def _repository(name: str) -> str:
    if not _REPOSITORY.match(name):
        raise ValueError("is not a repository of a code host; write owner/name")
    return name


def _github_repository(name: str) -> str:
    if not _GITHUB_REPOSITORY.match(name):
        raise ValueError(
            "is not a repository of GitHub; write owner/name, or owner@ID/name@ID where its tokens name ids, or leave "
            "it empty for none"
        )
    return name


def _key(arn: str) -> str:
    if not _KEY.match(arn):
        raise ValueError("is not the ARN of a key; write arn:aws:kms:REGION:ACCOUNT:key/ID")
    return arn


class DeliverySettings(Section):
    """The same in both stack files: the primary has the pipeline, both stacks trust who deploys them."""

    pipeline_source: Annotated[PipelineSource, BeforeValidator(_known_source)] = Field(
        PipelineSource.CODECOMMIT,
        description="codecommit: a repository that the primary makes; connection: one of a code host.",
    )
    connection_arn: Annotated[str, AfterValidator(_connection)] = Field(
        "",
        description="ARN of a connection to the code host, in the primary's region; empty for one that the primary "
        "makes, and that a person then confirms in the console.",
    )
    connection_provider: ConnectionProvider = Field(
        ConnectionProvider.GITHUB, description="Code host of a connection that the primary makes."
    )
    connection_repository: Annotated[str, AfterValidator(_repository)] = Field(
        "", description="Repository that the connection leads to, as owner/name."
    )
    delivery_branch: str = Field(
        "main",
        description="Branch that is deployed.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$",
    )
    github_repository: Annotated[str, AfterValidator(_github_repository)] = Field(
        "",
        description="Repository whose GitHub Actions may preview, and deploy from their environment, as their tokens "
        "name it: owner@ID/name@ID, or owner/name for one older than July 2026; empty for none.",
    )
    github_environment: str = Field(
        "main",
        description="Environment of that repository whose jobs may deploy; its reviewers approve.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
    )
    create_github_provider: bool = Field(
        True,
        description="Whether the primary makes the account's identity provider for GitHub; false where it has one.",
    )
    state_key_arn: Annotated[str, AfterValidator(_key)] = Field(
        "",
        description="ARN of the key that secrets in the stacks' state are under (the secrets provider), for builds "
        "that read the state: a multi-region key, as it stands in the recovery region.",
    )
    approver_emails: Texts = Field(
        (), description="Addresses of those who approve a deployment; none for the operationsEmails."
    )
    approval_hours: int = Field(
        24, description="How long a deployment waits for approval before it is given up, in hours.", ge=1, le=1440
    )
    check_timeout_minutes: int = Field(
        60, description="The longest that tests, or previews, may take in the pipeline, in minutes.", ge=10, le=480
    )
    deploy_timeout_minutes: int = Field(
        180, description="The longest that bringing one stack up may take in the pipeline, in minutes.", ge=30, le=480
    )
    delivery_log_days: LogDays = Field(
        365, description="How long the logs of builds stay in CloudWatch Logs, in days: what was deployed, and when."
    )

    @field_validator("approver_emails")
    @classmethod
    def _addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            if not _EMAIL.fullmatch(address):
                raise ValueError(f"{address!r} is not an address; write it as name@domain")
        return addresses
