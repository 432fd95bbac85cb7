"""Account settings, log groups, keys, roles and shares at the edges of what their rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.test_variants import refused

Json = dict[str, Any]
_ACCOUNT, _OTHER = "123456789012", "210987654321"
_FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"


@pytest.mark.parametrize(
    ("type_", "properties", "count"),
    [
        (t.GUARD_DETECTOR, {}, 0),
        (t.GUARD_DETECTOR, {"enable": True}, 0),
        (t.GUARD_DETECTOR, {"enable": False}, 1),
        (t.GUARD_DETECTOR, {"status": "DISABLED"}, 0),
        (_FEATURE, {"status": "ENABLED"}, 0),
        (_FEATURE, {"status": "disabled"}, 1),
        (_FEATURE, {"enable": False}, 0),
        ("aws:macie2/account:Account", {"status": "PAUSED"}, 1),
        ("aws:macie2/account:Account", {}, 0),
    ],
)
def test_detectors_are_enabled(type_: str, properties: Json, count: int) -> None:
    """Each kind has its own switch."""
    assert refused("detection-enabled", (type_, "d", properties)) == ["is switched off"] * count


_DETECTOR = (t.GUARD_DETECTOR, "d", {})
_HUB = (t.SECURITY_HUB, "h", {})
_TRAIL = (t.TRAIL, "t", {})


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_DETECTOR, _HUB], []),
        ([(t.BUCKET, "b", {})], []),
        ([_TRAIL, _HUB], ["GuardDuty does not watch us-east-1"]),
        ([_TRAIL, _DETECTOR], ["Security Hub does not watch us-east-1", "Security Hub checks no standard"]),
        ([(t.GUARD_DETECTOR, "d", {"region": "us-east-1"}), _HUB], []),
        ([(t.GUARD_DETECTOR, "d", {"region": "us-west-2"}), _HUB], ["GuardDuty does not watch us-east-1"]),
        (
            [_DETECTOR, (t.SECURITY_HUB, "h", {"enableDefaultStandards": False})],
            ["Security Hub checks no standard"],
        ),
        (
            [
                _DETECTOR,
                (t.SECURITY_HUB, "h", {"enableDefaultStandards": False}),
                (t.SECURITY_STANDARD, "s", {"standardsArn": "arn:x"}),
            ],
            [],
        ),
    ],
)
def test_detection_watches_the_region(entries: list[Any], said: list[str]) -> None:
    """In this region, and with a standard; a stack without any audit is left out."""
    assert refused("detection-present", *entries) == said


_STRONG: Json = {
    "minimumPasswordLength": 14,
    "passwordReusePrevention": 24,
    "requireLowercaseCharacters": True,
    "requireUppercaseCharacters": True,
    "requireNumbers": True,
    "requireSymbols": True,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"minimumPasswordLength": 13}, ["accepts passwords of 13 characters"]),
        ({"minimumPasswordLength": None}, ["accepts passwords of 6 characters"]),
        ({"passwordReusePrevention": 23}, ["prevents the reuse of only 23 passwords"]),
        ({"passwordReusePrevention": None}, ["prevents the reuse of only 0 passwords"]),
        ({"requireNumbers": False, "requireSymbols": None}, ["does not set requireNumbers, requireSymbols"]),
    ],
)
def test_the_password_policy_is_strong(changes: Json, said: list[str]) -> None:
    """At the bounds of both parameters, and what AWS takes where nothing is set."""
    assert refused("password-policy", (t.PASSWORD_POLICY, "p", {**_STRONG, **changes})) == said


_BLOCKS = {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True, "restrictPublicBuckets": True}


@pytest.mark.parametrize(
    ("type_", "properties", "said"),
    [
        (t.ACCOUNT_PUBLIC_ACCESS, _BLOCKS, []),
        (
            t.ACCOUNT_PUBLIC_ACCESS,
            {**_BLOCKS, "ignorePublicAcls": False, "blockPublicAcls": None},
            ["does not enable blockPublicAcls, ignorePublicAcls"],
        ),
        (t.EBS_ENCRYPTION_DEFAULT, {}, []),
        (t.EBS_ENCRYPTION_DEFAULT, {"enabled": False}, ["does not enable enabled"]),
        (
            "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
            {"state": "unblocked"},
            ["sets state to unblocked"],
        ),
        ("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", {"state": "block-all-sharing"}, []),
        (
            "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
            {"state": "block-new-sharing"},
            ["sets state to block-new-sharing"],
        ),
        ("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", {"state": "block-new-sharing"}, []),
        ("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", {"state": "unblocked"}, ["sets state to unblocked"]),
        (
            "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
            {"httpTokens": "optional"},
            ["sets httpTokens to optional"],
        ),
        ("aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults", {"httpTokens": "required"}, []),
    ],
)
def test_defaults_of_the_account(type_: str, properties: Json, said: list[str]) -> None:
    """Public access is open, and encryption on, where the resource says nothing."""
    assert refused("account-defaults", (type_, "d", properties)) == said


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"retentionInDays": 365}, []),
        ({"retentionInDays": 364}, ["keeps logs for 364 days"]),
        ({"retentionInDays": 1}, ["keeps logs for 1 days"]),
        ({"retentionInDays": 0}, []),
        ({}, ["has no retention"]),
        ({"retentionInDays": 2, "logGroupClass": "DELIVERY"}, []),
        ({"retentionInDays": 2, "logGroupClass": "STANDARD"}, ["keeps logs for 2 days"]),
        ({"retentionInDays": 2, "logGroupClass": "INFREQUENT_ACCESS"}, ["keeps logs for 2 days"]),
        ({"retentionInDays": 2, "logGroupClass": "CUSTOM"}, ["keeps logs for 2 days"]),
    ],
)
def test_log_groups_keep_their_logs(properties: Json, said: list[str]) -> None:
    """0 keeps logs without an end, and the class DELIVERY has a retention of its own."""
    assert refused("log-group-retention", (t.LOG_GROUP, "g", properties)) == said


# What counts as a customer-managed key

_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/1"
_IS_NONE = " is no customer-managed key"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (_KEY, None),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", None),
        ("alias/desk", None),
        (f"arn:aws:kms:us-east-1:{_ACCOUNT}:alias/desk", None),
        ("${aws:kms/key:Key::k#arn}", None),
        ("${aws:kms/alias:Alias::a#arn}", None),
        ("${pulumi:pulumi:StackReference::other#outputs.key}", None),
        (None, "kmsKeyId names no key, so AWS's own is used"),
        ("", "kmsKeyId names no key, so AWS's own is used"),
        ("alias/aws/logs", f"kmsKeyId = 'alias/aws/logs'{_IS_NONE}"),
        (
            f"arn:aws:kms:us-east-1:{_ACCOUNT}:alias/aws/logs",
            f"kmsKeyId = 'arn:aws:kms:us-east-1:{_ACCOUNT}:alias/aws/logs'{_IS_NONE}",
        ),
        (f"arn:aws:iam::{_ACCOUNT}:role/x", f"kmsKeyId = 'arn:aws:iam::{_ACCOUNT}:role/x'{_IS_NONE}"),
        ("${aws:sqs/queue:Queue::q#arn}", f"kmsKeyId = '${{aws:sqs/queue:Queue::q#arn}}'{_IS_NONE}"),
        (
            f"arn:aws:kms:us-west-2:{_ACCOUNT}:key/1",
            "names a key of us-west-2, which does not work in us-east-1",
        ),
    ],
)
def test_what_counts_as_a_customer_managed_key(value: Any, said: str | None) -> None:
    """Keys and aliases of one's own, in the resource's own region."""
    group = (t.LOG_GROUP, "g", {"kmsKeyId": value})
    entries = [
        (t.KEY, "k", {}),
        ("aws:kms/alias:Alias", "a", {"name": "alias/desk"}),
        (t.QUEUE, "q", {"name": "q"}),
    ]
    assert refused("log-group-customer-key", group, *entries) == ([said] if said else [])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"encrypted": True, "kmsKeyId": _KEY}, []),
        ({"encrypted": False, "kmsKeyId": _KEY}, ["is not encrypted"]),
        ({"encrypted": True}, ["kmsKeyId names no key, so AWS's own is used"]),
    ],
)
def test_file_systems_are_encrypted(entry: Json, said: list[str]) -> None:
    """Encryption by itself uses the key of AWS."""
    assert refused("efs-customer-key", (t.EFS_FILE_SYSTEM, "f", entry)) == said


@pytest.mark.parametrize(("status", "count"), [("ENABLED", 0), ("ENABLING", 0), ("DISABLED", 1), ("DISABLING", 1)])
def test_backups_of_file_systems_are_enabled(status: str, count: int) -> None:
    """A replica is backed up by its source."""
    files = (t.EFS_FILE_SYSTEM, "f", {})
    policy = (
        "aws:efs/backupPolicy:BackupPolicy",
        "p",
        {"fileSystemId": "${aws:efs/fileSystem:FileSystem::f#id}", "backupPolicy": {"status": status}},
    )
    assert len(refused("efs-backed-up", files, policy)) == count
    other = (t.EFS_REPLICATION, "r", {"destination": {"fileSystemId": "${aws:efs/fileSystem:FileSystem::g#id}"}})
    assert len(refused("efs-backed-up", files, policy, (t.EFS_FILE_SYSTEM, "g", {}), other)) == count
    own = (t.EFS_REPLICATION, "r", {"destination": {"fileSystemId": "${aws:efs/fileSystem:FileSystem::f#id}"}})
    assert refused("efs-backed-up", files, policy, own) == []


# Trust

_PROVIDER = f"arn:aws:iam::{_ACCOUNT}:oidc-provider/"


def _role(principal: Json | str, **statement: Any) -> tuple[str, str, Json]:
    whole = {"Sid": "In", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **statement}
    return t.ROLE, "r", {"assumeRolePolicy": json.dumps({"Statement": [whole]})}


def _when(operator: str, **values: Any) -> Json:
    return {"Condition": {operator: {name.replace("__", ":"): value for name, value in values.items()}}}


_EXTERNAL = {"Condition": {"StringEquals": {"sts:ExternalId": "desk-7"}}}
_ORG = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (_role({"Service": "ec2.amazonaws.com"}), None),
        (_role({"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}), None),
        (_role("*"), "lets everyone assume it"),
        (_role({"AWS": "*"}, **_ORG), None),
        (_role({"AWS": "*"}, **_EXTERNAL), "lets everyone assume it"),
        (_role({"AWS": _OTHER}), f"lets account {_OTHER} assume it without sts:ExternalId"),
        (_role({"AWS": _OTHER}, **_EXTERNAL), None),
        (_role({"AWS": _OTHER}, **_ORG), None),
        (
            _role({"AWS": _OTHER}, Condition={"StringLike": {"sts:ExternalId": "desk-*"}}),
            f"lets account {_OTHER} assume it without sts:ExternalId",
        ),
        (
            _role({"AWS": _OTHER}, Condition={"StringLike": {"sts:ExternalId": "desk-?"}}),
            f"lets account {_OTHER} assume it without sts:ExternalId",
        ),
        (
            _role({"AWS": _OTHER}, Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
            f"lets account {_OTHER} assume it without sts:ExternalId",
        ),
        # Another condition narrows here, and the organization may be any.
        (
            _role(
                {"AWS": _OTHER},
                Condition={
                    "StringLike": {"aws:PrincipalOrgID": "o-*"},
                    "StringEquals": {"aws:PrincipalAccount": _OTHER},
                },
            ),
            f"lets account {_OTHER} assume it without sts:ExternalId",
        ),
        (
            _role(
                {"AWS": _OTHER},
                Condition={
                    "StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
                    "StringEquals": {"aws:PrincipalAccount": _OTHER},
                },
            ),
            f"lets account {_OTHER} assume it without sts:ExternalId",
        ),
        (
            _role("*", Condition={"StringEquals": {"aws:PrincipalAccount": _OTHER}}),
            f"lets account {_OTHER} assume it without sts:ExternalId",
        ),
        (_role("*", Condition={"StringEquals": {"aws:PrincipalAccount": _ACCOUNT}}), None),
        (_role({"AWS": _OTHER}, Effect="Deny"), None),
        (_role({"Federated": "*"}), "trusts every identity provider"),
        (_role({"Federated": f"arn:aws:iam::{_ACCOUNT}:saml-provider/*"}), "trusts every identity provider"),
        (_role({"Federated": f"arn:aws:iam::{_ACCOUNT}:saml-provider/Desk"}), "trusts SAML of any audience"),
        (
            _role(
                {"Federated": f"arn:aws:iam::{_ACCOUNT}:saml-provider/Desk"},
                Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            ),
            None,
        ),
        (
            _role(
                {"Federated": f"arn:aws:iam::{_ACCOUNT}:saml-provider/Desk"},
                Condition={"StringEquals": {"SAML:iss": "https://idp.example"}},
            ),
            None,
        ),
        (
            _role(
                {"Federated": f"arn:aws:iam::{_ACCOUNT}:saml-provider/Desk"},
                Condition={"StringLike": {"SAML:aud": "https://*"}},
            ),
            "trusts SAML of any audience",
        ),
        (_role({"Federated": f"{_PROVIDER}gitlab.example"}), "trusts every subject of gitlab.example"),
        (
            _role(
                {"Federated": f"{_PROVIDER}gitlab.example"},
                **_when("StringLike", gitlab_example__sub="project_path:desk/*:ref_type:branch:ref:main"),
            ),
            "trusts every subject of gitlab.example",
        ),
        (
            _role(
                {"Federated": f"{_PROVIDER}gitlab.example"},
                Condition={"StringLike": {"gitlab.example:sub": "project_path:desk/*:ref_type:branch:ref:main"}},
            ),
            None,
        ),
        (
            _role(
                {"Federated": f"{_PROVIDER}gitlab.example"},
                Condition={"StringLike": {"gitlab.example:sub": "project_path:*/engine:ref_type:branch:ref:main"}},
            ),
            "trusts subjects of gitlab.example without a fixed owner: project_path:*/engine:ref_type:branch:ref:main",
        ),
        (
            _role(
                {"Federated": f"{_PROVIDER}oidc.eks.example/id/1"},
                Condition={"StringLike": {"oidc.eks.example/id/1:sub": "system:serviceaccount:desk:*"}},
            ),
            None,
        ),
        (
            _role(
                {"Federated": f"{_PROVIDER}oidc.eks.example/id/1"},
                Condition={"StringLike": {"oidc.eks.example/id/1:sub": "system:serviceaccount:*:engine"}},
            ),
            "trusts subjects of oidc.eks.example/id/1 without a fixed owner: system:serviceaccount:*:engine",
        ),
        (
            _role(
                {"Federated": f"{_PROVIDER}oidc.eks.example/id/1"},
                Condition={"StringLike": {"oidc.eks.example/id/1:sub": "system:serviceaccount:des?:engine"}},
            ),
            "trusts subjects of oidc.eks.example/id/1 without a fixed owner: system:serviceaccount:des?:engine",
        ),
        (
            _role({"Federated": "cognito-identity.amazonaws.com"}),
            "trusts cognito-identity.amazonaws.com without a fixed aud",
        ),
        (
            _role(
                {"Federated": "cognito-identity.amazonaws.com"},
                Condition={"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1"}},
            ),
            None,
        ),
        (
            _role(
                {"Federated": "cognito-identity.amazonaws.com"},
                Condition={"StringLike": {"cognito-identity.amazonaws.com:aud": "us-east-1:*"}},
            ),
            "trusts cognito-identity.amazonaws.com without a fixed aud",
        ),
    ],
)
def test_who_may_assume_a_role(role: Any, said: str | None) -> None:
    """Each kind of principal, fixed and left open."""
    assert refused("role-trust-limited", role) == ([f"statement In {said}"] if said else [])


def test_the_parameter_names_accounts_that_need_no_external_id() -> None:
    """Other accounts of one's own organization."""
    assert refused("role-trust-limited", _role({"AWS": _OTHER}), accounts=[_OTHER]) == []


