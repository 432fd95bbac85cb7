"""Policy documents: principals that must exist, sizes, and conditions that a service does not fulfil."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aws_emulator.policy_documents import document_of, listed, statements_of
from aws_emulator.store import Call
from aws_emulator.strict.constraint import Broken, Constraint

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:iam::(?P<account>\d{12}):(?P<kind>role|user)/(?P<path>.+)")
# IAM User Guide, "IAM and AWS STS quotas": characters without white space; the trust policy's is the default quota.
_INLINE_OF_ROLE, _MANAGED, _TRUST = 10240, 6144, 2048
# S3 User Guide, "Bucket policies": 20 KB. SNS, SQS and Secrets Manager state theirs with their quotas.
_BUCKET_BYTES, _SECRET_BYTES = 20 * 1024, 20480


def _principals(text: Any) -> Iterator[str]:
    for statement in statements_of(document_of(text) or {}):
        for member in ("Principal", "NotPrincipal"):
            principal = statement.get(member)
            yield from listed(principal.get("AWS")) if isinstance(principal, Mapping) else ()


def _unknown_principal(call: Call, text: Any) -> str | None:
    """A role or user of the own account that does not exist (IAM User Guide, "Policies with principals")."""
    iam = call.moto("iam", call.partition)
    for arn in _principals(text):
        match = _PRINCIPAL.fullmatch(arn)
        if match is None or match["account"] != call.account:
            continue
        known = iam.roles.values() if match["kind"] == "role" else iam.users.values()
        if all(item.arn != arn for item in known):
            return f"Invalid principal in policy: {arn} does not exist"
    return None


def _principals_exist(policy_of: Callable[[Call], Any]) -> Broken:
    return lambda call: _unknown_principal(call, text) if (text := policy_of(call)) else None


def _member(name: str) -> Callable[[Call], Any]:
    return lambda call: call.params.get(name)


def _attribute(attributes: str, name: str) -> Callable[[Call], Any]:
    return lambda call: (call.params.get(attributes) or {}).get(name)


def _set_attribute(call: Call) -> Any:
    return call.params.get("AttributeValue") if call.params.get("AttributeName") == "Policy" else None


def _characters(text: Any) -> int:
    return sum(not character.isspace() for character in str(text or ""))


def _larger(
    policy_of: Callable[[Call], Any], limit: int, what: str, size: Callable[[Any], int] = _characters
) -> Broken:
    def broken(call: Call) -> str | None:
        found = size(policy_of(call))
        return f"{what}: {limit} at most, and this one has {found}" if found > limit else None

    return broken


def _bytes(text: Any) -> int:
    return len(text if isinstance(text, bytes) else str(text or "").encode())


def _inline(call: Call) -> str | None:
    """All inline policies of a role together."""
    role = next((r for r in call.moto("iam", call.partition).roles.values() if r.name == call.params["RoleName"]), None)
    name = call.params["PolicyName"]
    others = sum(_characters(text) for key, text in (role.policies if role else {}).items() if key != name)
    total = others + _characters(call.params.get("PolicyDocument"))
    if total > _INLINE_OF_ROLE:
        return f"Maximum policy size of {_INLINE_OF_ROLE} bytes exceeded for role {call.params['RoleName']}"
    return None


def _trail_role(call: Call) -> str | None:
    """CloudTrail sends no aws:SourceArn or aws:SourceAccount when it takes the role that writes to CloudWatch Logs."""
    arn = call.params.get("CloudWatchLogsRoleArn")
    role = next((r for r in call.moto("iam", call.partition).roles.values() if r.arn == arn), None) if arn else None
    for statement in statements_of(document_of(role.assume_role_policy_document if role else "") or {}):
        keys = {key.lower() for tested in (statement.get("Condition") or {}).values() for key in tested}
        unsupported = sorted(keys & {"aws:sourcearn", "aws:sourceaccount"})
        if unsupported:
            return f"Access denied. CloudTrail cannot assume {arn}: the trust policy tests {', '.join(unsupported)}"
    return None


def _linked_role_exists(call: Call) -> str | None:
    path = f"/aws-service-role/{call.params['AWSServiceName']}/"
    taken = [role.name for role in call.moto("iam", call.partition).roles.values() if role.path == path]
    if taken and not call.params.get("CustomSuffix"):
        return f"Service role name {taken[0]} has been taken in this account, please try a different suffix."
    return None


CONSTRAINTS = (
    Constraint("one service-linked role of a service", "iam", ("CreateServiceLinkedRole",), "InvalidInput",
               "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html",
               _linked_role_exists),
    Constraint("principals of bucket policies exist", "s3", ("PutBucketPolicy",), "MalformedPolicy",
               "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html",
               _principals_exist(_member("Policy"))),
    Constraint("principals of key policies exist", "kms", ("CreateKey", "ReplicateKey", "PutKeyPolicy"),
               "MalformedPolicyDocumentException",
               "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html",
               _principals_exist(_member("Policy"))),
    Constraint("principals of trust policies exist", "iam", ("CreateRole",), "MalformedPolicyDocument",
               f"{_IAM}reference_policies_elements_principal.html",
               _principals_exist(_member("AssumeRolePolicyDocument"))),
    Constraint("principals of trust policies exist", "iam", ("UpdateAssumeRolePolicy",), "MalformedPolicyDocument",
               f"{_IAM}reference_policies_elements_principal.html", _principals_exist(_member("PolicyDocument"))),
    Constraint("principals of secrets' policies exist", "secretsmanager", ("PutResourcePolicy",),
               "MalformedPolicyDocumentException",
               "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html",
               _principals_exist(_member("ResourcePolicy"))),
    Constraint("principals of queue policies exist", "sqs", ("CreateQueue", "SetQueueAttributes"),
               "InvalidAttributeValue",
               "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
               _principals_exist(_attribute("Attributes", "Policy"))),
    Constraint("principals of topic policies exist", "sns", ("CreateTopic",), "InvalidParameter",
               "https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html",
               _principals_exist(_attribute("Attributes", "Policy"))),
    Constraint("principals of topic policies exist", "sns", ("SetTopicAttributes",), "InvalidParameter",
               "https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html",
               _principals_exist(_set_attribute)),
    Constraint("size of managed policies", "iam", ("CreatePolicy", "CreatePolicyVersion"), "LimitExceeded",
               f"{_IAM}reference_iam-quotas.html",
               _larger(_member("PolicyDocument"), _MANAGED, "Characters of a managed policy")),
    Constraint("size of trust policies", "iam", ("CreateRole",), "LimitExceeded", f"{_IAM}reference_iam-quotas.html",
               _larger(_member("AssumeRolePolicyDocument"), _TRUST, "Characters of a trust policy")),
    Constraint("size of inline policies of a role", "iam", ("PutRolePolicy",), "LimitExceeded",
               f"{_IAM}reference_iam-quotas.html", _inline),
    Constraint("size of bucket policies", "s3", ("PutBucketPolicy",), "PolicyTooLarge",
               "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html",
               _larger(_member("Policy"), _BUCKET_BYTES, "Bytes of a bucket policy", _bytes)),
    Constraint("size of secrets' policies", "secretsmanager", ("PutResourcePolicy",), "LimitExceededException",
               "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
               _larger(_member("ResourcePolicy"), _SECRET_BYTES, "Characters of a resource policy", _bytes)),
    Constraint("CloudTrail's role for CloudWatch Logs tests no source", "cloudtrail", ("CreateTrail", "UpdateTrail"),
               "InvalidCloudWatchLogsRoleArnException",
               "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/"
               "cloudtrail-required-policy-for-cloudwatch-logs.html", _trail_role),
)  # fmt: skip
