"""IAM policy documents: their statements, and what they grant to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Condition keys that tie a grant to accounts, organisations or resources of one's own (IAM User Guide, "AWS global
# condition context keys"; KMS Developer Guide, "Condition keys").
_NARROWING = (
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "kms:calleraccount",
)
# Operators that hold only where the request has the key (IAM User Guide, "Condition operators"): not the negated ones,
# nor Null, ...IfExists and ForAllValues, which hold without it.
_COMPARING = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")


def _says_something(values: Any) -> bool:
    return all(str(value).strip("*") for value in _list(values))


@dataclass(frozen=True)
class Statement:
    """One statement, with lists where the document may have a lone value."""

    sid: str
    allows: bool
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any]

    @property
    def anyone(self) -> bool:
        """Whether it grants to everybody in the world, no condition narrowing it down."""
        return self.allows and "*" in self.principals and not self.narrowed

    @property
    def narrowed(self) -> bool:
        """Whether a condition ties the statement to accounts or resources of one's own."""
        return any(
            key.lower() in _NARROWING and _says_something(values)
            for operator, tests in self.conditions.items()
            if operator.removeprefix("ForAnyValue:") in _COMPARING and isinstance(tests, Mapping)
            for key, values in tests.items()
        )

    @property
    def denies_plain_transport(self) -> bool:
        """Whether it denies everybody whatever does not come by TLS, objects included."""
        tests = {k.lower(): v for k, v in self.conditions.get("Bool", {}).items()}
        value = tests.get("aws:securetransport")
        everything = bool({"*", "s3:*"} & set(self.actions)) and any(
            r == "*" or r.endswith("/*") for r in self.resources
        )
        denied = not self.allows and "*" in self.principals and everything
        return denied and str(value).lower() in ("false", "['false']")

    @property
    def everything(self) -> bool:
        """Whether it grants every action, or all but some, on every resource."""
        every = bool({"*", "*:*"} & set(self.actions)) or bool(self.not_actions)
        return self.allows and every and "*" in self.resources

    @property
    def whole_services(self) -> tuple[str, ...]:
        """The services of which it grants every action on every resource."""
        if not self.allows or "*" not in self.resources or self.conditions:
            return ()
        return tuple(action for action in self.actions if action.endswith(":*") and action != "*:*")


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a policy document; nothing for what is none."""
    if not isinstance(document, Mapping):
        return
    for entry in _list(document.get("Statement")):
        if isinstance(entry, Mapping):
            yield Statement(
                sid=str(entry.get("Sid", "")),
                allows=entry.get("Effect") == "Allow",
                # Everybody but some is everybody.
                principals=("*",) if "NotPrincipal" in entry else tuple(_principals(entry.get("Principal"))),
                actions=tuple(map(str, _list(entry.get("Action")))),
                not_actions=tuple(map(str, _list(entry.get("NotAction")))),
                resources=tuple(map(str, _list(entry.get("Resource")))),
                conditions=entry.get("Condition") or {},
            )


def _principals(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for items in value.values():
            yield from map(str, _list(items))
    else:
        yield from map(str, _list(value))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
