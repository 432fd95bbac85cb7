"""Small plans that disguise what a rule refuses, or look like it: each verdict was decided before the rule was run."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from policy import check
from policy import tokens as t
from policy.catalogue import BY_ID
from tests.policy import documents as d

Json = dict[str, Any]
Entry = tuple[str, str, Json]
_ACCOUNT, _OTHER = "123456789012", "444455556666"
_PROVIDER: Entry = ("pulumi:providers:aws", "own", {"region": "us-east-1", "allowedAccountIds": [_ACCOUNT]})
UNKNOWN = d.UNKNOWN


def _document(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(**fields: Any) -> Json:
    return {"Effect": "Allow", **fields}


def _policy(*statements: Json) -> list[Entry]:
    return [(t.ROLE_POLICY, "p", {"role": "r", "policy": _document(*statements)})]


def _bucket_policy(*statements: Json) -> list[Entry]:
    return [(t.BUCKET_POLICY, "p", {"bucket": "fills", "policy": _document(*statements)})]


def _trust(*statements: Json) -> list[Entry]:
    return [(t.ROLE, "r", {"assumeRolePolicy": _document(*statements)})]


def _group(*rules: Json) -> list[Entry]:
    return [(t.SECURITY_GROUP, "g", {"ingress": list(rules)})]


def _ssh(**source: Any) -> Json:
    return {"protocol": "tcp", "fromPort": 22, "toPort": 22, **source}


def _prefixes(*ranges: str, family: str = "IPv4") -> list[Entry]:
    entries = [{"cidr": cidr, "description": "x"} for cidr in ranges]
    lists = ("aws:ec2/managedPrefixList:ManagedPrefixList", "l", {"addressFamily": family, "entries": entries})
    return [lists, *_group(_ssh(prefixListIds=["${aws:ec2/managedPrefixList:ManagedPrefixList::l#id}"]))]


def _task(**container: Any) -> list[Entry]:
    text = json.dumps([{"name": "c", "image": "x:1", **container}])
    return [(t.TASK_DEFINITION, "t", {"containerDefinitions": text})]


def _data(script: str, *, encoded: bool = False) -> list[Entry]:
    text = base64.b64encode(script.encode()).decode() if encoded else script
    return [(t.LAUNCH_TEMPLATE, "h", {"userData": text})]


def _queue(*statements: Json) -> list[Entry]:
    return [(t.QUEUE_POLICY, "p", {"queueUrl": "q", "policy": _document(*statements)})]


_ANYBODY: Json = {"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::fills/*"}
_ADMIN, _WORLD = "no-world-ingress-to-administration", "world-ingress-authorised"
_EIGHTHS = [f"{first}.0.0.0/3" for first in (0, 32, 64, 96)]

# name, rule, entries, whether the rule refuses
# fmt: off
CASES: list[tuple[str, str, list[Entry], bool]] = [
    # Wildcards in other places
    ("every service by a question mark", "iam-no-whole-services", _policy(_allow(Action="sq?:*", Resource="*")), True),
    ("every action by two patterns", "iam-no-whole-services",
        _policy(_allow(Action=["sqs:*e*", "sqs:*s*"], Resource="*")), True),
    ("some actions by two patterns", "iam-no-whole-services",
        _policy(_allow(Action=["sqs:*e", "sqs:S*"], Resource="*")), False),
    ("everything of one account", "iam-no-full-access",
        _policy(_allow(Action="*", Resource=f"arn:aws:*:*:{_ACCOUNT}:*")), True),
    ("everything of one region", "iam-no-full-access",
        _policy(_allow(Action="*", Resource="arn:aws:*:us-east-1:*:*")), False),
    ("a wildcard before the action", "iam-no-whole-services", _policy(_allow(Action="sqs:**", Resource="*")), True),
    ("everything by two stars", "iam-no-full-access", _policy(_allow(Action="**", Resource="**")), True),
    ("everything by colon", "iam-no-full-access", _policy(_allow(Action="*:*", Resource="arn:*")), True),
    ("everything with the partition", "iam-no-full-access",
        _policy(_allow(Action="*", Resource="arn:aws:*:*:*:*")), True),
    ("get of every secret", "iam-no-exfiltration",
        _policy(_allow(Action="secretsmanager:Get*Value", Resource="arn:aws:secretsmanager:*:*:secret:*")), True),
    ("get of secrets of one desk", "iam-no-exfiltration",
        _policy(_allow(Action="secretsmanager:Get*Value",
            Resource=f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:desk/*")), False),
    ("pass by pattern", "iam-no-escalation", _policy(_allow(Action="iam:?ass*", Resource="*")), True),
    ("pass of roles of a path", "iam-no-escalation",
        _policy(_allow(Action="iam:PassRole", Resource=f"arn:aws:iam::{_ACCOUNT}:role/desk/*")), False),
    ("every bucket by region wildcard", "iam-no-whole-services",
        _policy(_allow(Action="S3:*", Resource="arn:aws:s3:*:*:*")), True),
    # NotAction, NotResource, NotPrincipal
    ("all but one action", "iam-no-full-access", _policy(_allow(NotAction="aws-portal:*", Resource="*")), True),
    ("all but one resource", "iam-no-full-access",
        _policy(_allow(Action="*", NotResource="arn:aws:s3:::fills")), True),
    ("a service but one queue", "iam-no-whole-services",
        _policy(_allow(Action="sqs:*", NotResource=f"arn:aws:sqs:us-east-1:{_ACCOUNT}:fills")), True),
    ("all but some, of one bucket", "iam-no-full-access",
        _policy(_allow(NotAction="s3:Delete*", Resource="arn:aws:s3:::fills/*")), False),
    ("denial of all but some", "iam-no-full-access", _policy({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),
        False),
    ("all but one principal", "resource-not-public",
        _bucket_policy(_allow(NotPrincipal={"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}, Action="s3:GetObject",
            Resource="arn:aws:s3:::fills/*")), True),
    ("denial to all but one principal", "resource-not-public",
        _bucket_policy({"Effect": "Deny", "NotPrincipal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"},
            "Action": "s3:*", "Resource": "*"}), False),
    ("trust in all but one", "role-trust-limited",
        _trust(_allow(NotPrincipal={"AWS": _OTHER}, Action="sts:AssumeRole")), True),
    # Statements split in two
    ("a service in two halves", "iam-no-whole-services",
        _policy(_allow(Action="kinesis:[!G]*", Resource="*"), _allow(Action="kinesis:*", Resource="*")), True),
    ("halves of which one is conditioned", "iam-no-whole-services",
        _policy(_allow(Action="kinesis:Put*", Resource="*"),
            _allow(Action="kinesis:*", Resource="*", Condition={"StringEquals": {"aws:ResourceTag/desk": "fx"}})),
        False),
    ("a grant that a second statement takes away", "iam-no-escalation",
        _policy(_allow(Action="iam:*", Resource="*"), {"Effect": "Deny", "Action": "*", "Resource": "*"}), False),
    ("a denial of one role alone", "iam-no-escalation",
        _policy(_allow(Action="iam:PassRole", Resource="*"),
            {"Effect": "Deny", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{_ACCOUNT}:role/admin"}), True),
    ("anybody in the second statement", "resource-not-public",
        _bucket_policy(_allow(Principal={"AWS": _ACCOUNT}, Action="s3:*", Resource="*"), _allow(**_ANYBODY)), True),
    # Conditions that only look narrow
    ("a source account of any", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringLike": {"aws:SourceAccount": "4*"}})), True),
    ("an organization of any", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}})), True),
    ("a test that holds without the key", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b"}})), True),
    ("with a second test that the key is there", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b"},
            "Null": {"aws:SourceVpce": "false"}})), False),
    ("one fixed value and one open", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringLike": {"aws:SourceVpc": ["vpc-0a1b", "vpc-*"]}})), True),
    ("two fixed values", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringEquals": {"aws:SourceVpc": ["vpc-0a1b", "vpc-2c3d"]}})),
        False),
    ("addresses of half the world", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"IpAddress": {"aws:SourceIp": ["0.0.0.0/1"]}})), True),
    ("addresses of two offices", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"IpAddress": {"aws:SourceIp": ["198.51.100.0/24",
            "2001:db8:7::/48"]}})), False),
    ("addresses but some", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}})), True),
    ("a referer", "resource-not-public",
        _bucket_policy(_allow(**_ANYBODY, Condition={"StringLike": {"aws:Referer": "https://desk.example/*"}})), True),
    ("any user of any account", "queue-not-public",
        _queue(_allow(Principal={"AWS": "arn:aws:iam::*:user/feed"}, Action="sqs:SendMessage", Resource="*")), True),
    ("an S3 bucket as the source", "service-for-own-account",
        _queue(_allow(Principal={"Service": "s3.amazonaws.com"}, Action="sqs:SendMessage", Resource="*",
            Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::desk-drop"}})), True),
    ("an S3 bucket of the own account", "service-for-own-account",
        _queue(_allow(Principal={"Service": "s3.amazonaws.com"}, Action="sqs:SendMessage", Resource="*",
            Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::desk-drop"},
                "StringEquals": {"aws:SourceAccount": _ACCOUNT}})), False),
    # Address ranges
    ("eight ranges that are half the world", _ADMIN, _group(_ssh(cidrBlocks=_EIGHTHS)), True),
    ("the same in four rules", _ADMIN, _group(*(_ssh(cidrBlocks=[r]) for r in _EIGHTHS)), True),
    ("one sixteenth", _ADMIN, _group(_ssh(cidrBlocks=["48.0.0.0/4"])), True),
    ("half of a sixteenth", _ADMIN, _group(_ssh(cidrBlocks=["48.0.0.0/5"])), False),
    ("private ranges alone", _ADMIN,
        _group(_ssh(cidrBlocks=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"])), False),
    ("IPv6 of everybody", _ADMIN, _group(_ssh(ipv6CidrBlocks=["::/0"])), True),
    ("IPv6 in halves", _ADMIN, _group(_ssh(ipv6CidrBlocks=["2000::/4", "3000::/4"])), True),
    ("IPv6 of one office", _ADMIN, _group(_ssh(ipv6CidrBlocks=["2001:db8:5::/48"])), False),
    ("unique local IPv6", _ADMIN, _group(_ssh(ipv6CidrBlocks=["fc00::/7"])), False),
    ("a prefix list of everybody", _ADMIN, _prefixes("0.0.0.0/1", "128.0.0.0/1"), True),
    ("a prefix list of IPv6", _ADMIN, _prefixes("2000::/3", family="IPv6"), True),
    ("a prefix list of an office", _ADMIN, _prefixes("203.0.113.0/24"), False),
    ("administration within a span", _ADMIN,
        _group({"protocol": "tcp", "fromPort": 20, "toPort": 25, "cidrBlocks": ["0.0.0.0/0"]}), True),
    ("every protocol", _ADMIN, _group({"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}),
        True),
    ("TCP by its number", _ADMIN,
        _group({"protocol": "6", "fromPort": 3389, "toPort": 3389, "cidrBlocks": ["0.0.0.0/0"]}), True),
    ("a database to everybody", _WORLD,
        _group({"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrBlocks": _EIGHTHS}), True),
    ("TLS to everybody", _WORLD, _group({"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": _EIGHTHS}),
        False),
    # Secrets
    ("a password within a URL", "ecs-no-secrets-in-environment",
        _task(environment=[{"name": "STORE", "value": "amqps://feed:s3nd3r@mq.example:5671/"}]), True),
    ("a URL without a password", "ecs-no-secrets-in-environment",
        _task(environment=[{"name": "STORE", "value": "amqps://mq.example:5671/"}]), False),
    ("a key of AWS under a plain name", "function-no-secrets-in-environment",
        [(t.FUNCTION, "f", {"environment": {"variables": {"SETTING": "AKIA2E0A8F3B244C9986"}}})], True),
    ("the ARN of a secret under the name of one", "function-no-secrets-in-environment",
        [(t.FUNCTION, "f", {"environment": {"variables": {
            "DB_SECRET": f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:db-1a2b3c"}}})], False),
    ("a private key within JSON", "ecs-no-secrets-in-environment",
        _task(environment=[{"name": "TLS", "value": json.dumps({"pem": "-----BEGIN EC PRIVATE KEY-----\nMH"})}]), True),
    ("a token in user data in base64", "user-data-no-secrets",
        _data("#!/bin/bash\nFEED_TOKEN=zx81spectrum\n./start\n", encoded=True), True),
    ("a token that the host fetches", "user-data-no-secrets",
        _data('#!/bin/bash\nFEED_TOKEN=$(aws secretsmanager get-secret-value --secret-id feed)\n'), False),
    ("a token in YAML", "user-data-no-secrets", _data("#cloud-config\nwrite:\n  api_token: zx81spectrum\n"), True),
    ("a number of tokens", "function-no-secrets-in-environment",
        [(t.FUNCTION, "f", {"environment": {"variables": {"MAX_TOKEN": "4096"}}})], False),
    # Containers
    ("a capability in lower case", "ecs-isolated",
        _task(linuxParameters={"capabilities": {"add": ["cap_sys_ptrace"]}}), True),
    ("root by its number and group", "ecs-not-root", _task(user="0:0"), True),
    ("a moving tag behind a port", "ecs-image-fixed", _task(image="registry.example:5000/desk/engine:nightly"), True),
    ("a port that is no tag", "ecs-image-fixed", _task(image="registry.example:5000/desk/engine:4.2"), False),
]


# fmt: on


def _report(rule: str, entries: list[Entry]) -> Any:
    document = d.blueprint(_PROVIDER, *entries)
    for entry in document["resources"][1:]:
        entry["provider"] = document["resources"][0]["urn"]
    return check.evaluate([document], rules=[BY_ID[rule]])


@pytest.mark.parametrize(("name", "rule", "entries", "refused"), CASES, ids=[case[0] for case in CASES])
def test_a_disguise_is_seen_and_a_likeness_let_through(
    name: str, rule: str, entries: list[Entry], refused: bool
) -> None:
    """The plan is refused exactly where its meaning is what the rule refuses."""
    report = _report(rule, entries)
    assert not report.errors, name
    assert not report.not_evaluated, name
    assert bool(report.violations) is refused, name


@pytest.mark.parametrize(
    ("rule", "entries"),
    [
        ("iam-no-full-access", [(t.ROLE_POLICY, "p", {"policy": UNKNOWN})]),
        ("resource-not-public", [(t.BUCKET_POLICY, "p", {"policy": {"Statement": [UNKNOWN]}})]),
        (_ADMIN, _group(_ssh(cidrBlocks=[UNKNOWN]))),
        ("ecs-not-root", [(t.TASK_DEFINITION, "t", {"containerDefinitions": UNKNOWN})]),
        ("user-data-no-secrets", [(t.LAUNCH_TEMPLATE, "h", {"userData": UNKNOWN})]),
        ("function-no-secrets-in-environment",
            [(t.FUNCTION, "f", {"environment": {"variables": {"A": UNKNOWN}}})]),
        ("role-trust-limited", [(t.ROLE, "r", {"assumeRolePolicy": "{not json"})]),
    ],
)  # fmt: skip
def test_what_is_not_known_is_neither_passed_nor_refused(rule: str, entries: list[Entry]) -> None:
    """A rule names the property that it cannot read."""
    report = _report(rule, entries)
    assert not report.violations
    assert not report.errors
    assert report.not_evaluated


def test_a_plan_with_the_default_provider_is_judged_like_any_other() -> None:
    """The default provider has a region from the configuration, and no allowed accounts."""
    export = d.export(d.state(t.QUEUE, "q", {"delaySeconds": 5}))
    report = check.evaluate([export], rules=[BY_ID["queue-zero-delay"]])
    assert [violation.rule.id for violation in report.violations] == ["queue-zero-delay"]