# Shares


@pytest.mark.parametrize(
    ("type_", "properties", "said"),
    [
        ("aws:kms/grant:Grant", {"granteePrincipal": f"arn:aws:iam::{_OTHER}:role/x"}, f"account {_OTHER}"),
        ("aws:kms/grant:Grant", {"granteePrincipal": f"arn:aws:iam::{_ACCOUNT}:role/x"}, None),
        ("aws:ram/principalAssociation:PrincipalAssociation", {"principal": _OTHER}, f"account {_OTHER}"),
        ("aws:ec2/amiLaunchPermission:AmiLaunchPermission", {"group": "all"}, "everybody"),
        (
            "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
            {"group": "all", "organizationArn": "arn:aws:organizations::1:organization/o-1"},
            None,
        ),
        ("aws:ec2/amiLaunchPermission:AmiLaunchPermission", {"accountId": _ACCOUNT}, None),
        ("aws:lambda/layerVersionPermission:LayerVersionPermission", {"principal": "*"}, "everybody"),
        (
            "aws:lambda/layerVersionPermission:LayerVersionPermission",
            {"principal": "*", "organizationId": "o-a1b2c3d4e5"},
            None,
        ),
        ("aws:cloudwatch/eventPermission:EventPermission", {"principal": "*"}, "everybody"),
        (
            "aws:cloudwatch/eventPermission:EventPermission",
            {"principal": "*", "condition": {"key": "aws:PrincipalOrgID", "value": "o-1", "type": "StringEquals"}},
            None,
        ),
        (
            "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple",
            {"principalArn": "*"},
            "everybody",
        ),
        (
            "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
            {"accountId": _OTHER},
            f"account {_OTHER}",
        ),
    ],
)
def test_what_is_shared_with_whom(type_: str, properties: Json, said: str | None) -> None:
    """With another account, with everybody, or within an organization."""
    assert refused("resource-own-accounts", (type_, "s", properties)) == ([f"is shared with {said}"] if said else [])
    assert refused("resource-own-accounts", (type_, "s", properties), accounts=[_OTHER]) == (
        ["is shared with everybody"] if said == "everybody" else []
    )


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        (f"arn:aws:lambda:us-east-1:{_ACCOUNT}:layer:own:1", 0),
        ("arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:7", 0),
        (f"arn:aws:lambda:us-east-1:{_OTHER}:layer:foreign:1", 1),
        ("${aws:lambda/layerVersion:LayerVersion::l#arn}", 0),
    ],
)
def test_layers_are_of_known_publishers(layer: str, count: int) -> None:
    """One's own account, and those that AWS documents."""
    said = refused("function-layers-known", (t.FUNCTION, "f", {"layers": [layer]}))
    assert said == [f"runs a layer of account {_OTHER}"] * count


