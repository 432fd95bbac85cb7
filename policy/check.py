"""Applying the rules to what stacks declare: `evaluate` is the way in for other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from policy import configuration
from policy.blueprint import stack_of
from policy.catalogue import RULES
from policy.errors import PolicyInputError
from policy.exemptions import Exemption, exemptions
from policy.rule import Rule, Scope, Severity, evaluations
from policy.stack import Stack
from policy.values import NotEvaluatedError

# What a check raises at a property that has not the form that the provider's schema gives it.
_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class Violation:
    """A rule that a resource breaks; `urn` is the stack's own where the stack as a whole does."""

    rule: Rule
    severity: Severity
    stack: str
    urn: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.rule.id,
            "severity": self.severity.value,
            "urn": self.urn,
            "message": self.message,
            "remediation": self.rule.remediation,
            "controls": {name: list(codes) for name, codes in self.rule.controls.items()},
        }


@dataclass(frozen=True)
class NotEvaluated:
    """A rule that could not judge a resource, for want of the property named."""

    rule: Rule
    severity: Severity
    stack: str
    urn: str
    property: str
    reason: str

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


@dataclass(frozen=True)
class Exempted:
    """A violation, or a rule that could not be evaluated, which a written exemption excuses."""

    finding: Violation | NotEvaluated
    exemption: Exemption

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.finding.rule.id,
            "stack": self.finding.stack,
            "urn": self.finding.urn,
            "reason": self.exemption.reason,
            "expires": self.exemption.expires.isoformat(),
        }


@dataclass
class Report:
    """What came of it. `rules` were applied, in `evaluated` judgements of one rule on one resource or stack."""

    rules: int = 0
    evaluated: int = 0
    violations: list[Violation] = field(default_factory=list)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)
    exempted: list[Exempted] = field(default_factory=list)
    expired: list[Exemption] = field(default_factory=list)
    applied: list[Rule] = field(default_factory=list)

    def failures(self, *, strict: bool = False) -> int:
        """Findings that refuse the plan: those of mandatory rules, with `strict` those of advisory ones too.

        A mandatory rule that could not be evaluated refuses as well: silence is no consent.
        """
        findings = [*self.violations, *self.not_evaluated]
        return sum(strict or finding.severity is Severity.MANDATORY for finding in findings)

    @property
    def by_severity(self) -> Counter[str]:
        """How many violations there are of each severity."""
        return Counter(violation.severity.value for violation in self.violations)

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rules": self.rules,
            "evaluated": self.evaluated,
            "violations": [violation.as_json() for violation in self.violations],
            "not_evaluated": [entry.as_json() for entry in self.not_evaluated],
            "exempted": [entry.as_json() for entry in self.exempted],
        }


def evaluate(
    blueprints: Sequence[Mapping[str, Any]],
    config: Mapping[str, Any] | None = None,
    exempt: Any = (),
    *,
    today: date | None = None,
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Apply the pack to one or two recorded blueprints in their JSON form; of two the first is the primary's.

    `config` has the form of CrossGuard's policy configuration, `exempt` is the list of exemptions. Raises
    `PolicyInputError` when a blueprint, the configuration or an exemption cannot be used.
    """
    if not 1 <= len(blueprints) <= 2:
        raise PolicyInputError(f"one or two blueprints are compared, not {len(blueprints)}")
    stacks = [stack_of(document, f"blueprint {index + 1}") for index, document in enumerate(blueprints)]
    if len(stacks) > 1:
        _refuse_other_pairs(*stacks)
    return judge(stacks, configuration.settings(rules, config), exemptions(exempt, {r.id for r in rules}), today, rules)


def _refuse_other_pairs(primary: Stack, recovery: Stack) -> None:
    if primary.name == recovery.name:
        raise PolicyInputError(f"both blueprints are of stack {primary.name!r}; give the primary's and the recovery's")
    with suppress(NotEvaluatedError):
        if primary.standing_by and not recovery.standing_by:
            raise PolicyInputError(
                f"the first blueprint, of stack {primary.name!r}, is a recovery stack's; give the primary's first"
            )


def judge(
    stacks: Sequence[Stack],
    settings: configuration.Settings,
    exempt: Sequence[Exemption] = (),
    today: date | None = None,
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Apply `rules` to one or two stacks; parity rules speak only where there are two."""
    report = Report()
    for rule in rules:
        if settings[rule.id].severity is Severity.DISABLED or (rule.scope is Scope.PARITY and len(stacks) < 2):
            continue
        report.rules += 1
        report.applied.append(rule)
        for stack in stacks if rule.scope is not Scope.PARITY else stacks[:1]:
            other = stacks[1] if len(stacks) > 1 else None
            _apply(rule, settings[rule.id], stack, other, report)
    _set_not_evaluated(report, settings.get(configuration.NOT_EVALUATED))
    return excused(report, exempt, today or datetime.now(UTC).date())


def _apply(rule: Rule, setting: configuration.Setting, stack: Stack, other: Stack | None, report: Report) -> None:
    for resource, arguments in evaluations(rule, stack, other):
        urn = resource.urn if resource is not None else stack.urn
        report.evaluated += 1
        try:
            for found in rule.check(*arguments, setting.parameters):
                at, message = (urn, found) if isinstance(found, str) else (found[0].urn, found[1])
                report.violations.append(Violation(rule, setting.severity, stack.name, at, message))
        except NotEvaluatedError as error:
            report.not_evaluated.append(
                NotEvaluated(rule, setting.severity, stack.name, urn, error.property, error.reason)
            )
        except _MISSHAPEN as error:
            reason = f"are not of the form that the rule knows: {error}"
            report.not_evaluated.append(NotEvaluated(rule, setting.severity, stack.name, urn, "properties", reason))


def _set_not_evaluated(report: Report, setting: configuration.Setting | None) -> None:
    """What could not be evaluated weighs as much as its rule, unless it is set by itself."""
    if setting is not None:
        kept = report.not_evaluated if setting.severity is not Severity.DISABLED else []
        report.not_evaluated = [replace(entry, severity=setting.severity) for entry in kept]


def excused(report: Report, exempt: Sequence[Exemption], today: date) -> Report:
    """The report with what valid exemptions cover set apart; expired ones are named."""
    apart = [(f, e) for f in (*report.violations, *report.not_evaluated) if (e := _covering(f, exempt, today))]
    covered = {id(finding) for finding, _ in apart}
    return replace(
        report,
        violations=[finding for finding in report.violations if id(finding) not in covered],
        not_evaluated=[finding for finding in report.not_evaluated if id(finding) not in covered],
        exempted=[Exempted(finding, exemption) for finding, exemption in apart],
        expired=[exemption for exemption in exempt if exemption.expires < today],
    )


def _covering(finding: Violation | NotEvaluated, exempt: Sequence[Exemption], today: date) -> Exemption | None:
    found: Iterator[Exemption] = (e for e in exempt if e.covers(finding.rule.id, finding.urn, today))
    return next(found, None)
