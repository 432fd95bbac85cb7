"""A rule: what it asks, of which resources, how severe it is, what to do about it, and which controls ask the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from policy.resources import Resource
from policy.sources import controls_of, of_rule
from policy.stack import Stack

Parameters = Mapping[str, Any]
Finding = str | tuple[Resource, str]
"""A message about the subject, or about the resource named with it."""
Check = Callable[..., Iterator[Finding]]
Remedy = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Corrected inputs of a resource, from its inputs in the engine's camelCase; the given mapping is not changed."""


class Severity(StrEnum):
    """What a violation means; the words are CrossGuard's enforcement levels."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    DISABLED = "disabled"


class Risk(StrEnum):
    """How much harm a violation can do; the words are those of CrossGuard and AWS Security Hub."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Scope(StrEnum):
    """What a rule must see to judge one resource, and hence the arguments of its check, before the parameters."""

    RESOURCE = "resource"  # the resource
    JOINED = "joined"  # the resource, its stack
    STACK = "stack"  # the stack
    PARITY = "parity"  # a resource of the primary, the primary, the recovery stack


@dataclass(frozen=True)
class Parameter:
    """A parameter of a rule, as JSON schema describes it: `type`, default, and what it means.

    `items` is the type of the elements of an array or of the values of an object, `fields` are the numbers that each
    value of an object has; a number is `minimum` at least, a text matches `pattern`. A rule with a `needed` parameter
    that is empty is not configured: it is reported as such and not applied.
    """

    type: str
    default: Any
    description: str
    items: str = ""
    fields: tuple[str, ...] = ()
    minimum: float | None = None
    pattern: str = ""
    needed: bool = False

    def schema(self) -> dict[str, Any]:
        """The JSON schema of the parameter."""
        found: dict[str, Any] = {"type": self.type, "default": self.default, "description": self.description}
        if self.minimum is not None:
            found["minimum"] = self.minimum
        if self.pattern:
            found["pattern"] = self.pattern
        if self.fields:
            positive = {name: {"type": "number", "minimum": 1} for name in self.fields}
            found["additionalProperties"] = {"type": "object", "properties": positive, "required": list(self.fields)}
        elif self.items:
            found["items" if self.type == "array" else "additionalProperties"] = {"type": self.items}
        return found

    def objection(self, value: Any) -> str | None:
        """Why `value` cannot be the parameter's, None where it can."""
        if not _is_of(self.type, value):
            return f"must be of type {self.type}"
        if self.minimum is not None and value < self.minimum:
            return f"must be {self.minimum:g} at least"
        if self.pattern and not re.search(self.pattern, value):
            return f"must match {self.pattern}"
        for key, item in _elements(value) if self.items else ():
            if not _is_of(self.items, item):
                return f"must hold values of type {self.items}, not {key} = {item!r}"
        for key, item in value.items() if self.fields else ():
            for name in self.fields:
                given = item.get(name) if isinstance(item, Mapping) else None
                if given is None or not _is_of("number", given) or given < 1:
                    return f"must give {key!r} a number {name} of 1 at least, not {given!r}"
        return None


_TYPES: Mapping[str, Any] = {
    "array": list | tuple,
    "boolean": bool,
    "integer": int | float,
    "number": int | float,
    "object": Mapping,
    "string": str,
}


def _is_of(type_: str, value: Any) -> bool:
    # A boolean is an int to Python, not to JSON schema; the engine sends every number as a float.
    if isinstance(value, bool) or type_ == "boolean":
        return isinstance(value, bool) and type_ == "boolean"
    return isinstance(value, _TYPES[type_]) and (type_ != "integer" or float(value).is_integer())


def _elements(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, Mapping) else enumerate(value)


