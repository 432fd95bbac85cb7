"""What fixtures of checkov and trivy taught the rules, with other values than theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.test_variants import refused

Json = dict[str, Any]
_ACCOUNT = "123456789012"
_GITHUB = "token.actions.githubusercontent.com"


def _trust(subject: str) -> tuple[str, str, Json]:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::{_ACCOUNT}:oidc-provider/{_GITHUB}"},
        "Condition": {"StringLike": {f"{_GITHUB}:sub": subject}},
    }
    return t.ROLE, "ci", {"assumeRolePolicy": json.dumps({"Statement": [statement]})}


@pytest.mark.parametrize(
    ("subject", "count"),
    [
        ("repo:desk/engine:ref:refs/heads/main", 0),
        ("repository_owner:desk:repo:engine", 0),
        ("job_workflow_ref:desk/pipelines/.github/workflows/deploy.yml@*", 0),
        ("workflow:deploy:repo:desk/engine", 1),
        ("environment:production:repository:desk/engine", 1),
        ("head_ref:main:repo:desk/engine", 1),
        ("desk/engine", 1),
        ("repository_owner:*", 1),
        ("job_workflow_ref:*", 1),
        ("enterprise:*", 1),
        ("repository_id:?", 1),
        ("*", 1),
    ],
)
def test_a_subject_of_github_begins_with_its_repository_or_owner(subject: str, count: int) -> None:
    """Any repository chooses the text of its workflow, environment and branch, which may repeat another's subject."""
    assert len(refused("role-trust-limited", _trust(subject))) == count


@pytest.mark.parametrize(
    ("usage", "count"), [("ENCRYPT_DECRYPT", 1), ("SIGN_VERIFY", 0), ("GENERATE_VERIFY_MAC", 0), ("KEY_AGREEMENT", 0)]
)
def test_only_keys_that_encrypt_rotate(usage: str, count: int) -> None:
    """KMS refuses rotation for keys that sign or verify."""
    assert len(refused("key-rotation", (t.KEY, "k", {"keyUsage": usage, "enableKeyRotation": False}))) == count


_PLAIN = {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]}
_GROUP = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_BUCKET = "${aws:s3/bucket:Bucket::logs#id}"


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([], 1),
        ([(t.BUCKET_ACL, "acl", {"bucket": _BUCKET, "acl": "log-delivery-write"})], 0),
        ([("aws:s3/bucketAclV2:BucketAclV2", "acl", {"bucket": _BUCKET, "acl": "log-delivery-write"})], 0),
        ([(t.BUCKET_ACL, "acl", {"bucket": _BUCKET, "acl": "private"})], 1),
        (
            [
                (
                    t.BUCKET_ACL,
                    "acl",
                    {"bucket": _BUCKET, "accessControlPolicy": {"grants": [{"grantee": {"uri": _GROUP}}]}},
                )
            ],
            0,
        ),
        ([(t.LOAD_BALANCER, "lb", {"accessLogs": {"bucket": _BUCKET, "enabled": True}})], 0),
        ([(t.LOAD_BALANCER, "lb", {"loadBalancerType": "network", "accessLogs": {"bucket": _BUCKET}})], 1),
    ],
)
def test_a_bucket_for_access_logs_takes_the_key_of_s3(entries: list[Any], count: int) -> None:
    """S3 and Application Load Balancers deliver to no bucket with a customer key; Network Load Balancers do."""
    bucket = (t.BUCKET, "logs", {"bucket": "desk-logs"})
    encryption = (t.BUCKET_ENCRYPTION, "logs", {"bucket": _BUCKET, **_PLAIN})
    assert len(refused("bucket-customer-key", bucket, encryption, *entries)) == count


