"""Permissions of people and programs: IAM policies, users and permission sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy import tokens as t
from policy.actions import matches, permissions_management
from policy.documents import Permissions, statements
from policy.grammar import Kind
from policy.identities import ATTACHMENTS, DOCUMENTS, attached, aws_managed, documents, only_bounds
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.stack import Stack

RULES = Rules("IAM")

_IDENTITIES = (*DOCUMENTS, *(type_ for type_ in ATTACHMENTS if type_ not in DOCUMENTS))
_POLICY = ("policy", (t.IAM_POLICY, "policy"))
_ADMINISTRATOR = ("AdministratorAccess", "AdministratorAccess-*")


def _is_administrator(arn: str) -> bool:
    name = aws_managed(arn)
    return name is not None and any(fnmatchcase(name, pattern) for pattern in _ADMINISTRATOR)


@RULES.joined(
    *_IDENTITIES,
    id="iam-no-full-access",
    title="No policy grants all actions on all resources",
    remediation="Name the actions and the resources.",
    needs=_POLICY,
)
def no_full_access(policy: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Such a statement grants the whole account.

    NotAction and NotResource grant everything except what they name. A policy that only serves as permissions boundary
    grants nothing and is not judged; `iam-human-boundary` judges boundaries.
    """
    for arn in attached(policy):
        if _is_administrator(arn):
            yield f"attaches AWS's policy {aws_managed(arn)}"
    if only_bounds(policy, stack):
        return
    for document in documents(policy):
        for statement in Permissions(document, DOCUMENTS[policy.type]).everything():
            yield f"{statement.label} grants * on *"


