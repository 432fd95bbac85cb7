"""P2: previews of pull requests, and GitHub Actions without stored keys."""

from __future__ import annotations

import json
import re

import pytest

from blueprint import Blueprint, record_dr, record_primary
from tests.components.security.graph import ACCOUNT, POLICY, ROLE, ROLE_POLICY, statement, statements

PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
PROJECT = "aws:codebuild/project:Project"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
ISSUER = "token.actions.githubusercontent.com"
GITHUB = {"githubRepository": "example/platform"}


@pytest.fixture(scope="module")
def on_github() -> Blueprint:
    """The primary, which trusts a repository of GitHub."""
    return record_primary(GITHUB)


def test_each_pull_request_and_each_new_commit_starts_a_preview(primary: Blueprint):
    pattern = json.loads(primary.one(RULE, "pull-request").properties["eventPattern"])
    assert pattern["detail"]["event"] == ["pullRequestCreated", "pullRequestSourceBranchUpdated"]
    assert pattern["resources"][0].startswith("${aws:codecommit/repository:Repository::platform#")


def test_the_preview_builds_the_events_commit(primary: Blueprint):
    transformer = primary.one(TARGET, "pull-request").properties["inputTransformer"]
    request = transformer["inputTemplate"]
    for name, path in transformer["inputPaths"].items():
        assert re.fullmatch(r"\$\.detail\.\w+(\[0\])?", path)
        assert f"<{name}>" in request, f"{name} is read and not used"
    event = {"PULLREQUESTID": '"7"', "REPOSITORYNAME": '"p"', "BEFORECOMMITID": '"b"', "AFTERCOMMITID": '"a"'}
    started = json.loads(re.sub(r"<(\w+)>", lambda match: event[match[1]], request))
    assert started["sourceVersion"] == "a"
    variables = {v["name"]: v["value"] for v in started["environmentVariablesOverride"]}
    assert variables == {
        "PULL_REQUEST_ID": "7",
        "REPOSITORY_NAME": "p",
        "BEFORE_COMMIT_ID": "b",
        "AFTER_COMMIT_ID": "a",
    }


def test_a_preview_may_comment_only_on_its_repository(primary: Blueprint):
    answer = statement(primary.one(ROLE_POLICY, "delivery-pull-request"), "AnswerPullRequests")
    assert answer["Resource"].startswith("${aws:codecommit/repository:Repository::platform#")
    start = statement(primary.one(ROLE_POLICY, "pull-request-start"), "Start")
    assert start["Action"] == "codebuild:StartBuild"
    assert start["Resource"].endswith(":project/trading-primary-delivery-pull-request")


def test_github_is_not_trusted_without_a_repository(stack: Blueprint):
    assert not [p for p in stack.of_type(PROVIDER) if ISSUER in p.properties["url"]]
    for role in stack.of_type(ROLE):
        assert ISSUER not in role.properties["assumeRolePolicy"]


def test_the_account_has_one_provider_which_the_primary_makes(on_github: Blueprint, primary: Blueprint):
    (provider,) = [p for p in on_github.of_type(PROVIDER) if ISSUER in p.properties["url"]]
    assert provider.properties["clientIdLists"] == ["sts.amazonaws.com"]
    recovery = record_dr(primary, overrides=GITHUB)
    assert not [p for p in recovery.of_type(PROVIDER) if ISSUER in p.properties["url"]]


def test_an_account_that_has_the_provider_keeps_it():
    stack = record_primary({**GITHUB, "createGithubProvider": False})
    assert not [p for p in stack.of_type(PROVIDER) if ISSUER in p.properties["url"]]
    trust = statement(stack.one(ROLE, "github-preview"), "PullRequests", "assumeRolePolicy")
    assert trust["Principal"] == {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}


def test_a_pull_request_previews_and_never_deploys(on_github: Blueprint):
    preview = statement(on_github.one(ROLE, "github-preview"), "PullRequests", "assumeRolePolicy")["Condition"]
    assert preview == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": ["repo:example/platform:pull_request", "repo:example/platform:ref:refs/heads/main"],
        }
    }
    deploy = statement(on_github.one(ROLE, "deployer"), "GitHub", "assumeRolePolicy")["Condition"]
    subject = deploy["StringEquals"][f"{ISSUER}:sub"]
    assert subject in ("repo:example/platform:environment:main", ["repo:example/platform:environment:main"])


def test_a_repository_that_github_names_by_ids_is_trusted_by_them():
    stack = record_primary({"githubRepository": "example@123456/platform@789012"})
    trust = statement(stack.one(ROLE, "deployer"), "GitHub", "assumeRolePolicy")["Condition"]["StringEquals"]
    assert trust[f"{ISSUER}:sub"] == ["repo:example@123456/platform@789012:environment:main"]


def test_no_subject_is_matched_by_a_wildcard(on_github: Blueprint):
    for role in on_github.of_type(ROLE):
        for each in statements(role, "assumeRolePolicy"):
            if "AssumeRoleWithWebIdentity" in str(each["Action"]) and ISSUER in str(each):
                assert set(each["Condition"]) == {"StringEquals"}
                assert "*" not in str(each["Condition"]), "anybody's repository would be trusted"


def test_both_stacks_trust_the_environment_standing_by_and_active(primary: Blueprint, on_github: Blueprint):
    standing, active = (record_dr(primary, overrides=GITHUB, active=active) for active in (False, True))
    trusts = [statement(s.one(ROLE, "deployer"), "GitHub", "assumeRolePolicy") for s in (on_github, standing, active)]
    assert trusts[0] == trusts[1] == trusts[2]


def test_who_previews_from_github_reads_what_the_pipelines_preview_reads():
    stack = record_primary(
        {
            **GITHUB,
            "stateBackendUrl": "s3://trading-state?region=us-west-2",
            "stateKeyArn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/mrk-1a2b",
        }
    )
    ours = {each["Sid"]: each for each in statements(stack.one(ROLE_POLICY, "github-preview"))}
    assert set(ours) == {"FindTheState", "ReadTheState", "DecryptTheState", "LogInToRegistry", "ReadCharts"}
    for sid, each in ours.items():
        assert each == statement(stack.one(ROLE_POLICY, "delivery-preview"), sid)
    assert stack.one(ROLE, "github-preview").properties["permissionsBoundary"].startswith("${" + POLICY)