@pytest.mark.parametrize(("service", "count"), [("logging.s3.amazonaws.com", 0), ("firehose.amazonaws.com", 1)])
def test_a_policy_shows_that_access_logs_are_delivered(service: str, count: int) -> None:
    """Log delivery is admitted by the bucket's policy where ACLs are off."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "s3:PutObject", "Resource": "*"}
    bucket = (t.BUCKET, "logs", {"bucket": "desk-logs"})
    encryption = (t.BUCKET_ENCRYPTION, "logs", {"bucket": _BUCKET, **_PLAIN})
    policy = (t.BUCKET_POLICY, "logs", {"bucket": _BUCKET, "policy": json.dumps({"Statement": [statement]})})
    assert len(refused("bucket-customer-key", bucket, encryption, policy)) == count


_FILLS: Json = {"bucket": "desk-fills"}


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        (["arn:aws:s3"], None),
        (["arn:aws:s3:::"], None),
        (["arn:aws:s3:::desk-fills/", "arn:aws:s3:::desk-quotes/"], None),
        (["${aws:s3/bucket:Bucket::fills#arn}/", "arn:aws:s3:::desk-quotes/"], None),
        (["arn:aws:s3:::desk-fills/"], "quotes"),
        (["arn:aws:s3:::desk-fills", "arn:aws:s3:::desk-quotes/"], "fills"),
        (["arn:aws:s3:::desk-fills/2026/", "arn:aws:s3:::desk-quotes/"], "fills"),
        (["arn:aws:s3:::elsewhere/"], "fills, quotes"),
        ([], "fills, quotes"),
    ],
)
def test_data_events_are_those_of_every_bucket(values: list[str], missing: str | None) -> None:
    """A selector of another bucket, of one folder, or without the slash records nothing of a bucket."""
    selectors = [{"readWriteType": "All", "dataResources": [{"type": "AWS::S3::Object", "values": values}]}]
    said = refused(
        "trail-selects-events",
        (t.TRAIL, "trail", {"eventSelectors": selectors}),
        (t.BUCKET, "fills", _FILLS),
        (t.BUCKET, "quotes", {"bucket": "desk-quotes"}),
    )
    assert said == ([f"records no data events of {missing}"] if missing else [])


@pytest.mark.parametrize(
    ("field", "missing"),
    [
        ({}, False),
        ({"startsWiths": ["arn:aws:s3:::desk-"]}, False),
        ({"startsWiths": ["arn:aws:s3:::desk-fills/"]}, False),
        ({"startsWiths": ["arn:aws:s3:::clearing-"]}, True),
        ({"notStartsWiths": ["arn:aws:s3:::desk-logs"]}, False),
        ({"notStartsWiths": ["arn:aws:s3:::desk-fills/"]}, True),
        ({"startsWiths": ["arn:aws:s3:::desk-"], "notStartsWiths": ["arn:aws:s3:::"]}, True),
    ],
)
def test_advanced_selectors_take_in_the_buckets_of_the_plan(field: Json, missing: bool) -> None:
    """Prefixes are compared with the names of the buckets; a selector that leaves all of them out records nothing."""
    management = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}
    data = {
        "fieldSelectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
            *([{"field": "resources.ARN", **field}] if field else []),
        ]
    }
    trail = (t.TRAIL, "trail", {"advancedEventSelectors": [management, data]})
    said = refused("trail-selects-events", trail, (t.BUCKET, "fills", _FILLS))
    assert said == (["records no data events of fills"] if missing else [])


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("AROA2XUZ7EXAMPLEROLE1:*", 0),
        ("AROA2XUZ7EXAMPLEROLE1:matching", 0),
        ("AIDA2XUZ7EXAMPLEUSER1", 0),
        (_ACCOUNT, 0),
        ("AROA*", 1),
        ("*:matching", 1),
    ],
)
def test_a_unique_id_narrows_a_grant(value: str, count: int) -> None:
    """The unique id of a role stands for that role; a wildcard within it stands for any."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::desk-fills/*",
        "Condition": {"StringLike": {"aws:userid": value}},
    }
    policy = (t.BUCKET_POLICY, "p", {"bucket": "desk-fills", "policy": json.dumps({"Statement": statement})})
    assert len(refused("resource-not-public", policy)) == count


@pytest.mark.parametrize("quoted", ['"hunter2x"', '\\"hunter2x\\"', "'hunter2x'", "hunter2x"])
def test_a_quoted_password_in_user_data_is_a_secret(quoted: str) -> None:
    """A script within a template has its quotes escaped."""
    host = (t.LAUNCH_TEMPLATE, "h", {"userData": f"#!/bin/sh\nexport FEED_PASSWORD={quoted}\n"})
    assert refused("user-data-no-secrets", host) == ["its user data holds a secret (FEED_PASSWORD)"]


def test_a_listener_of_plain_http_without_an_action_is_refused() -> None:
    """Nothing says that it redirects."""
    assert refused("listener-tls", (t.LISTENER, "l", {"protocol": "HTTP", "port": 80}))