def _endpoint(**statement: Any) -> tuple[str, str, Json]:
    whole = {"Sid": "Out", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **statement}
    return t.VPC_ENDPOINT, "e", {"policy": json.dumps({"Statement": [whole]})}


@pytest.mark.parametrize(
    ("endpoint", "count"),
    [
        (_endpoint(), 1),
        (_endpoint(Action="s3:*"), 1),
        (_endpoint(Action="s3:GetObject"), 0),
        (_endpoint(Resource="arn:aws:s3:::desk/*"), 0),
        (_endpoint(Principal={"AWS": _ACCOUNT}), 0),
        (_endpoint(Effect="Deny"), 0),
        (_endpoint(Condition={"StringEquals": {"aws:PrincipalAccount": _ACCOUNT}}), 0),
        (_endpoint(Condition={"StringEquals": {"aws:ResourceAccount": _ACCOUNT}}), 0),
        (_endpoint(Condition={"StringEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}), 0),
        (_endpoint(Condition={"StringLike": {"aws:ResourceAccount": "*"}}), 1),
        (_endpoint(Condition={"StringEqualsIfExists": {"aws:ResourceAccount": _ACCOUNT}}), 1),
        (_endpoint(Condition={"ForAllValues:StringEquals": {"aws:ResourceAccount": _ACCOUNT}}), 1),
        (_endpoint(Condition={"Bool": {"aws:SecureTransport": "true"}}), 1),
        ((t.VPC_ENDPOINT, "e", {}), 0),
    ],
)
def test_an_endpoint_policy_limits_something(endpoint: Any, count: int) -> None:
    """Principals, actions, resources or accounts."""
    assert refused("endpoint-policy-limited", endpoint) == ["statement Out lets anybody do anything by it"] * count


def test_an_endpoint_policy_that_excepts_an_action_is_open() -> None:
    """NotAction is everything but what it names."""
    statement = {"Sid": "Out", "Effect": "Allow", "Principal": "*", "NotAction": "s3:DeleteBucket", "Resource": "*"}
    endpoint = (t.VPC_ENDPOINT, "e", {"policy": json.dumps({"Statement": [statement]})})
    assert len(refused("endpoint-policy-limited", endpoint)) == 1