@RULES.joined(
    *DOCUMENTS,
    id="iam-no-whole-services",
    title="No statement grants a whole service on everything",
    remediation="Name the actions of the service, or the resources.",
    needs=_POLICY,
)
def no_whole_services(policy: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Actions that AWS adds later are granted as well.

    All wildcards count (`s3:*`, `s3:?*`, several patterns that together take every action in), and so do patterns of
    resources that leave none out (`arn:aws:s3:::*`). A condition on the caller or on the region alone
    (aws:RequestedRegion) does not limit a grant. A policy that only serves as permissions boundary is not judged.
    """
    if only_bounds(policy, stack):
        return
    for document in documents(policy):
        by_statement: dict[str, list[str]] = {}
        for grant in Permissions(document, DOCUMENTS[policy.type]).whole_services():
            by_statement.setdefault(grant.statement.label, []).append(grant.action)
        for label, actions in by_statement.items():
            yield f"{label} grants {_some(actions)} on *"


_MANAGED = [
    "PowerUserAccess",
    "*FullAccess",
    "*FullAccess_v2",
    "SystemAdministrator",
    "DatabaseAdministrator",
    "NetworkAdministrator",
    "DataScientist",
    "SecretsManagerReadWrite",
    "AWSKeyManagementServicePowerUser",
    "AmazonEC2RoleforSSM",
    "ReadOnlyAccess",
]


@RULES.resource(
    *ATTACHMENTS,
    id="iam-no-broad-managed-policies",
    title="No identity has an AWS managed policy that grants whole services",
    remediation="Write a policy with the actions and resources that are used, or attach a narrower one of AWS.",
    needs=((t.ROLE_ATTACHMENT, "policyArn"), (t.ROLE, "managedPolicyArns")),
    parameters={
        "broad": Parameter(
            "array", _MANAGED, "Names of AWS managed policies that must not be attached; * for a part.", items="string"
        )
    },
)
def no_broad_managed(attachment: Resource, parameters: Parameters) -> Iterator[str]:
    """PowerUserAccess grants everything but IAM.

    IAMFullAccess allows privilege escalation. `iam-no-full-access` judges AdministratorAccess.
    """
    for arn in attached(attachment):
        name = aws_managed(arn)
        if name is not None and any(fnmatchcase(name, pattern) for pattern in parameters["broad"]):
            yield f"attaches AWS's policy {name}"


# What gives its bearer, or somebody of its choice, more rights than it has: Rhino Security Labs' list of escalation
# methods as cloudsplaining keeps it, by the names of the Service Authorization Reference. `iam:PassRole` hands a role
# to a service that runs one's code.
_ESCALATION = [
    "iam:PassRole",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:AddUserToGroup",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "sts:AssumeRole",
    "sts:AssumeRoot",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:AddPermission",
    "glue:UpdateDevEndpoint",
    "ssm:SendCommand",
    "ssm:StartSession",
    "cloudformation:SetStackPolicy",
    "sso:CreateAccountAssignment",
    "sso:PutInlinePolicyToPermissionSet",
    "sso:AttachManagedPolicyToPermissionSet",
]
# Services whose actions of the access level "Permissions management" change who may use data, keys or the account.
_GUARDED = ("iam", "kms", "s3", "secretsmanager", "sqs", "sns", "ecr", "organizations", "ram", "lambda", "backup")


@RULES.joined(
    *DOCUMENTS,
    id="iam-no-escalation",
    title="No statement lets its bearer gain further rights on every resource",
    remediation="Name the roles, policies or functions that it may pass, assume or change, or take the action away.",
    needs=_POLICY,
    parameters={
        "actions": Parameter(
            "array", _ESCALATION, "Actions that must not be granted on every resource.", items="string"
        )
    },
)
def no_escalation(policy: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """With one of these actions on `*` a role becomes any other role of the account.

    Beside the parameter's actions, those count that the Service Authorization Reference calls permissions management,
    of the services that hold data, keys or identities. A condition on the resource, or on the service that a role is
    passed to, limits a grant; one on the caller or on the region alone does not.
    """
    if only_bounds(policy, stack):
        return
    for document in documents(policy):
        permissions = Permissions(document, DOCUMENTS[policy.type])
        if not permissions.open or any(permissions.everything()):
            continue  # Everything on everything is refused by `iam-no-full-access`.
        spoken = [service for service in _GUARDED if _speaks_of(permissions, service)]
        managed = [f"{service}:{action}" for service in spoken for action in permissions_management(service)]
        found = {grant.action: grant for grant in permissions.of([*parameters["actions"], *managed])}
        if found:
            first = next(iter(found.values()))
            yield f"{first.statement.label} grants {_some(list(found))} on every resource"


def _speaks_of(permissions: Permissions, service: str) -> bool:
    """Whether it may hold an action of the service: the reference is read for those alone."""
    return any(
        statement.not_actions or any(matches(action.partition(":")[0], service) for action in statement.actions)
        for statement in permissions.open
    )


# What hands out data, secrets or credentials: CKV_AWS_287 and CKV_AWS_288 by the names of the reference, and the other
# actions that read the content of tables, streams and databases.
_EXFILTRATION = [
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:GetRecords",
    "ebs:GetSnapshotBlock",
    "ec2:ModifySnapshotAttribute",
    "ec2:ModifyImageAttribute",
    "ec2:GetPasswordData",
    "rds:ModifyDBSnapshotAttribute",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds-db:connect",
    "rds-data:ExecuteStatement",
    "rds-data:BatchExecuteStatement",
    "redshift:GetClusterCredentials",
    "redshift:GetClusterCredentialsWithIAM",
    "redshift-serverless:GetCredentials",
    "sts:GetFederationToken",
    "cognito-identity:GetCredentialsForIdentity",
    "codecommit:GitPull",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "kinesis:GetRecords",
    "kinesis:SubscribeToShard",
    "sqs:ReceiveMessage",
]


@RULES.joined(
    *DOCUMENTS,
    id="iam-no-exfiltration",
    title="No policy grants access to data, secrets or credentials on every resource",
    remediation="Name the keys, secrets, parameters, buckets or tables that it reads.",
    needs=_POLICY,
    parameters={
        "actions": Parameter(
            "array", _EXFILTRATION, "Actions that must not be granted on every resource.", items="string"
        )
    },
)
def no_exfiltration(policy: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """A role that can read every secret exposes all of them.

    A condition on the resource or service, such as kms:ViaService, limits a grant.
    """
    if only_bounds(policy, stack):
        return
    for document in documents(policy):
        permissions = Permissions(document, DOCUMENTS[policy.type])
        if any(permissions.everything()):
            continue
        found = {grant.action: grant for grant in permissions.of(parameters["actions"])}
        if found:
            first = next(iter(found.values()))
            yield f"{first.statement.label} grants {_some(list(found))} on every resource"


def _some(names: list[str]) -> str:
    shown = 4
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"


_USER_TYPES = (
    "aws:iam/accessKey:AccessKey",
    "aws:iam/user:User",
    "aws:iam/userLoginProfile:UserLoginProfile",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
    "aws:iam/signingCertificate:SigningCertificate",
    "aws:iam/sshKey:SshKey",
)


@RULES.resource(
    *_USER_TYPES,
    id="iam-no-users",
    title="There are no IAM users with long-term credentials",
    remediation="Let people come by IAM Identity Center or SAML, and programs by a role.",
    needs=(("aws:iam/accessKey:AccessKey", "user"),),
    parameters={
        "allowed": Parameter(
            "array", [], "Names of users that may exist, such as one to break the glass; * for a part.", items="string"
        )
    },
)
def no_users(user: Resource, parameters: Parameters) -> Iterator[str]:
    """An access key works from anywhere until it is deleted."""
    path = "name" if user.type.endswith(":User") else "username" if user.type.endswith(":SshKey") else "user"
    if user.type.endswith((":ServiceSpecificCredential", ":SigningCertificate")):
        path = "userName"
    value = user.get(path)
    name = str(value) if value is not None else user.name
    if any(fnmatchcase(name, pattern) for pattern in parameters["allowed"]):
        return
    if user.type.endswith(":User"):
        yield "is a user, not a role"
    elif user.peek("status") != "Inactive":
        yield f"gives {name} long-lived credentials"


# IAM User Guide, "Principal": an account by its ARN or number, a user, a federation by SAML.
_PEOPLE = re.compile(r"^\d{12}$|:root$|:user/|:saml-provider(/|$)")


@RULES.joined(
    t.ROLE,
    id="iam-human-boundary",
    title="Roles for people have a permissions boundary",
    remediation="Set permissionsBoundary to a policy that does not grant everything.",
    needs=("assumeRolePolicy",),
)
def human_boundary(role: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A boundary also limits policies that are attached later.

    Roles for people trust an account, a user or a SAML provider. AdministratorAccess, or another policy that grants
    everything, is no boundary.
    """
    for statement in statements(role.document("assumeRolePolicy"), "assumeRolePolicy", Kind.TRUST):
        people = [principal for principal in statement.principals if _PEOPLE.search(principal)]
        if not (statement.allows and people):
            continue
        if not role.has("permissionsBoundary"):
            yield f"people of {', '.join(people)} can assume it, and it has no permissions boundary"
        elif reason := _open_boundary(role, stack):
            yield f"people of {', '.join(people)} can assume it, and its boundary {reason}"


def _open_boundary(role: Resource, stack: Stack) -> str | None:
    value = role.peek("permissionsBoundary")
    if isinstance(value, str) and aws_managed(value) is not None:
        broad = [*_ADMINISTRATOR, "PowerUserAccess", "IAMFullAccess"]
        name = str(aws_managed(value))
        return f"is AWS's policy {name}" if any(fnmatchcase(name, p) for p in broad) else None
    policy = stack.declared(role, "permissionsBoundary", t.IAM_POLICY)
    if policy is not None and any(Permissions(policy.document("policy")).everything()):
        return f"{policy.name} grants everything"
    return None
