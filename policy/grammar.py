"""The grammar of IAM policy documents: what a document has that AWS refuses or that no reader can judge.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a document is attached to, which decides what its statements must have."""

    IDENTITY = "identity"
    """A user, group, role or permission set: statements name resources, and no principals."""
    RESOURCE = "resource"
    """A resource or an endpoint: statements name principals."""
    TRUST = "trust"
    """A role, as to who may assume it: statements name principals, and no resources."""


Problem = tuple[str, str]
"""Where in the document, such as `Statement[0].Effect`, and what is wrong there."""

_DOCUMENT = ("Version", "Id", "Statement")
_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_PRINCIPALS = ("AWS", "Federated", "Service", "CanonicalUser")
_OPERATORS = frozenset(
    {
        "stringequals",
        "stringnotequals",
        "stringequalsignorecase",
        "stringnotequalsignorecase",
        "stringlike",
        "stringnotlike",
        "numericequals",
        "numericnotequals",
        "numericlessthan",
        "numericlessthanequals",
        "numericgreaterthan",
        "numericgreaterthanequals",
        "dateequals",
        "datenotequals",
        "datelessthan",
        "datelessthanequals",
        "dategreaterthan",
        "dategreaterthanequals",
        "bool",
        "binaryequals",
        "ipaddress",
        "notipaddress",
        "arnequals",
        "arnlike",
        "arnnotequals",
        "arnnotlike",
        "null",
    }
)
_SET_OPERATORS = ("forallvalues", "foranyvalue")


def opened(document: Any) -> Any:
    """A document that stands in a text as JSON, any other value as it is."""
    if isinstance(document, str):
        try:
            return json.loads(document)
        except ValueError:
            return document
    return document


def problems(document: Any, kind: Kind) -> Iterator[Problem]:
    """What is wrong in a document, in the order of its text. Values have been resolved: a reference is a text."""
    document = opened(document)
    if not isinstance(document, Mapping):
        yield "", f"is no object but {_shown(document)}"
        return
    for key in document:
        if key not in _DOCUMENT:
            yield str(key), f"is no element of a policy document; it has {', '.join(_DOCUMENT)}"
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield "Version", f"is {_shown(document['Version'])}, and not {' or '.join(_VERSIONS)}"
    entries = document.get("Statement")
    if entries is None or entries == []:
        yield "Statement", "is missing"
    elif isinstance(entries, Mapping):
        yield from _statement(entries, "Statement", kind)
    elif not isinstance(entries, list):
        yield "Statement", f"is no list of statements but {_shown(entries)}"
    else:
        for index, entry in enumerate(entries):
            yield from _statement(entry, f"Statement[{index}]", kind)


def _statement(entry: Any, where: str, kind: Kind) -> Iterator[Problem]:
    if not isinstance(entry, Mapping):
        yield where, f"is no object but {_shown(entry)}"
        return
    for key in entry:
        if key not in _STATEMENT:
            yield f"{where}.{key}", f"is no element of a statement; it has {', '.join(_STATEMENT)}"
    if entry.get("Effect") not in ("Allow", "Deny"):
        given = _shown(entry["Effect"]) if "Effect" in entry else "missing"
        yield f"{where}.Effect", f"is {given}, and not Allow or Deny"
    yield from _one_of(entry, where, "Action", "NotAction", needed=True)
    yield from _one_of(entry, where, "Resource", "NotResource", needed=kind is Kind.IDENTITY)
    if kind is Kind.TRUST and ("Resource" in entry or "NotResource" in entry):
        yield f"{where}.Resource", "stands in a trust policy, which has none"
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in entry and (problem := _not_texts(entry[name])):
            yield f"{where}.{name}", problem
    yield from _who(entry, where, kind)
    if "Condition" in entry:
        yield from _condition(entry["Condition"], f"{where}.Condition")


def _one_of(entry: Mapping[str, Any], where: str, name: str, other: str, *, needed: bool) -> Iterator[Problem]:
    if name in entry and other in entry:
        yield f"{where}.{other}", f"stands beside {name}, of which a statement has one"
    elif needed and name not in entry and other not in entry:
        yield f"{where}.{name}", "is missing"


def _who(entry: Mapping[str, Any], where: str, kind: Kind) -> Iterator[Problem]:
    if kind is Kind.IDENTITY:
        for name in ("Principal", "NotPrincipal"):
            if name in entry:
                yield f"{where}.{name}", "stands in a policy of an identity, which has none"
        return
    yield from _one_of(entry, where, "Principal", "NotPrincipal", needed=True)
    for name in ("Principal", "NotPrincipal"):
        value = entry.get(name, "*")
        if isinstance(value, Mapping):
            if not value:
                yield f"{where}.{name}", "is empty"
            for key, items in value.items():
                if key not in _PRINCIPALS:
                    yield f"{where}.{name}.{key}", f"is no kind of principal; there are {', '.join(_PRINCIPALS)}"
                elif problem := _not_texts(items):
                    yield f"{where}.{name}.{key}", problem
        elif value != "*":
            yield f"{where}.{name}", f"is neither * nor an object but {_shown(value)}"


def _condition(element: Any, where: str) -> Iterator[Problem]:
    if not isinstance(element, Mapping):
        yield where, f"is no object but {_shown(element)}"
        return
    for name, keys in element.items():
        if not _is_operator(str(name)):
            yield f"{where}.{name}", "is no condition operator"
        elif not isinstance(keys, Mapping):
            yield f"{where}.{name}", f"is no object of keys but {_shown(keys)}"
        else:
            for key, values in keys.items():
                if not _are_scalars(values):
                    yield f"{where}.{name}.{key}", f"is neither a value nor a list of values but {_shown(values)}"


def _is_operator(name: str) -> bool:
    prefix, colon, operator = name.lower().rpartition(":")
    if colon and prefix not in _SET_OPERATORS:
        return False
    if operator.endswith("ifexists") and operator != "nullifexists":
        operator = operator.removesuffix("ifexists")
    return operator in _OPERATORS


def _not_texts(value: Any) -> str | None:
    if isinstance(value, str):
        return None if value else "is empty"
    if not isinstance(value, list):
        return f"is neither a text nor a list of texts but {_shown(value)}"
    if not value:
        return "is empty"
    wrong = next((item for item in value if not isinstance(item, str) or not item), None)
    return f"holds {_shown(wrong)}, which is no text" if wrong is not None else None


def _are_scalars(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, str | int | float | bool) for item in items)


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


_LONGEST = 60
