"""Settings of delivery: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import record_primary
from components.settings import Settings, SettingsError

CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"
CONNECTED = {"pipelineSource": "connection", "connectionRepository": "example/platform"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("githubRepository", "jdoe_acme/trading"),
        ("githubRepository", "jane-doe_acme@12/trading@34"),
        ("connectionRepository", "_team/repo"),
        ("connectionRepository", "~jane/repo"),
        ("connectionRepository", "group/_sub/repo"),
        ("githubEnvironment", "Production EU"),
        ("githubEnvironment", "prod/eu"),
        ("githubEnvironment", "_prod (eu)"),
    ],
)
def test_a_name_that_code_hosts_have_is_taken(key: str, value: str):
    """Managed users, groups, personal repositories, and environments with spaces or slashes."""
    connected = {"pipelineSource": "connection"} if key == "connectionRepository" else {}
    assert Settings.parse({**connected, key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("githubRepository", f"{owner}/x") for owner in ("_acme", "jdoe_", "a_b_c", "a--b", "-a", "a" * 40)),
        ("connectionRepository", "~/repo"),
        ("connectionRepository", "~~jane/repo"),
        *(("githubEnvironment", name) for name in ("prod:eu", "prod*", "prod?", "${aws:userid}", "prod/", "a" * 101)),
    ],
)
def test_a_name_that_no_code_host_or_trust_policy_has_is_refused(key: str, value: str):
    with pytest.raises(SettingsError, match=f"{key} = "):
        Settings.parse({"pipelineSource": "connection", key: value})


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"pipelineSource": "github"}, "pipelineSource = 'github'", "write codecommit"),
        ({"pipelineSource": ""}, "pipelineSource = ''", "or connection for one of a code host"),
        ({"pipelineSource": "connection"}, "connectionRepository = ''", "name the repository as owner/name"),
        ({**CONNECTED, "connectionRepository": "platform"}, "connectionRepository = 'platform'", "write owner/name"),
        ({"connectionRepository": "example/platform"}, "connectionRepository", "set that to connection, or remove"),
        ({"connectionArn": CONNECTION}, "connectionArn", "set that to connection, or remove"),
        ({**CONNECTED, "connectionArn": "github"}, "connectionArn = 'github'", "arn:aws:codeconnections:REGION"),
        (
            {**CONNECTED, "connectionArn": CONNECTION[:-3]},
            "connectionArn",
            "leave it empty for one that the stack makes",
        ),
        (
            {**CONNECTED, "connectionArn": CONNECTION.replace("us-east-1", "eu-west-1")},
            "connectionArn",
            "make the connection in us-east-1",
        ),
        (
            {**CONNECTED, "connectionArn": CONNECTION.replace("123456789012", "210987654321")},
            "connectionArn",
            "name one of ours",
        ),
        ({**CONNECTED, "connectionProvider": "Gitea"}, "connectionProvider = 'Gitea'", "'GitHub', 'GitLab' or"),
        ({"githubRepository": "platform"}, "githubRepository = 'platform'", "write owner/name"),
        ({"githubRepository": "a/b/c"}, "githubRepository = 'a/b/c'", "write owner/name"),
        ({"githubRepository": "example@12/platform"}, "githubRepository", "or owner@ID/name@ID"),
        ({"githubRepository": "example/*"}, "githubRepository = 'example/*'", "write owner/name"),
        ({"githubEnvironment": "*"}, "githubEnvironment = '*'", "; write "),
        ({"deliveryBranch": "refs heads"}, "deliveryBranch = 'refs heads'", "; write "),
        ({"stateKeyArn": "alias/state"}, "stateKeyArn = 'alias/state'", "write arn:aws:kms:REGION"),
        (
            {"stateKeyArn": "arn:aws:kms:us-east-1:123456789012:key/mrk-1a2b"},
            "stateKeyArn",
            "name its replica in us-west-2",
        ),
        (
            {"stateKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/mrk-1a2b"},
            "stateKeyArn",
            "whose keys the build that scales out may not use; name its replica in us-west-2",
        ),
        ({"approverEmails": ["somebody"]}, "approverEmails", "write it as name@domain"),
        (
            {"githubRepository": "example/platform", "humanSessionHours": 2},
            "humanSessionHours = 2",
            "set 4 or more",
        ),
        ({"approvalHours": 0}, "approvalHours = 0", "greater than or equal to 1"),
        ({"deliveryLogDays": 7}, "deliveryLogDays = 7", "choose 90"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_a_source_that_there_is_not_registers_nothing():
    with pytest.raises(SettingsError, match="pipelineSource = 'svn'"):
        record_primary({"pipelineSource": "svn"})


@pytest.mark.parametrize(
    "given",
    [
        CONNECTED,
        {**CONNECTED, "connectionArn": CONNECTION},
        {**CONNECTED, "connectionArn": CONNECTION.replace("codeconnections", "codestar-connections")},
        {**CONNECTED, "connectionRepository": "group/subgroup/platform", "connectionProvider": "GitLab"},
        {"githubRepository": "example/trading.platform_1"},
        {"githubRepository": "example@123456/platform@789012"},
        {"humanSessionHours": 2},
        {"githubRepository": "example/platform", "humanSessionHours": 12},
        {"stateKeyArn": "arn:aws:kms:us-west-2:123456789012:key/mrk-1a2b"},
    ],
)
def test_what_works_is_accepted(given: dict[str, Any]):
    assert Settings.parse(given)
