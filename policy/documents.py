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
            key.lower() in _NARROWING and "Not" not in operator
            for operator, tests in self.conditions.items()
            if isinstance(tests, Mapping)
            for key in tests
        )

    @property
    def denies_plain_transport(self) -> bool:
        """Whether it denies everybody what does not come by TLS."""
        tests = {k.lower(): v for k, v in self.conditions.get("Bool", {}).items()}
        value = tests.get("aws:securetransport")
        return not self.allows and "*" in self.principals and str(value).lower() in ("false", "['false']")

    @property
    def everything(self) -> bool:
        """Whether it grants every action on every resource, no condition narrowing it down."""
        return self.allows and "*" in self.actions and "*" in self.resources and not self.conditions


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a policy document; nothing for what is none."""
    if not isinstance(document, Mapping):
        return
    for entry in _list(document.get("Statement")):
        if isinstance(entry, Mapping):
            yield Statement(
                sid=str(entry.get("Sid", "")),
                allows=entry.get("Effect") == "Allow",
                principals=tuple(_principals(entry.get("Principal"))),
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
