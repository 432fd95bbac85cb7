"""Conditions of policy statements: whether one ties a grant to accounts, organizations or networks of one's own.

A condition block holds when each of its tests holds; a test holds when one of its values fits (IAM User Guide,
"Conditions with multiple context keys or values"). A block narrows a grant when one of its tests admits nothing but
fixed values: every value of the test is one, and the test fails where the request does not have the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from policy.addresses import too_broad
from policy.arns import account_of, fixed_arn, has_wildcard, is_account, wild
from policy.breadth import takes_in_most
from policy.values import has_reference

# IAM User Guide, "Condition operators": those that compare a value, and so fail where the request lacks the key. The
# negated ones and Null hold without it.
_COMPARING = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
_IGNORING_WILDCARDS = ("stringequals", "stringequalsignorecase")

# IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "Condition keys for AWS KMS"; S3 User
# Guide, "The meaning of 'public'", which lists keys whose fixed values make a policy non-public.
_ACCOUNT_KEYS = frozenset(
    {
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:principalaccount",
        "aws:vpceaccount",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "lambda:sourceaccount",
    }
)
_ARN_KEYS = frozenset({"aws:sourcearn", "aws:principalarn", "s3:dataaccesspointarn", "lambda:sourcefunctionarn"})
_ORG_KEYS = frozenset({"aws:sourceorgid", "aws:principalorgid", "aws:vpceorgid"})
_PATH_KEYS = frozenset({"aws:sourceorgpaths", "aws:principalorgpaths", "aws:vpceorgpaths"})
_NETWORK_KEYS = {"aws:sourcevpc": "vpc-", "aws:sourcevpce": "vpce-"}
_ADDRESS_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip"})
# IAM User Guide, "IAM identifiers", unique ids: of a role with the name of any session, of a user, an account's root.
_UNIQUE_ID = re.compile(r"^(A[A-Z]{3}[A-Z0-9]{12,}(:[^*?]*\*?)?|\d{12})$")
_CONTEXT = "kms:encryptioncontext:"
_ORG = re.compile(r"^o-[a-z0-9]{10,32}$")
# Not the tail of a computed value, which is written `${type::name#path}`.
_POLICY_VARIABLE = re.compile(r"\$\{[a-zA-Z0-9-]+:[^}#]+\}")

# Keys that say who calls, or what holds of nearly every call: in a policy of an identity they narrow nothing. The
# region is one of them: an account keeps most of its resources in one or two.
_OF_CALLER = re.compile(
    r"^(aws:(principal|userid$|username$|securetransport$|currenttime$|epochtime$|useragent$|referer$|"
    r"tokenissuetime$|viaawsservice$|resourceaccount$|resourceorgid$|resourceorgpaths$|requestedregion$|"
    r"multifactorauth)|kms:calleraccount$|[a-z0-9-]+:region$|"
    # Chosen by the caller, or the same in nearly every request (Service Authorization Reference: STS, S3).
    r"sts:(rolesessionname|externalid|sourceidentity|durationseconds)$|"
    r"s3:(authtype|signatureversion|signatureage|tlsversion|resourceaccount|x-amz-content-sha256)$)"
)
_RESOURCE_ACCOUNT_KEYS = frozenset({"aws:resourceaccount", "s3:resourceaccount"})
_RESOURCE_ORG_KEYS = frozenset({"aws:resourceorgid"})
_RESOURCE_PATH_KEYS = frozenset({"aws:resourceorgpaths"})


@dataclass(frozen=True)
class Test:
    """One test of a condition: `operator` and `key` in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]
    every: bool
    """ForAllValues: it holds also where the request has no value."""
    lenient: bool
    """...IfExists: it holds also where the request lacks the key."""


def tests(conditions: Mapping[str, Any]) -> Iterator[Test]:
    """The tests of a `Condition` element; the names of operators and keys have no case."""
    for name, keys in conditions.items():
        if not isinstance(keys, Mapping):
            continue
        operator = str(name).lower()
        every = operator.startswith("forallvalues:")
        operator = operator.rpartition(":")[2]
        lenient = operator.endswith("ifexists")
        for key, values in keys.items():
            given = values if isinstance(values, list | tuple) else [values]
            texts = tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in given)
            yield Test(operator.removesuffix("ifexists"), str(key).lower(), texts, every, lenient)


