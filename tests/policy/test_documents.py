"""Rules on policy documents judge alike however a document is written: order, case, lists, wildcards, splits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import tokens as t
from policy.documents import Permissions, statements
from tests.policy.judging import evaluate

Json = dict[str, Any]
ACCOUNT, STRANGER = "111122223333", "999999999999"


def _blueprint(type_: str, **properties: Any) -> Json:
    provider = {"urn": "urn:pulumi:s::p::pulumi:providers:aws::r", "type": t.AWS_PROVIDER, "name": "r", "custom": True}
    entry = {"urn": f"urn:pulumi:s::p::{type_}::it", "type": type_, "name": "it", "custom": True}
    own = {"region": "us-east-1", "allowedAccountIds": json.dumps([ACCOUNT])}
    return {
        "stack": "s",
        "outputs": {},
        "resources": [
            {**provider, "properties": own},
            {**entry, "properties": properties, "provider": provider["urn"]},
        ],
    }


def _spoken(type_: str, **properties: Any) -> set[str]:
    report = evaluate([_blueprint(type_, **properties)])
    return {violation.rule.id for violation in report.violations if violation.urn.endswith("::it")}


def _document(*entries: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(entries)})


def _cased(text: str) -> st.SearchStrategy[str]:
    return st.lists(st.booleans(), min_size=len(text), max_size=len(text)).map(
        lambda ups: "".join(c.upper() if up else c.lower() for c, up in zip(text, ups, strict=True))
    )


def _listed(value: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([value, [value], ["sqs:GetQueueUrl", value], [value, "sqs:GetQueueUrl"]])


_HARMLESS: Json = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:us-east-1:1:log-group:x"}
_ALWAYS: list[Json | None] = [
    None,
    {},
    {"StringLike": {"aws:PrincipalArn": "*"}},
    {"ArnLike": {"aws:principalarn": ["arn:aws:iam::*:role/*"]}},
    {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
    {"StringEqualsIfExists": {"aws:RequestedRegion": "us-east-1"}},
    {"Null": {"aws:TokenIssueTime": "false"}},
]
_EVERYWHERE: list[Json] = [
    {"Resource": "*"},
    {"Resource": ["*"]},
    {"Resource": ["arn:aws:s3:::x", "*"]},
    {"NotResource": "arn:aws:s3:::nothing"},
    {"Resource": "arn:*"},
    {"Resource": "**"},
]


@st.composite
def _holder(draw: st.DrawFn, entry: Json) -> tuple[str, Json]:
    """A resource that gives a statement to an identity, in one of the forms, the statement anywhere among others."""
    entries = draw(st.permutations([entry, _HARMLESS, {**_HARMLESS, "Effect": "Deny"}]))
    document = _document(*entries)
    return draw(
        st.sampled_from(
            [
                (t.ROLE_POLICY, {"policy": document}),
                (t.ROLE_POLICY, {"policy": json.loads(document)}),
                (t.IAM_POLICY, {"policy": document}),
                (t.USER_POLICY, {"policy": document}),
                (t.GROUP_POLICY, {"policy": document}),
                (t.ROLE, {"assumeRolePolicy": _document(), "inlinePolicies": [{"name": "x", "policy": document}]}),
                ("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", {"inlinePolicy": document}),
            ]
        )
    )


@st.composite
def _granted(draw: st.DrawFn, actions: list[str]) -> tuple[str, Json]:
    action = draw(st.sampled_from(actions).flatmap(_cased).flatmap(_listed))
    entry = {"Effect": "Allow", "Action": action, **draw(st.sampled_from(_EVERYWHERE))}
    condition = draw(st.sampled_from(_ALWAYS))
    return draw(_holder(entry if condition is None else {**entry, "Condition": condition}))


@given(_granted(["iam:PassRole", "iam:Pass*", "iam:?assRole", "sts:AssumeRole", "sts:*Role", "iam:PutRolePolicy"]))
def test_an_escalation_is_found_in_every_form(held: tuple[str, Json]) -> None:
    assert "iam-no-escalation" in _spoken(held[0], **held[1])


@given(_granted(["kms:Decrypt", "kms:D*", "secretsmanager:GetSecret*", "s3:GetObject", "ssm:GetParameter?"]))
def test_an_exfiltration_is_found_in_every_form(held: tuple[str, Json]) -> None:
    assert "iam-no-exfiltration" in _spoken(held[0], **held[1])


@given(_granted(["dynamodb:*", "dynamodb:?*", "dynamodb:*?", "s3:**", "cloudwatch:*", "dynamo?b:*"]))
def test_a_whole_service_is_found_in_every_form(held: tuple[str, Json]) -> None:
    assert "iam-no-whole-services" in _spoken(held[0], **held[1])


@given(_granted(["*", "**", "*:*"]))
def test_full_access_is_found_in_every_form(held: tuple[str, Json]) -> None:
    assert "iam-no-full-access" in _spoken(held[0], **held[1])


@given(st.permutations(list("abcdefghijklmnopqrstuvwxyz")), st.integers(1, 25))
def test_a_service_that_several_statements_share_out_is_whole(letters: list[str], cut: int) -> None:
    parts = [f"dynamodb:{letter}*" for letter in letters]
    entries = [{"Effect": "Allow", "Action": half, "Resource": "*"} for half in (parts[:cut], parts[cut:])]
    assert [grant.action for grant in Permissions({"Statement": entries}).whole_services()] == ["dynamodb:*"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PassRole", "arn:aws:iam::*:role*"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:r*"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:rol?/*"),
        ("ssm:GetParameters", "arn:aws:ssm:*:*:parameter*"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table*"),
        ("dynamodb:Query", f"arn:aws:dynamodb:us-*:{ACCOUNT}:table/*"),
        ("kms:Decrypt", f"arn:aws:kms:us-????-?:{ACCOUNT}:key/*"),
    ],
)
def test_a_pattern_of_a_type_takes_in_every_resource_of_it(action: str, resource: str) -> None:
    """The wildcard may stand before the separator, and in the region."""
    spoken = _spoken(t.ROLE_POLICY, policy=_document({"Effect": "Allow", "Action": action, "Resource": resource}))
    assert spoken & {"iam-no-escalation", "iam-no-exfiltration"}


@pytest.mark.parametrize("service", ["dynamodb", "dynamodb:Query", "dynamodb:Batch*", "rds-data", "kinesis:Sub*"])
def test_reading_every_table_or_stream_is_refused(service: str) -> None:
    """Whichever action reads: Scan is one of several."""
    action = service if ":" in service else f"{service}:*"
    spoken = _spoken(t.ROLE_POLICY, policy=_document({"Effect": "Allow", "Action": action, "Resource": "*"}))
    assert "iam-no-exfiltration" in spoken


@pytest.mark.parametrize(
    "entry",
    [
        {"Action": "sqs:ReceiveMessage", "Resource": f"arn:aws:sqs:*:{ACCOUNT}:orders*"},
        {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/app*"},
        {"Action": "kms:Decrypt", "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"},
        {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/app"},
        {"Action": "iam:PassRole", "Resource": f"arn:aws:iam::{ACCOUNT}:oidc-provider/*"},
        {
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}},
        },
        {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::records/*"},
        {"Action": "s3:*", "Resource": ["arn:aws:s3:::records", "arn:aws:s3:::records/*"]},
        {"Action": ["ec2:Describe*", "ec2:Search*"], "Resource": "*"},
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Action": "dynamodb:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "orders"}}},
    ],
)
def test_a_limited_grant_is_let_through(entry: Json) -> None:
    spoken = _spoken(t.ROLE_POLICY, policy=_document({"Effect": "Allow", **entry}))
    assert not {rule for rule in spoken if rule.startswith("iam-")}


def test_a_denial_takes_a_grant_away() -> None:
    allow = {"Effect": "Allow", "Action": ["iam:P*", "logs:*Events"], "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "IAM:*", "Resource": "*"}
    assert "iam-no-escalation" in _spoken(t.ROLE_POLICY, policy=_document(allow))
    assert "iam-no-escalation" not in _spoken(t.ROLE_POLICY, policy=_document(deny, allow))
    partly = {**deny, "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}
    assert "iam-no-escalation" in _spoken(t.ROLE_POLICY, policy=_document(partly, allow))


# What narrows a grant to everybody, and what only looks as if it did.
_NARROW: list[Json] = [
    {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    {"stringequals": {"AWS:sourceaccount": [ACCOUNT]}},
    {"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{ACCOUNT}:rule/*"}},
    {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-ab12/*"}},
    {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}},
    {"StringEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d"]}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}},
    {"StringEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}, "Null": {"aws:PrincipalAccount": "false"}},
]
_OPEN: list[Json] = [
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:1111222233??:x"}},
    {"StringLike": {"aws:SourceAccount": "1*"}},
    {"StringEquals": {"aws:SourceAccount": [ACCOUNT, "*"]}},
    {"StringLike": {"aws:SourceAccount": [ACCOUNT, "*"]}},
    {"StringNotEquals": {"aws:SourceAccount": STRANGER}},
    {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
    {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}},
    {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}},
    {"StringLike": {"aws:SourceVpc": "vpc-*"}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"]}},
    {"IpAddress": {"aws:SourceIp": "2000::/3"}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Null": {"aws:SourceAccount": "false"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEquals": {"aws:PrincipalType": "User"}},
]
_EVERYBODY: list[Json] = [
    {"Principal": "*"},
    {"Principal": ["*"]},
    {"Principal": {"AWS": "*"}},
    {"Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", "*"]}},
    {"NotPrincipal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}},
]
_PLACES: list[tuple[str, str, str]] = [
    (t.QUEUE_POLICY, "policy", "queue-not-public"),
    (t.QUEUE, "policy", "queue-not-public"),
    (t.TOPIC_POLICY, "policy", "topic-not-public"),
    (t.KEY, "policy", "key-no-wildcard-principal"),
    (t.KEY_POLICY, "policy", "key-no-wildcard-principal"),
    (t.BUCKET_POLICY, "policy", "resource-not-public"),
    (t.EFS_POLICY, "policy", "resource-not-public"),
    ("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "policy", "resource-not-public"),
    ("aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", "resource-not-public"),
    ("aws:backup/vaultPolicy:VaultPolicy", "policy", "resource-not-public"),
    ("aws:opensearch/domainPolicy:DomainPolicy", "accessPolicies", "resource-not-public"),
]


@st.composite
def _public(draw: st.DrawFn, conditions: list[Json]) -> tuple[str, str, str, str]:
    type_, path, rule = draw(st.sampled_from(_PLACES))
    entry = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **draw(st.sampled_from(_EVERYBODY))}
    own = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"}
    entry["Condition"] = draw(st.sampled_from(conditions))
    return type_, path, _document(*draw(st.permutations([entry, own]))), rule


@given(_public([{}, *_OPEN]))
def test_a_grant_to_everybody_is_found_whatever_condition_seems_to_narrow_it(case: tuple[str, str, str, str]) -> None:
    type_, path, document, rule = case
    assert rule in _spoken(type_, **{path: document})


@given(_public(_NARROW))
def test_a_grant_to_everybody_may_be_narrowed_to_fixed_values(case: tuple[str, str, str, str]) -> None:
    type_, path, document, rule = case
    assert rule not in _spoken(type_, **{path: document})


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": STRANGER},
        {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{STRANGER}:user/x"]},
        {"AWS": f"arn:aws:sts::{STRANGER}:assumed-role/x/y"},
    ],
)
@pytest.mark.parametrize(
    "type_", [t.BUCKET_POLICY, t.KEY, t.QUEUE_POLICY, "aws:secretsmanager/secretPolicy:SecretPolicy"]
)
def test_a_grant_to_another_account_is_found(type_: str, principal: Json) -> None:
    entry = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    assert "resource-own-accounts" in _spoken(type_, policy=_document(entry))
    narrowed = {**entry, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": STRANGER}}}
    assert "resource-own-accounts" in _spoken(type_, policy=_document(narrowed))


_HOST = "token.actions.githubusercontent.com"
_OIDC = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_HOST}"}
_SAML = {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/office"}


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        ({"AWS": "*"}, {}),
        ("*", {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}),
        ({"AWS": STRANGER}, {}),
        ({"AWS": f"arn:aws:iam::{STRANGER}:root"}, {"StringLike": {"sts:ExternalId": "*"}}),
        ({"Federated": "*"}, {}),
        (_OIDC, {}),
        (_OIDC, {"StringEquals": {f"{_HOST}:aud": "sts.amazonaws.com"}}),
        (_OIDC, {"StringLike": {f"{_HOST}:sub": "repo:*"}}),
        (_OIDC, {"StringLike": {f"{_HOST}:sub": ["repo:acme/app:*", "repo:*/app:ref:refs/heads/main"]}}),
        (_OIDC, {"StringLike": {f"{_HOST}:sub": "repo:acme*"}}),
        (_OIDC, {"StringLikeIfExists": {f"{_HOST}:sub": "repo:acme/app:*"}}),
        (_OIDC, {"ForAllValues:StringLike": {f"{_HOST}:sub": "repo:acme/app:*"}}),
        (_SAML, {}),
        (_SAML, {"StringLike": {"SAML:aud": "*"}}),
        ({"Federated": "cognito-identity.amazonaws.com"}, {}),
    ],
)
def test_a_role_that_too_many_may_take_on_is_refused(principal: Any, condition: Json) -> None:
    entry = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    assert "role-trust-limited" in _spoken(t.ROLE, assumeRolePolicy=_document(entry))


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        ({"Service": "lambda.amazonaws.com"}, {}),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}),
        ({"AWS": STRANGER}, {"StringEquals": {"sts:ExternalId": "9f3c"}}),
        ({"AWS": STRANGER}, {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        (_OIDC, {"StringLike": {f"{_HOST}:SUB": "repo:acme/app:*"}}),
        (_OIDC, {"StringEquals": {f"{_HOST}:sub": ["repo:acme/app:environment:live"]}}),
        (_SAML, {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}}),
        (
            {"Federated": "cognito-identity.amazonaws.com"},
            {"StringEquals": {"cognito-identity.amazonaws.com:aud": "x:1"}},
        ),
    ],
)
def test_a_role_with_fixed_principals_is_let_through(principal: Any, condition: Json) -> None:
    entry = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}
    assert "role-trust-limited" not in _spoken(t.ROLE, assumeRolePolicy=_document(entry))


@pytest.mark.parametrize("action", ["s3:*", "S3:*", ["*"], ["s3:GetObject", "S3:*"]])
@pytest.mark.parametrize("value", ["false", "False", [False], False, ["false"]])
def test_a_denial_of_plain_transport_is_read_in_every_form(action: Any, value: Any) -> None:
    condition = {"bool": {"AWS:securetransport": value}}
    entry = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": action, "Resource": ["arn:aws:s3:::b/*"]}
    (statement,) = statements({"Statement": {**entry, "Condition": condition}})
    assert statement.denies_plain_transport


@pytest.mark.parametrize(
    "change",
    [
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalAccount": STRANGER}}},
        {"Condition": {"Bool": {"aws:SecureTransport": ["false", "true"]}, "StringLike": {"aws:PrincipalArn": "x*"}}},
        {"Condition": {"BoolIfExists": {"aws:SecureTransport": "true"}}},
        {"Condition": {"StringEquals": {"aws:SecureTransport": "false"}}},
        {"Action": "s3:GetObject"},
        {"NotAction": "s3:GetObject", "Action": None},
        {"NotResource": "arn:aws:s3:::b", "Resource": None},
        {"Principal": {"AWS": ACCOUNT}},
        {"Effect": "Allow"},
    ],
)
def test_a_denial_that_leaves_something_out_is_none(change: Json) -> None:
    entry = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    changed = {key: value for key, value in {**entry, "Condition": condition, **change}.items() if value is not None}
    (statement,) = statements({"Statement": [changed]})
    assert not statement.denies_plain_transport