@dataclass(frozen=True)
class Rule:
    """One rule of the pack.

    `needs` are the properties without which the rule cannot be evaluated, each as (type, path). `controls` maps a
    framework to the controls that ask the same: those of `policy.sources` for a rule of the catalogue. `check` yields a
    finding for each violation. `remedy` takes the inputs of a resource that violates the rule and returns corrected
    ones. `own` marks a rule that is not from this pack's catalogue.
    """

    id: str
    title: str
    severity: Severity
    scope: Scope
    remediation: str
    check: Check
    service: str
    types: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    risk: Risk | None = None
    url: str = ""
    remedy: Remedy | None = None
    own: bool = False

    def missing(self, parameters: Parameters) -> list[str]:
        """Names of the needed parameters that have no value."""
        return [name for name, parameter in self.parameters.items() if parameter.needed and not parameters[name]]

    def defaults(self) -> dict[str, Any]:
        """The parameters where nothing is configured."""
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": self.severity.value,
            "scope": self.scope.value,
            "service": self.service,
            "types": list(self.types),
            "needs": [f"{type_}.{path}" for type_, path in self.needs],
            "remediation": self.remediation,
            "controls": {name: list(codes) for name, codes in self.controls.items()},
            "sources": {f"{row.framework} {row.control}": row.source for row in of_rule(self.id)},
            "parameters": {name: parameter.schema() for name, parameter in self.parameters.items()},
        }


@dataclass
class Rules:
    """The rules of one service, collected by decorating their checks."""

    service: str
    rules: list[Rule] = field(default_factory=list)

    def resource(self, *types: str, **about: Any) -> Callable[[Check], Check]:
        """A rule that needs only the resource: `check(resource, parameters)`."""
        return self._rule(Scope.RESOURCE, types, **about)

    def joined(self, *types: str, **about: Any) -> Callable[[Check], Check]:
        """A rule on one resource that needs others: `check(resource, stack, parameters)`."""
        return self._rule(Scope.JOINED, types, **about)

    def stack(self, *types: str, **about: Any) -> Callable[[Check], Check]:
        """A rule on the stack as a whole: `check(stack, parameters)`; `types` are those that it speaks of."""
        return self._rule(Scope.STACK, types, **about)

    def parity(self, *types: str, **about: Any) -> Callable[[Check], Check]:
        """A rule on both stacks: `check(resource, primary, recovery, parameters)`; the resource is the primary's."""
        return self._rule(Scope.PARITY, types, **about)

    def _rule(
        self,
        scope: Scope,
        types: tuple[str, ...],
        *,
        id: str,
        title: str,
        remediation: str,
        severity: Severity = Severity.MANDATORY,
        needs: tuple[str | tuple[str, str], ...] = (),
        parameters: Mapping[str, Parameter] | None = None,
        risk: Risk | None = None,
        url: str = "",
        remedy: Remedy | None = None,
        **controls: str,
    ) -> Callable[[Check], Check]:
        def register(check: Check) -> Check:
            self.rules.append(
                Rule(
                    id=id,
                    title=title,
                    severity=severity,
                    scope=scope,
                    remediation=remediation,
                    check=check,
                    service=self.service,
                    types=types,
                    needs=tuple((types[0], need) if isinstance(need, str) else need for need in needs),
                    controls={name: tuple(codes.split(", ")) for name, codes in controls.items()} or controls_of(id),
                    parameters=parameters or {},
                    risk=risk,
                    url=url,
                    remedy=remedy,
                )
            )
            return check

        return register


def evaluations(rule: Rule, stack: Stack, other: Stack | None) -> Iterator[tuple[Resource | None, tuple[Any, ...]]]:
    """What a rule is applied to: each subject, with the arguments of the check before its parameters.

    A resource that the stack only reads is no subject.
    """
    if rule.scope is Scope.STACK:
        yield None, (stack,)
    elif rule.scope is Scope.PARITY:
        if other is not None:
            for resource in _managed(rule, stack):
                yield resource, (resource, stack, other)
    else:
        for resource in _managed(rule, stack):
            yield resource, (resource, stack) if rule.scope is Scope.JOINED else (resource,)


def _managed(rule: Rule, stack: Stack) -> Iterator[Resource]:
    return (resource for resource in stack.of_type(*rule.types) if not resource.external)
