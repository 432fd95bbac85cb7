"""Permissions of users, groups, roles and permission sets, in every form in which pulumi-aws declares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy import tokens as t
from policy.resources import Resource

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
