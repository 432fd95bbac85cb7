"""A policy that bounds one identity and is attached to another grants to the other: both uses are judged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy import documents as d
from tests.policy.small import Entry, refused, undecided

Json = dict[str, Any]
_DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
        ],
    }
)
_SERVICE = _DOCUMENT.replace('"*", "Resource"', '"s3:*", "Resource"')
_PASS = _DOCUMENT.replace('"*", "Resource"', '"iam:PassRole", "Resource"')
_READ = _DOCUMENT.replace('"*", "Resource"', '"secretsmanager:GetSecretValue", "Resource"')
_ARN = f"${{{t.IAM_POLICY}::limit#arn}}"
_WRITTEN = "arn:aws:iam::123456789012:policy/teams/limit"
_SETS = "aws:ssoadmin"


def _limit(document: str = _DOCUMENT) -> Entry:
    return t.IAM_POLICY, "limit", {"name": "limit", "path": "/teams/", "policy": document}


_BOUNDED: list[Entry] = [
    (t.ROLE, "bounded", {"permissionsBoundary": _ARN}),
    ("aws:iam/user:User", "bounded", {"permissionsBoundary": _ARN}),
    (t.ROLE, "bounded", {"permissionsBoundary": _WRITTEN}),
    (
        f"{_SETS}/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
        "bounded",
        {"permissionsBoundary": {"customerManagedPolicyReference": {"name": "limit", "path": "/teams/"}}},
    ),
]
_ATTACHED: list[Entry] = [
    (t.ROLE_ATTACHMENT, "a", {"role": "r", "policyArn": _ARN}),
    (t.USER_ATTACHMENT, "a", {"user": "u", "policyArn": _ARN}),
    (t.GROUP_ATTACHMENT, "a", {"group": "g", "policyArn": _ARN}),
    (t.POLICY_ATTACHMENT, "a", {"roles": ["r"], "policyArn": _ARN}),
    (t.ROLE_ATTACHMENT, "a", {"role": "r", "policyArn": _WRITTEN}),
    (t.ROLE_ATTACHMENT, "a", {"role": "r", "policyArn": _WRITTEN.replace("arn:aws:", "arn:aws-us-gov:")}),
    (t.ROLE, "a", {"managedPolicyArns": ["arn:aws:iam::aws:policy/AWSXrayReadOnlyAccess", _ARN]}),
    (
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        "a",
        {"roleName": "r", "policyArns": [_ARN]},
    ),
    (
        "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
        "a",
        {"userName": "u", "policyArns": [_ARN]},
    ),
    (
        "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
        "a",
        {"groupName": "g", "policyArns": [_ARN]},
    ),
    (
        f"{_SETS}/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
        "a",
        {"customerManagedPolicyReference": {"name": "limit", "path": "/teams/"}},
    ),
    (
        f"{_SETS}/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive",
        "a",
        {"customerManagedPolicyReferences": [{"name": "other"}, {"name": "limit", "path": "/teams/"}]},
    ),
]


@pytest.mark.parametrize("bounded", _BOUNDED, ids=lambda entry: entry[0])
def test_a_policy_that_only_bounds_is_not_judged_as_a_grant(bounded: Entry) -> None:
    """A boundary grants nothing by itself, in every form in which one is set."""
    assert refused("iam-no-full-access", _limit(), bounded) == []


@pytest.mark.parametrize("attached", _ATTACHED, ids=lambda entry: entry[0])
def test_a_boundary_that_is_attached_as_well_is_judged_as_a_grant(attached: Entry) -> None:
    """Each form of attachment makes a grant of it, whomever else it bounds."""
    said = ["statement All grants * on *"]
    for bounded in _BOUNDED:
        assert refused("iam-no-full-access", _limit(), bounded, attached) == said


@pytest.mark.parametrize(
    ("rule", "document", "said"),
    [
        ("iam-no-whole-services", _SERVICE, "statement All grants s3:* on *"),
        ("iam-no-escalation", _PASS, "statement All grants iam:PassRole on every resource"),
        ("iam-no-exfiltration", _READ, "statement All grants secretsmanager:GetSecretValue on every resource"),
    ],
)
def test_every_rule_on_broad_permissions_judges_an_attached_boundary(rule: str, document: str, said: str) -> None:
    """The four rules share one reading of what a policy is used for."""
    assert refused(rule, _limit(document), _BOUNDED[0]) == []
    assert refused(rule, _limit(document), _BOUNDED[0], _ATTACHED[0]) == [said]


def test_a_role_that_attaches_its_own_boundary_has_all_that_it_admits() -> None:
    """The intersection of a policy with itself is the policy."""
    role = (t.ROLE, "r", {"permissionsBoundary": _ARN, "managedPolicyArns": [_ARN]})
    assert refused("iam-no-full-access", _limit(), role) == ["statement All grants * on *"]


@pytest.mark.parametrize(
    "copy",
    [(t.ROLE_POLICY, "copy", {"policy": _DOCUMENT}), (t.ROLE, "copy", {"inlinePolicies": [{"policy": _DOCUMENT}]})],
    ids=lambda entry: entry[0],
)
def test_an_inline_copy_of_a_boundary_is_judged_by_itself(copy: Entry) -> None:
    """The text of a boundary, written into a role, grants what it says."""
    assert refused("iam-no-full-access", _limit(), _BOUNDED[0], copy) == ["statement All grants * on *"]


def test_a_boundary_that_may_be_attached_is_not_passed_over() -> None:
    """An attachment of a policy that is known only after the update could be of this one."""
    attached = (t.ROLE_ATTACHMENT, "a", {"role": "r", "policyArn": d.UNKNOWN})
    assert undecided("iam-no-full-access", _limit(), _BOUNDED[0], attached) == [
        ("policyArn", "is known only after the update"),
        ("policyArn", "is known only after the update"),
    ]


def test_a_policy_of_another_path_or_account_is_another_policy() -> None:
    """An ARN that is written out names one policy by account, path and name."""
    for arn in (_WRITTEN.replace("/teams/", "/"), _WRITTEN.replace("123456789012", "444455556666")):
        attached = (t.ROLE_ATTACHMENT, "a", {"role": "r", "policyArn": arn})
        assert refused("iam-no-full-access", _limit(), _BOUNDED[0], attached) == []
