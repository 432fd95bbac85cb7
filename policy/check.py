"""Applying the rules to what stacks declare: `evaluate` is the entry for other programs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from policy import configuration, frameworks
from policy.baseline import Baseline
from policy.catalogue import RULES
from policy.confinement import confined, said
from policy.errors import PolicyInputError
from policy.exemptions import Exemption, beside, exemptions
from policy.inputs import Input, loaded
from policy.remediation import remediated
from policy.report import (
    Exempted,
    Finding,
    NotConfigured,
    NotEvaluated,
    Report,
    RuleError,
    Violation,
)
from policy.resources import Resource
from policy.rule import Rule, Scope, Severity, evaluations
from policy.stack import Stack
from policy.values import NotEvaluatedError

__all__ = ["Exempted", "NotEvaluated", "Report", "Violation", "evaluate", "excused", "judge"]

# What a check raises at a property that has not the form that the provider's schema gives it.
_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_PAIR = 2


def evaluate(
    documents: Sequence[Mapping[str, Any] | Input],
    config: Mapping[str, Any] | None = None,
    exempt: Any = (),
    *,
    today: date | None = None,
    rules: Sequence[Rule] = RULES,
    selected: Collection[str] = (),
    baseline: Baseline | None = None,
    parity: bool | None = None,
) -> Report:
    """Apply the pack to what stacks declare: blueprints, previews or exports, in their JSON form.

    `config` has the form of CrossGuard's policy configuration, `exempt` is the list of exemptions, `selected` names
    frameworks. Two documents of one project are the primary's and then the recovery stack's, and are compared;
    `parity` forces or forbids that. Raises `PolicyInputError` when a document, the configuration, an exemption or
    the name of a framework cannot be used.
    """
    if not documents:
        raise PolicyInputError("one blueprint, preview or export at least is needed")
    inputs = [
        document if isinstance(document, Input) else loaded(document, f"input {index + 1}")
        for index, document in enumerate(documents)
    ]
    stacks = [given.stack for given in inputs]
    settings = configuration.settings(rules, config)
    written = exemptions(exempt, {rule.id for rule in rules})
    chosen = frameworks.select(rules, selected)
    pair, notice = _is_pair(stacks, parity)
    if pair:
        _refuse_other_pairs(*stacks)
        report = judge(stacks, settings, written, today, chosen, baseline)
    else:
        report = _each(stacks, settings, written, today, chosen, baseline)
    report.notices = [line for given in inputs for line in given.notices] + notice
    report.frameworks = tuple(selected)
    return report


def _is_pair(stacks: Sequence[Stack], parity: bool | None) -> tuple[bool, list[str]]:
    """Whether the stacks are compared, and what is to be said about that."""
    if parity and len(stacks) != _PAIR:
        raise PolicyInputError(
            f"--parity compares two stacks, not {len(stacks)}; give the primary's and the recovery's"
        )
    if parity is not None or len(stacks) != _PAIR:
        few = parity is None and len(stacks) > _PAIR
        return bool(parity), ["parity rules are not applied: they compare two stacks"] if few else []
    if stacks[0].project != stacks[1].project:
        names = " and ".join(repr(stack.project) for stack in stacks)
        return False, [f"parity rules are not applied: the projects are {names}; --parity compares them all the same"]
    return True, []


def _refuse_other_pairs(primary: Stack, recovery: Stack) -> None:
    if primary.name == recovery.name:
        raise PolicyInputError(f"both inputs are of stack {primary.name!r}; give the primary's and the recovery's")
    with suppress(NotEvaluatedError):
        if primary.standing_by and not recovery.standing_by:
            raise PolicyInputError(
                f"the first input, of stack {primary.name!r}, is a recovery stack's; give the primary's first"
            )


def _each(
    stacks: Sequence[Stack],
    settings: configuration.Settings,
    exempt: Sequence[Exemption],
    today: date | None,
    rules: Sequence[Rule],
    baseline: Baseline | None,
) -> Report:
    """Every stack judged by itself, in one report."""
    reports = [judge([stack], settings, exempt, today, rules) for stack in stacks]
    report = reports[0]
    for other in reports[1:]:
        report.evaluated += other.evaluated
        report.subjects += other.subjects
        for name in ("violations", "not_evaluated", "errors", "remediated", "exempted"):
            getattr(report, name).extend(getattr(other, name))
        report.expired += [entry for entry in other.expired if entry not in report.expired]
    return baseline.applied(report) if baseline is not None else report


def judge(
    stacks: Sequence[Stack],
    settings: configuration.Settings,
    exempt: Sequence[Exemption] = (),
    today: date | None = None,
    rules: Sequence[Rule] = RULES,
    baseline: Baseline | None = None,
    *,
    beside_resources: bool = True,
) -> Report:
    """Apply `rules` to one or two stacks; parity rules are applied only to two.

    `beside_resources` looks for exemptions in the tags of resources. Raises `PolicyInputError` for a malformed one.
    """
    report = Report()
    today = today or datetime.now(UTC).date()
    if beside_resources:
        exempt = [*exempt, *(entry for stack in stacks for entry in beside(stack.resources, settings))]
    corrected = []
    for stack in stacks:
        stack, made = remediated(stack, settings, rules)
        corrected.append(stack)
        report.remediated += made
    for rule in rules:
        if settings[rule.id].severity is Severity.DISABLED or (rule.scope is Scope.PARITY and len(stacks) < _PAIR):
            continue
        if missing := rule.missing(settings[rule.id].parameters):
            report.not_configured.append(NotConfigured(rule, tuple(missing)))
            continue
        report.rules += 1
        report.applied.append(rule)
        for stack in corrected if rule.scope is not Scope.PARITY else corrected[:1]:
            other = corrected[1] if len(corrected) > 1 else None
            _apply(rule, settings[rule.id], stack, other, report)
    _set_not_evaluated(report, settings.get(configuration.NOT_EVALUATED))
    report = excused(report, exempt, today)
    return baseline.applied(report) if baseline is not None else report


def _apply(rule: Rule, setting: configuration.Setting, stack: Stack, other: Stack | None, report: Report) -> None:
    for resource, arguments in evaluations(rule, stack, other):
        urn = resource.urn if resource is not None else stack.urn
        report.evaluated += 1
        report.subjects[rule.id] += 1
        try:
            with confined() if rule.own else nullcontext():
                for found in _findings(rule.check(*arguments, setting.parameters)):
                    at, message = (urn, found) if isinstance(found, str) else (found[0].urn, found[1])
                    report.violations.append(Violation(rule, setting.severity, stack.name, at, message))
        except NotEvaluatedError as error:
            report.not_evaluated.append(
                NotEvaluated(rule, setting.severity, stack.name, urn, error.property, error.reason)
            )
        # A rule that fails, or that ends the process, must not hide the verdicts of the others.
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001
            if isinstance(error, _MISSHAPEN) and not rule.own:
                reason = f"are not of the form that the rule knows: {error}"
                report.not_evaluated.append(NotEvaluated(rule, setting.severity, stack.name, urn, "properties", reason))
            else:
                report.errors.append(RuleError(rule, stack.name, urn, said(error)))


def _findings(found: Any) -> Iterator[Any]:
    """What a check yields. Raises `TypeError` for what is no finding."""
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise TypeError(f"a check yields findings, and does not return {found!r}")
    for finding in found:
        pair = isinstance(finding, tuple) and len(finding) == _PAIR and isinstance(finding[0], Resource)
        text = finding[1] if pair else finding
        if not isinstance(text, str):
            raise TypeError(f"a finding is a text, or a resource and a text, not {finding!r}")
        yield finding


def _set_not_evaluated(report: Report, setting: configuration.Setting | None) -> None:
    """What could not be evaluated weighs as much as its rule, unless it is set by itself."""
    if setting is not None:
        kept = report.not_evaluated if setting.severity is not Severity.DISABLED else []
        report.not_evaluated = [replace(entry, severity=setting.severity) for entry in kept]


def excused(report: Report, exempt: Sequence[Exemption], today: date) -> Report:
    """The report with what valid exemptions cover set apart; expired ones are named."""
    if not exempt:
        return report
    apart = [(f, e) for f in report.findings if (e := _covering(f, exempt, today))]
    covered = {id(finding) for finding, _ in apart}
    return replace(
        report,
        violations=[finding for finding in report.violations if id(finding) not in covered],
        not_evaluated=[finding for finding in report.not_evaluated if id(finding) not in covered],
        exempted=[Exempted(finding, exemption) for finding, exemption in apart],
        expired=[exemption for exemption in exempt if exemption.expired(today)],
    )


def _covering(finding: Finding, exempt: Sequence[Exemption], today: date) -> Exemption | None:
    return next((e for e in exempt if e.covers(finding.rule.id, finding.urn, today)), None)
