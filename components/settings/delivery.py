"""Settings of delivery: where the program comes from, who approves, and who may deploy from outside."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from components.settings.addresses import MOST_CONTACTS, Emails
from components.settings.names import ConnectionArn, KeyArn
from components.settings.section import LogDays, Section, matching

# GitHub's names, and Bitbucket's workspaces; GitLab puts groups into groups. A group may begin with an underscore, and
# the owner of a personal repository of Bitbucket with a tilde.
_REPOSITORY = re.compile(r"(?:~?[A-Za-z0-9]|_)[A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)+", re.ASCII)
# With ids where GitHub's tokens name them: in repositories made, renamed or transferred since July 2026 (GitHub Docs,
# "OpenID Connect reference", "Immutable subject claims"). An account has single hyphens, within its name, and that of a
# managed user ends in `_` and the short code of the enterprise (GitHub Docs, "Username considerations for external
# authentication").
_GITHUB_OWNER = r"(?=[^/@]{1,39}[/@])[A-Za-z0-9](?:-?[A-Za-z0-9])*(?:_[A-Za-z0-9]+)?"
_GITHUB_NAME = r"[A-Za-z0-9_.-]{1,100}"
_GITHUB_REPOSITORY = re.compile(
    rf"{_GITHUB_OWNER}/({_GITHUB_NAME})|{_GITHUB_OWNER}@[0-9]+/({_GITHUB_NAME})@[0-9]+", re.ASCII
)
# git-check-ref-format(1): two dots, a slash at an end or doubled, a part that begins with a dot or ends in `.lock`.
# The characters are a part of what it allows: no shell and no policy reads one of these for something else.
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+=-]{0,99}", re.ASCII)
_NO_BRANCH = re.compile(r"\.\.|//|/$|\.$|/\.|\.lock(/|$)", re.ASCII)


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


def _repository(name: str) -> str:
    if name and not _REPOSITORY.fullmatch(name):
        raise ValueError("is not a repository of a code host; write owner/name")
    if name:
        _has_a_repository_name(name.rpartition("/")[2])
    return name


def _github_repository(name: str) -> str:
    match = _GITHUB_REPOSITORY.fullmatch(name)
    if name and match is None:
        raise ValueError(
            "is not a repository of GitHub; write owner/name, or owner@ID/name@ID where its tokens name ids, or leave "
            "it empty for none"
        )
    if match:
        _has_a_repository_name(match[1] or match[2])
    return name


def _has_a_repository_name(name: str) -> None:
    """Code hosts take `.git` off, and refuse what is a folder's own name."""
    if name.lower().endswith(".git"):
        raise ValueError("ends in .git, which is of its address and not of its name; leave that out")
    if name in (".", ".."):
        raise ValueError("names no repository after its owner; write owner/name")


def _branch(name: str) -> str:
    if name.startswith("refs/"):
        raise ValueError("is a full reference; write the branch alone, such as main")
    if not _BRANCH.fullmatch(name) or _NO_BRANCH.search(name) or name == "HEAD":
        raise ValueError("is not the name of a branch (git check-ref-format); write it like main or release/2.1")
    return name


Branch = Annotated[str, AfterValidator(_branch)]
# GitHub takes nearly any text of up to 255 characters. A colon is `%3A` in the claim sub (GitHub Docs, "OpenID Connect
# reference"), `*` and `?` are wildcards of IAM and `${` begins one of its variables. A limit of ours: 100 characters,
# because a trust policy of IAM holds 2,048. That sub keeps spaces and slashes as they are is untested on AWS.
Environment = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_](?:[A-Za-z0-9 ._/()+-]{0,98}[A-Za-z0-9._()+-])?",
        "is not an environment whose name a trust policy of IAM can compare; write up to 100 letters, digits, spaces, "
        "full stops, slashes, underscores, hyphens, plus signs and parentheses, such as Production EU",
    ),
]


class DeliverySettings(Section):
    """The same in both stack files: the primary has the pipeline, both stacks trust who deploys them."""

    pipeline_source: Annotated[PipelineSource, BeforeValidator(_known_source)] = Field(
        PipelineSource.CODECOMMIT,
        description="codecommit: a repository that the primary makes; connection: one of a code host.",
    )
    connection_arn: ConnectionArn = Field(
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
    delivery_branch: Branch = Field(
        "main",
        description="Branch that is deployed.",
    )
    github_repository: Annotated[str, AfterValidator(_github_repository)] = Field(
        "",
        description="Repository whose GitHub Actions may preview, and deploy from their environment, as their tokens "
        "name it: owner@ID/name@ID, or owner/name for one older than July 2026; empty for none.",
    )
    github_environment: Environment = Field(
        "main",
        description="Environment of that repository whose jobs may deploy; its reviewers approve.",
    )
    create_github_provider: bool = Field(
        True,
        description="Whether the primary makes the account's identity provider for GitHub; false where it has one.",
    )
    state_key_arn: KeyArn = Field(
        "",
        description="ARN of the key that secrets in the stacks' state are under (the secrets provider), for builds "
        "that read the state: a multi-region key, as it stands in the recovery region.",
    )
    approver_emails: Emails = Field(
        (),
        description="Addresses of those who approve a deployment; none for the operationsEmails.",
        max_length=MOST_CONTACTS,
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
