"""The rules as CrossGuard policies: what the engine hands over is turned into what rules see.

Resource rules are judged before a resource is carried out, all others when the whole stack is known. What cannot be
evaluated in a preview is reported by name under one policy of its own, `could-not-be-evaluated`: the SDK would turn a
look at an unknown value into a note that nobody has to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policy import tokens as t
from policy.check import Report, excused, judge
from policy.configuration import NOT_EVALUATED, Setting, settings
from policy.exemptions import Exemption
from policy.resources import Resource
from policy.rule import Rule, Scope, Severity
from policy.stack import Stack
from policy.values import UNKNOWN_TEXT

_NOT_TOLD = ("retainOnDelete",)
_LEVELS = {severity: EnforcementLevel(severity.value) for severity in Severity}


def plain(value: Any) -> Any:
    """A value of the SDK's without the proxies that raise at unknowns; an unknown is the engine's own text for it."""
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: _entry(value, key) for key in value}
    if isinstance(value, list | tuple) or hasattr(value, "__getitem__"):
        return [_entry(value, index) for index in range(len(value))]
    return value


def _entry(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN_TEXT


def _resource(given: Any, inputs: Any, dependencies: Mapping[str, tuple[str, ...]], outputs: Any = None) -> Resource:
    options = {"protect": given.opts.protect, "ignoreChanges": list(given.opts.ignore_changes)}
    return Resource(
        given.urn,
        given.resource_type,
        given.name,
        inputs,
        provider=given.provider.urn if given.provider is not None else None,
        # The engine does not tell policies all options: a rule that asks for one of these cannot be evaluated.
        options={**options, **dict.fromkeys(_NOT_TOLD, UNKNOWN_TEXT)},
        dependencies=dependencies,
        outputs=outputs,
        custom=given.provider is not None,
    )


def stack_of(resources: list[PolicyResource], inputs: Mapping[str, Any]) -> Stack:
    """The stack that the engine has put together, its providers included.

    The engine hands outputs over here, in which what nobody has set may be unknown as well, such as the policy of a
    queue that has none. `inputs` are what it has handed over for each resource before, by URN.
    """
    found: list[Resource] = []
    providers: dict[str, Resource] = {}
    outputs: Mapping[str, Any] = {}
    for given in resources:
        depends = {key: tuple(r.urn for r in on) for key, on in given.property_dependencies.items()}
        known = plain(given.props)
        found.append(_resource(given, inputs.get(given.urn, known), depends, known))
        provider = given.provider
        if provider is not None and provider.urn not in providers:
            providers[provider.urn] = Resource(
                provider.urn, provider.resource_type, provider.name, plain(provider.props), custom=True
            )
        if given.resource_type == t.STACK:
            outputs = known
    listed = {resource.urn for resource in found}
    found += [provider for urn, provider in providers.items() if urn not in listed]
    name = found[0].urn.split("::")[0].rpartition(":")[2] if found else ""
    return Stack(name, found, outputs)


class Pack:
    """The policies of one pack, which share one judgement of the stack."""

    def __init__(self, rules: tuple[Rule, ...], exempt: tuple[Exemption, ...], today: date | None = None) -> None:
        self.rules = tuple(rule for rule in rules if rule.scope is not Scope.PARITY)
        self._exempt = exempt
        self._today = today or datetime.now(UTC).date()
        self._inputs: dict[str, Any] = {}
        self._recording: str | None = None
        self._stack: Stack | None = None
        self._last = -1
        self._settings = dict(settings(self.rules))

    def policies(self) -> list[Policy]:
        """A policy for each rule but those on both stacks, and one for what could not be evaluated."""
        made = [self._policy(index, rule) for index, rule in enumerate(self.rules)]
        return [*made, self._remainder(len(made))]

    def _policy(self, index: int, rule: Rule) -> Policy:
        about: dict[str, Any] = {
            "name": rule.id,
            "description": rule.title,
            "display_name": rule.title,
            "enforcement_level": _LEVELS[rule.severity],
            "config_schema": PolicyConfigSchema({name: p.schema() for name, p in rule.parameters.items()}),
            "remediation_steps": rule.remediation,
            "framework": _framework(rule),
            "tags": [rule.service, *(f"{name}:{code}" for name, codes in rule.controls.items() for code in codes)],
        }
        if rule.scope is Scope.RESOURCE:
            return ResourceValidationPolicy(validate=self._for_resource(rule), **about)
        return StackValidationPolicy(validate=self._for_stack(index, rule), **about)

    def _for_resource(self, rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
        types = frozenset(rule.types)

        def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
            self._record(rule, args)
            if t.usual(args.resource_type) in types:
                self._configure(rule, args.get_config())
                self._tell(
                    self._judged(rule, Stack("", [_resource(args, self._inputs[args.urn], {})])), report_violation
                )

        return validate

    def _for_stack(self, index: int, rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            self._configure(rule, args.get_config())
            self._tell(self._judged(rule, self._stack_of(index, args)), report_violation)

        return validate

    def _remainder(self, index: int) -> StackValidationPolicy:
        def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            stack = self._stack_of(index, args)
            for rule in self.rules:
                for entry in self._judged(rule, stack).not_evaluated:
                    report_violation(f"{rule.id}: {entry.property} {entry.reason}", entry.urn or None)

        return StackValidationPolicy(
            name=NOT_EVALUATED,
            description="A rule could not be evaluated",
            enforcement_level=EnforcementLevel.ADVISORY,
            remediation_steps="Check the recorded blueprint, where inputs are known, or look again after the update.",
            validate=validate,
        )

    def _stack_of(self, index: int, args: StackValidationArgs) -> Stack:
        """The SDK calls each policy with the whole stack anew; it is turned into ours once for each round of calls."""
        if self._stack is None or index <= self._last:
            self._stack = stack_of(args.resources, self._inputs)
        self._last = index
        return self._stack

    def _record(self, rule: Rule, args: ResourceValidationArgs) -> None:
        """The engine calls every policy for each resource; the first of them keeps what it declares."""
        if self._recording is None:
            self._recording = rule.id
        if self._recording == rule.id:
            self._inputs[args.urn] = plain(args.props)

    def _judged(self, rule: Rule, stack: Stack) -> Report:
        return excused(judge([stack], self._settings, rules=[rule]), self._exempt, self._today)

    def _configure(self, rule: Rule, config: Mapping[str, Any] | None) -> None:
        """The engine has set the severity already; a rule that it has switched off is not called."""
        if config:
            parameters = settings([rule], {rule.id: plain(config)})[rule.id].parameters
            self._settings[rule.id] = Setting(rule.severity, parameters)

    @staticmethod
    def _tell(report: Report, report_violation: ReportViolation) -> None:
        for violation in report.violations:
            report_violation(f"{violation.message}. {violation.rule.remediation}", violation.urn or None)


def _framework(rule: Rule) -> PolicyComplianceFramework | None:
    """CrossGuard takes one framework for a policy; the others are among its tags."""
    for name, reference in _REFERENCES:
        if name in rule.controls:
            return PolicyComplianceFramework(reference, specification=", ".join(rule.controls[name]))
    return None


_REFERENCES: tuple[tuple[str, str], ...] = (
    ("fsbp", "AWS Foundational Security Best Practices"),
    ("nist", "NIST 800-53"),
    ("wellarchitected", "AWS Well-Architected Framework"),
    ("checkov", "checkov"),
)
