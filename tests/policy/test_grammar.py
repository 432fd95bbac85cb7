"""Documents that break the grammar of IAM policies are named, and never taken for documents that grant nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pulumi_aws
import pytest

from policy import check
from policy import tokens as t
from policy.catalogue import BY_ID
from policy.grammar import Kind, problems
from policy.identities import DOCUMENTS
from policy.resource_policies import ALL
from tests.policy import documents as d
from tests.policy.small import Entry, refused, undecided

Json = dict[str, Any]
_ALLOW: Json = {
    "Sid": "In",
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": "ec2.amazonaws.com"},
}
_HOLDS: Json = {"Bool": {"aws:SecureTransport": "true"}}


def _whole(*statements: Any) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _without(name: str) -> Json:
    return {key: value for key, value in _ALLOW.items() if key != name}


# Name, document, property and part of the reason
MALFORMED: list[tuple[str, Any, str, str]] = [
    ("a list", [_ALLOW], "", "is no object"),
    ("a number", 3, "", "is no object but 3"),
    ("JSON null", "null", "", "is no object but null"),
    ("a document in a text in a text", json.dumps(json.dumps(_whole(_ALLOW))), "", "it was encoded twice"),
    ("no statement", {"Version": "2012-10-17"}, ".Statement", "is missing"),
    ("an empty list of statements", _whole(), ".Statement", "is missing"),
    ("a misspelt list of statements", {"Statements": [_ALLOW]}, ".Statements", "is no element of a policy document"),
    ("statements as a text", {"Statement": "Allow"}, ".Statement", "is no list of statements"),
    ("another version", {**_whole(_ALLOW), "Version": "2012-10-18"}, ".Version", "2008-10-17"),
    ("a statement as a text", _whole("Allow"), ".Statement[0]", "is no object"),
    ("a misspelt element", _whole({**_ALLOW, "Conditions": _HOLDS}), ".Statement[0].Conditions", "is no element"),
    ("an effect in lower case", _whole({**_ALLOW, "Effect": "allow"}), ".Statement[0].Effect", '"allow"'),
    ("no effect", _whole(_without("Effect")), ".Statement[0].Effect", "is missing"),
    ("no action", _whole(_without("Action")), ".Statement[0].Action", "is missing"),
    ("two kinds of actions", _whole({**_ALLOW, "NotAction": "s3:*"}), ".Statement[0].NotAction", "stands beside"),
    ("an action as an object", _whole({**_ALLOW, "Action": {"a": "b"}}), ".Statement[0].Action", "neither a text nor"),
    ("no principal", _whole(_without("Principal")), ".Statement[0].Principal", "is missing"),
    (
        "principal as an account",
        _whole({**_ALLOW, "Principal": "123456789012"}),
        ".Statement[0].Principal",
        "neither *",
    ),
    ("a principal as a number", _whole({**_ALLOW, "Principal": 3}), ".Statement[0].Principal", "neither * nor"),
    ("principals in a list", _whole({**_ALLOW, "Principal": ["x"]}), ".Statement[0].Principal", "neither * nor"),
    ("an empty principal", _whole({**_ALLOW, "Principal": {}}), ".Statement[0].Principal", "is empty"),
    ("no account", _whole({**_ALLOW, "Principal": {"AWS": []}}), ".Statement[0].Principal.AWS", "is empty"),
    ("an account as a number", _whole({**_ALLOW, "Principal": {"AWS": [3]}}), ".Statement[0].Principal.AWS", "holds 3"),
    ("an account as null", _whole({**_ALLOW, "Principal": {"AWS": None}}), ".Statement[0].Principal.AWS", "null"),
    (
        "principal in lower case",
        _whole({**_ALLOW, "Principal": {"aws": "*"}}),
        ".Statement[0].Principal.aws",
        "no kind",
    ),
    ("a condition as a list", _whole({**_ALLOW, "Condition": [_HOLDS]}), ".Statement[0].Condition", "is no object"),
    (
        "an unknown operator",
        _whole({**_ALLOW, "Condition": {"StringEqual": {"sts:ExternalId": "x"}}}),
        ".Statement[0].Condition.StringEqual",
        "is no condition operator",
    ),
    (
        "an unknown set operator",
        _whole({**_ALLOW, "Condition": {"ForSomeValues:StringEquals": {"sts:ExternalId": "x"}}}),
        ".Statement[0].Condition.ForSomeValues:StringEquals",
        "is no condition operator",
    ),
    (
        "an operator without keys",
        _whole({**_ALLOW, "Condition": {"StringEquals": "x"}}),
        ".Statement[0].Condition.StringEquals",
        "is no object of keys",
    ),
    (
        "a value as an object",
        _whole({**_ALLOW, "Condition": {"StringEquals": {"sts:ExternalId": {"a": "b"}}}}),
        ".Statement[0].Condition.StringEquals.sts:ExternalId",
        "is neither a value nor",
    ),
]


def _text(document: Any) -> Any:
    return document if isinstance(document, str) else json.dumps(document)


@pytest.mark.parametrize(("name", "document", "where", "reason"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_a_malformed_trust_policy_is_not_evaluated_by_name(name: str, document: Any, where: str, reason: str) -> None:
    """The report names the place in the document and what is wrong there."""
    for given in (document, _text(document)):
        ((path, said),) = undecided("role-trust-limited", (t.ROLE, "r", {"assumeRolePolicy": given}))
        assert path == f"assumeRolePolicy{where}", name
        assert reason in said, name


def test_a_trust_policy_that_is_missing_or_no_json_is_not_evaluated() -> None:
    """The provider needs one, so a role without one was not read whole."""
    assert undecided("role-trust-limited", (t.ROLE, "r", {}))[0][0] == "assumeRolePolicy"
    for text in ("", "{", "Version: 2012-10-17"):
        ((path, reason),) = undecided("role-trust-limited", (t.ROLE, "r", {"assumeRolePolicy": text}))
        assert path == "assumeRolePolicy"
        assert "is not a JSON document" in reason


def test_a_trust_policy_has_no_resource() -> None:
    """AWS refuses it: whoever wrote it meant another document."""
    role = (t.ROLE, "r", {"assumeRolePolicy": _whole({**_ALLOW, "Resource": "*"})})
    assert undecided("role-trust-limited", role)[0][0] == "assumeRolePolicy.Statement[0].Resource"


def test_what_is_found_in_a_malformed_document_is_reported_beside() -> None:
    """A statement that cannot be read hides no finding in the one before it."""
    document = _whole({**_ALLOW, "Principal": "*"}, {**_ALLOW, "Effect": "allow"})
    stack = d.blueprint((t.ROLE, "r", {"assumeRolePolicy": document}))
    report = check.evaluate([stack], rules=[BY_ID["role-trust-limited"]])
    assert [violation.message for violation in report.violations] == ["statement In lets everyone assume it"]
    assert [entry.property for entry in report.not_evaluated] == ["assumeRolePolicy.Statement[1].Effect"]


_RULES = {
    **dict.fromkeys(ALL, "service-for-own-account"),
    "aws:acmpca/policy:Policy": "resource-not-public",
    t.VPC_ENDPOINT: "endpoint-policy-limited",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": "endpoint-policy-limited",
}
_PATHS = {**ALL, t.VPC_ENDPOINT: "policy", "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": "policy"}


@pytest.mark.parametrize("type_", _RULES)
@pytest.mark.parametrize("document", [{"Statements": []}, _whole({**_ALLOW, "Effect": "allow"}), [_ALLOW]], ids=str)
def test_every_policy_on_a_resource_is_read_with_its_grammar(type_: str, document: Any) -> None:
    """Buckets, keys, queues, topics, endpoints and all others: none passes for the want of a statement."""
    path = _PATHS[type_]
    for given in (document, json.dumps(document)):
        outer, _, inner = path.partition(".")
        ((where, _),) = undecided(_RULES[type_], (type_, "x", {outer: {inner: given} if inner else given}))
        assert where.startswith(path)


@pytest.mark.parametrize(
    ("rule", "type_"),
    [
        ("queue-not-public", t.QUEUE_POLICY),
        ("topic-not-public", t.TOPIC_POLICY),
        ("key-no-wildcard-principal", t.KEY),
        ("resource-own-accounts", t.BUCKET_POLICY),
        ("iam-human-boundary", t.ROLE),
    ],
)
def test_every_rule_that_reads_a_document_says_so(rule: str, type_: str) -> None:
    """Not one of the rules takes an unreadable document for a harmless one."""
    path = "assumeRolePolicy" if type_ == t.ROLE else "policy"
    assert undecided(rule, (type_, "x", {path: json.dumps({"Statement": "none"})}))


_GRANT: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::fills/*"}


@pytest.mark.parametrize("type_", DOCUMENTS)
@pytest.mark.parametrize(
    "rule", ["iam-no-full-access", "iam-no-whole-services", "iam-no-escalation", "iam-no-exfiltration"]
)
@pytest.mark.parametrize(
    "statement",
    [
        {**_GRANT, "Effect": "allow"},
        {**_GRANT, "Principal": "*"},
        {key: value for key, value in _GRANT.items() if key != "Resource"},
        {**_GRANT, "Ressource": "*"},
        {**_GRANT, "Condition": {"StringEqual": {"aws:ResourceTag/desk": "fills"}}},
    ],
    ids=str,
)
def test_every_policy_of_an_identity_is_read_with_its_grammar(type_: str, rule: str, statement: Json) -> None:
    """Policies of roles, users, groups and permission sets, inline or managed."""
    text = json.dumps(_whole(statement))
    path = DOCUMENTS[type_]
    given: Any = [{"name": "p", "policy": text}] if type_ == t.ROLE else text
    ((where, _),) = undecided(rule, (type_, "x", {path: given}))
    assert where.startswith(f"{path}.Statement[0].")


@pytest.mark.parametrize("type_", ["aws:s3/accessPoint:AccessPoint", t.SECRET])
def test_an_empty_object_takes_a_policy_away_where_the_provider_says_so(type_: str) -> None:
    """`{}` is how a program removes the policy of an access point or of a secret."""
    for given in ({}, "{}"):
        assert refused("resource-not-public", (type_, "x", {"policy": given})) == []


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (_ALLOW, Kind.TRUST),
        ({**_ALLOW, "Principal": "*", "Condition": _HOLDS}, Kind.TRUST),
        ({**_ALLOW, "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}, Kind.RESOURCE),
        ({**_without("Principal"), "NotPrincipal": {"AWS": ["123456789012"]}}, Kind.RESOURCE),
        ({**_ALLOW, "Principal": {"AWS": "*", "CanonicalUser": "79a5"}}, Kind.RESOURCE),
        (_GRANT, Kind.IDENTITY),
        ({"Effect": "Deny", "NotAction": "s3:*", "NotResource": "*", "Condition": {}}, Kind.IDENTITY),
        ({**_GRANT, "Condition": {"NULL": {"aws:TokenIssueTime": True}}}, Kind.IDENTITY),
        ({**_GRANT, "Condition": {"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": 3600}}}, Kind.IDENTITY),
        ({**_GRANT, "Condition": {"forallvalues:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}}, Kind.IDENTITY),
    ],
)
def test_a_document_that_aws_accepts_has_no_problem(statement: Json, kind: Kind) -> None:
    """Lone values and lists, negations, operators in any case, numbers and booleans as values."""
    for document in (_whole(statement), {"Statement": statement}, json.dumps({"Id": "x", **_whole(statement)})):
        assert list(problems(document, kind)) == []


@pytest.mark.parametrize("definitions", ['{"name": "c"}', "3", '["c"]', '[{"name": "c"}, null]'])
def test_container_definitions_that_are_no_list_are_not_evaluated(definitions: str) -> None:
    """A task whose containers cannot be read has no harmless containers."""
    task: Entry = (t.TASK_DEFINITION, "t", {"containerDefinitions": definitions})
    for rule in ("ecs-not-privileged", "ecs-read-only-root", "ecs-no-secrets-in-environment", "ecs-task-logging"):
        assert undecided(rule, task) == [("containerDefinitions", "is no list of containers")]


# Types of pulumi-aws named so whose document has no principals, or is judged by a rule of its own.
_NO_PRINCIPALS = ("aws:apigateway/", "aws:cfg/", "aws:ec2/vpcEndpointPolicy", "aws:iam/", "aws:iot/",
    "aws:opensearch/serverless",
    "aws:cloudwatch/logAccountPolicy", "aws:cloudwatch/logDataProtectionPolicy", "aws:cloudwatch/logIndexPolicy",
    "aws:ecr/lifecyclePolicy", "aws:ecr/pullThrough", "aws:networkmanager/", "aws:organizations/", "aws:route53/",
    "aws:sns/dataProtectionPolicy", "aws:sqs/redrive", "aws:verifiedpermissions/", "aws:dlm/",
    "aws:bedrock/agentcorePolicy:",
    "aws:s3/bucketLifecycle")  # fmt: skip


def test_every_policy_of_a_resource_in_pulumi_aws_is_judged() -> None:
    """Told by the name of the type and a property that holds the document, in the SDK that is installed."""
    root = Path(pulumi_aws.__file__).parent
    token = re.compile(r"__self__\)\.__init__\(\s*'(aws:[^']+)'")
    document = re.compile(r"\b(?:resource_|access_)?policy(?:_document)?: .*(?:_builtins\.str|PolicyDocument)")
    found = set()
    for file in root.glob("*/*policy*.py"):
        text = file.read_text(encoding="utf-8")
        declared = token.search(text)
        signature = text[text.find("def __init__(__self__") :].partition('"""')[0]
        if declared and document.search(signature):
            found.add(declared[1])
    assert len(found) > 40
    assert not {type_ for type_ in found if not type_.startswith(_NO_PRINCIPALS)} - set(ALL)
