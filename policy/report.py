"""The outcome of a run: findings, rules that could not be evaluated, errors of rules, and what was set apart."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy.exemptions import Exemption
from policy.references import risk_of, url_of
from policy.rule import Rule, Severity


@dataclass(frozen=True)
class Violation:
    """A rule that a resource breaks; `urn` is the stack's own where the stack as a whole does."""

    rule: Rule
    severity: Severity
    stack: str
    urn: str
    message: str

    @property
    def text(self) -> str:
        """What is wrong, in one line."""
        return self.message

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.rule.id,
            "severity": self.severity.value,
            "risk": risk_of(self.rule).value,
            "stack": self.stack,
            "urn": self.urn,
            "message": self.message,
            "remediation": self.rule.remediation,
            "url": url_of(self.rule),
            "controls": {name: list(codes) for name, codes in self.rule.controls.items()},
        }


@dataclass(frozen=True)
class NotEvaluated:
    """A rule that could not judge a resource because the property named is not known."""

    rule: Rule
    severity: Severity
    stack: str
    urn: str
    property: str
    reason: str

    @builtins.property
    def text(self) -> str:
        """What is not known, in one line."""
        return f"could not be evaluated: {self.property} {self.reason}"

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.rule.id,
            "severity": self.severity.value,
            "stack": self.stack,
            "urn": self.urn,
            "property": self.property,
            "reason": self.reason,
        }


Finding = Violation | NotEvaluated


@dataclass(frozen=True)
class RuleError:
    """A rule that raised an exception at a resource; its verdict on that resource is missing."""

    rule: Rule
    stack: str
    urn: str
    error: str

    @property
    def text(self) -> str:
        """The error in one line."""
        return f"rule {self.rule.id!r} failed at {self.urn}: {self.error}; correct the rule"

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"rule": self.rule.id, "stack": self.stack, "urn": self.urn, "error": self.error}


@dataclass(frozen=True)
class NotConfigured:
    """A rule that is not applied because parameters that it needs have no value."""

    rule: Rule
    parameters: tuple[str, ...]

    @property
    def text(self) -> str:
        """What to configure, in one line."""
        needed = ", ".join(f"{name} ({self.rule.parameters[name].description.rstrip('.')})" for name in self.parameters)
        return f"set {needed} in the configuration, or disable the rule"

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"rule": self.rule.id, "parameters": list(self.parameters)}


@dataclass(frozen=True)
class Remediated:
    """A resource that the engine corrects before the update because a rule is set to `remediate`."""

    rule: Rule
    stack: str
    urn: str
    properties: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"rule": self.rule.id, "stack": self.stack, "urn": self.urn, "properties": list(self.properties)}


@dataclass(frozen=True)
class Exempted:
    """A finding that a written exemption excuses."""

    finding: Finding
    exemption: Exemption

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.finding.rule.id,
            "stack": self.finding.stack,
            "urn": self.finding.urn,
            "reason": self.exemption.reason,
            "expires": self.exemption.expires.isoformat(),
            "source": self.exemption.source,
        }


@dataclass
class Report:
    """The outcome. `rules` were applied, in `evaluated` judgements of one rule on one resource or stack.

    `known` are findings that the baseline lists, `stale` counts entries of the baseline without a finding.
    """

    rules: int = 0
    evaluated: int = 0
    violations: list[Violation] = field(default_factory=list)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)
    errors: list[RuleError] = field(default_factory=list)
    not_configured: list[NotConfigured] = field(default_factory=list)
    remediated: list[Remediated] = field(default_factory=list)
    exempted: list[Exempted] = field(default_factory=list)
    expired: list[Exemption] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)
    stale: int = 0
    applied: list[Rule] = field(default_factory=list)
    subjects: Counter[str] = field(default_factory=Counter)
    """Judgements by rule."""
    notices: list[str] = field(default_factory=list)
    """What the inputs cannot show, and how they were read."""
    frameworks: tuple[str, ...] = ()
    """The frameworks that selected the rules; all rules were applied where there is none."""

    @property
    def findings(self) -> list[Finding]:
        """Violations and what could not be evaluated."""
        return [*self.violations, *self.not_evaluated]

    def failures(self, *, strict: bool = False) -> int:
        """Findings that refuse the plan: those of mandatory rules, with `strict` those of advisory ones too.

        A mandatory rule that could not be evaluated, a rule that failed itself, and an expired exemption refuse as
        well.
        """
        return (
            len(self.errors)
            + len(self.expired)
            + sum(strict or finding.severity is Severity.MANDATORY for finding in self.findings)
        )

    @property
    def by_severity(self) -> Counter[str]:
        """How many violations there are of each severity."""
        return Counter(violation.severity.value for violation in self.violations)

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        lists: Mapping[str, list[Any]] = {
            "violations": self.violations,
            "not_evaluated": self.not_evaluated,
            "errors": self.errors,
            "not_configured": self.not_configured,
            "remediated": self.remediated,
            "exempted": self.exempted,
        }
        return {
            "rules": self.rules,
            "evaluated": self.evaluated,
            **{name: [entry.as_json() for entry in entries] for name, entries in lists.items()},
            "expired": [exemption.as_json() for exemption in self.expired],
            "baseline": {"known": len(self.known), "stale": self.stale},
            "notices": list(self.notices),
        }