class Conditions:
    """The `Condition` element of a statement."""

    def __init__(self, element: Mapping[str, Any] | None) -> None:
        self.tests = tuple(tests(element or {}))

    def __bool__(self) -> bool:
        return bool(self.tests)

    @property
    def narrows(self) -> bool:
        """Whether one test ties the statement to fixed accounts, ARNs, organizations, networks or addresses."""
        own = (test for test in self.tests if not test.key.startswith(("aws:resource", "s3:resource")))
        return any(self._demands(test) and _fixes(test) for test in own)

    @property
    def bounds(self) -> bool:
        """Whether, in a policy of an identity, one test says more than who calls and where: a resource or a service."""
        return any(self._demands(test) and _bounds(test) for test in self.tests)

    @property
    def limits_resources(self) -> bool:
        """Whether one test ties the statement to resources of fixed accounts or organizations."""
        keys = _RESOURCE_ACCOUNT_KEYS | _RESOURCE_ORG_KEYS | _RESOURCE_PATH_KEYS
        return any(test.key in keys and self._demands(test) and _fixes(test) for test in self.tests)

    @property
    def accounts(self) -> frozenset[str] | None:
        """The accounts to which a narrowing test restricts the statement; None where none says it."""
        for test in self.tests:
            if self._demands(test) and _fixes(test) and test.key in _ACCOUNT_KEYS | _ARN_KEYS:
                found = [account_of(value) for value in test.values]
                return frozenset(account for account in found if account)
        return None

    def fixes(self, key: str) -> tuple[str, ...] | None:
        """The values that the request's `key` must have, None where it may have others or be missing."""
        for test in self.tests:
            if test.key == key.lower() and test.operator in _COMPARING and self._demands(test):
                return test.values
        return None

    def only(self, key: str, value: str) -> bool:
        """Whether the condition is that `key` is `value` and nothing beside: a denial may ask for no more."""
        own = [t for t in self.tests if t.key == key.lower()]
        others = [t for t in self.tests if t.key != key.lower() and not _always_holds(t)]
        right = any(t.operator == "bool" and not t.every and {v.lower() for v in t.values} == {value} for t in own)
        return right and not others and all(t.operator == "bool" for t in own)

    def _demands(self, test: Test) -> bool:
        """Whether the test fails where the request does not have the key."""
        if not (test.every or test.lenient):
            return True
        return any(_is_required(t) and t.key == test.key for t in self.tests)


def _is_required(test: Test) -> bool:
    """Whether a test says that the request has the key; a set operator on Null holds where it has no value."""
    return (
        test.operator == "null" and not (test.every or test.lenient) and {v.lower() for v in test.values} == {"false"}
    )


def _literal(test: Test, value: str) -> bool:
    """Whether the value stands for itself: no wildcard that counts, no variable of IAM's, not empty."""
    if not value or _POLICY_VARIABLE.search(value):
        return False
    return test.operator in _IGNORING_WILDCARDS or not has_wildcard(value)


def _fixes(test: Test) -> bool:
    if not test.values or any(_POLICY_VARIABLE.search(value) for value in test.values):
        return False
    if test.operator == "ipaddress" and test.key in _ADDRESS_KEYS:
        return not too_broad(test.values)
    if test.operator not in _COMPARING:
        return False
    if test.key in _ACCOUNT_KEYS | _RESOURCE_ACCOUNT_KEYS:
        return all(is_account(v) or (has_reference(v) and _literal(test, v)) for v in test.values)
    if test.key in _ARN_KEYS or test.key.startswith(_CONTEXT):
        return all(fixed_arn(v) for v in test.values)
    if test.key in _ORG_KEYS | _RESOURCE_ORG_KEYS:
        return all(bool(_ORG.match(v)) or (has_reference(v) and _literal(test, v)) for v in test.values)
    if test.key in _PATH_KEYS | _RESOURCE_PATH_KEYS:
        return all(bool(_ORG.match(v.split("/")[0])) for v in test.values)
    if test.key == "aws:userid":
        return all(bool(_UNIQUE_ID.match(v)) for v in test.values)
    if test.key in _NETWORK_KEYS:
        prefix = _NETWORK_KEYS[test.key]
        return all(_literal(test, v) and (v.startswith(prefix) or has_reference(v)) for v in test.values)
    return False


def _bounds(test: Test) -> bool:
    if _OF_CALLER.match(test.key) or not test.values:
        return False
    if test.operator == "ipaddress":
        return not too_broad(test.values)
    if test.operator == "bool":
        return len({value.lower() for value in test.values}) == 1
    return test.operator in _COMPARING and not any(takes_in_most(test.key, value) for value in test.values)


def _always_holds(test: Test) -> bool:
    """Whether a test holds of every request, so that it takes nothing from a denial."""
    if test.operator in ("stringlike", "arnlike"):
        # The key may be missing, as aws:PrincipalArn is of an anonymous request.
        return (test.lenient or test.every) and any(wild(value) for value in test.values)
    if test.operator == "ipaddress":
        networks = {str(ip_network(v, strict=False)) for v in test.values if not has_reference(v)}
        return {"0.0.0.0/0", "::/0"} <= networks
    if test.operator.startswith("dategreaterthan") and test.key == "aws:currenttime":
        return all(_past(value) for value in test.values)
    return False


def _past(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < datetime.now(UTC)
