"""Permissions of users, groups, roles and permission sets, in every form in which pulumi-aws declares them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.stack import Stack
from policy.values import NotEvaluatedError

_ROLE_EXCLUSIVE = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
_USER_EXCLUSIVE = "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive"
_GROUP_EXCLUSIVE = "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive"
_SET_INLINE = "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy"
_SET_ATTACHED = "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment"
_SET_EXCLUSIVE = "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive"

DOCUMENTS = {
    t.ROLE_POLICY: "policy",
    t.IAM_POLICY: "policy",
    t.USER_POLICY: "policy",
    t.GROUP_POLICY: "policy",
    _SET_INLINE: "inlinePolicy",
    t.ROLE: "inlinePolicies",
}
ATTACHMENTS = {
    t.ROLE_ATTACHMENT: "policyArn",
    t.USER_ATTACHMENT: "policyArn",
    t.GROUP_ATTACHMENT: "policyArn",
    t.POLICY_ATTACHMENT: "policyArn",
    _SET_ATTACHED: "managedPolicyArn",
    t.ROLE: "managedPolicyArns",
    _ROLE_EXCLUSIVE: "policyArns",
    _USER_EXCLUSIVE: "policyArns",
    _GROUP_EXCLUSIVE: "policyArns",
    _SET_EXCLUSIVE: "managedPolicyArns",
}
# Where a permission set names a policy of the accounts that it is assigned in, by name and path.
_BY_NAME = {
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": "customerManagedPolicyReference",
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": (
        "customerManagedPolicyReferences"
    ),
}
_BOUNDARIES = {
    t.ROLE: "permissionsBoundary",
    "aws:iam/user:User": "permissionsBoundary",
    "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": (
        "permissionsBoundary.customerManagedPolicyReference"
    ),
}


def only_bounds(policy: Resource, stack: Stack) -> bool:
    """Whether a policy bounds identities and is attached to none: then it grants nothing.

    An identity that has a policy both as its boundary and attached has what the policy grants (IAM User Guide,
    "Permissions boundaries for IAM entities"). Raises `NotEvaluatedError` where an attachment is not known.
    """
    if policy.type != t.IAM_POLICY or not _used_by(policy, stack, _BOUNDARIES):
        return False
    return not _used_by(policy, stack, ATTACHMENTS | _BY_NAME)


def _used_by(policy: Resource, stack: Stack, uses: Mapping[str, str]) -> bool:
    undecided: NotEvaluatedError | None = None
    for type_, path in uses.items():
        try:
            if stack.attached(policy, type_, path):
                return True
        except NotEvaluatedError as error:
            undecided = undecided or error
    if undecided is not None:
        raise undecided
    return False


def documents(resource: Resource) -> Iterator[Any]:
    """The policy documents that a resource holds for an identity. Raises `NotEvaluatedError`."""
    path = DOCUMENTS.get(resource.type)
    if path is None:
        return
    if resource.type != t.ROLE:
        yield resource.document(path)
        return
    for entry in resource.items(path):
        text = entry.get("policy")
        if text:
            yield Resource(resource.urn, t.ROLE_POLICY, resource.name, {"policy": text}).document("policy")


def attached(resource: Resource) -> Iterator[str]:
    """The ARNs of the managed policies that a resource attaches. Raises `NotEvaluatedError`."""
    path = ATTACHMENTS.get(resource.type)
    if path is not None:
        for arn in resource.items(path):
            yield str(arn)


def aws_managed(arn: str) -> str | None:
    """The name of a policy that AWS manages, None of any other."""
    owner, _, name = arn.partition(":policy/")
    return name.rpartition("/")[2] if name and owner.endswith((":iam::aws", ":iam::aws:")) else None
