"""The rules as CrossGuard policies: what the engine hands over is turned into what rules see.

Resource rules are judged before a resource is carried out, all others when the whole stack is known. What cannot be
evaluated in a preview is reported by name under one policy of its own, `could-not-be-evaluated`: the SDK would turn a
look at an unknown value into a note that nobody has to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from pulumi_policy.secret import Secret

from policy import tokens as t
from policy.catalogue import RULES
from policy.check import excused, judge
from policy.configuration import (
    EXEMPTIONS,
    EXPIRED,
    LEVEL,
    NOT_EVALUATED,
    RULE_ERRORS,
    Setting,
    exemptions_in,
    settings,
)
from policy.errors import PolicyInputError, command
from policy.exemptions import Exemption, beside, configured, exemptions
from policy.references import risk_of, url_of
from policy.remediation import corrected, remedy_of
from policy.report import Report
from policy.resources import Resource
from policy.rule import Rule, Scope
from policy.rule import Severity as Level
from policy.stack import Stack
from policy.values import SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN_TEXT

_NOT_TOLD = ("retainOnDelete",)
_LEVELS = {level: EnforcementLevel(level.value) for level in Level}


def plain(value: Any) -> Any:
    """A value of the SDK's without the proxies that raise at unknowns; an unknown is the engine's own text for it."""
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: _entry(value, key) for key in value}
    if isinstance(value, list | tuple) or hasattr(value, "__getitem__"):
        return [_entry(value, index) for index in range(len(value))]
    return value


def _entry(container: Any, key: Any, convert: Callable[[Any], Any] = plain) -> Any:
    try:
        return convert(container[key])
    except UnknownValueError:
        return UNKNOWN_TEXT


def sendable(value: Any) -> Any:
    """As `plain`, but secrets stay marked as the SDK marks them, in a form that rules read too."""
    raw = _unwrapped(value)
    if isinstance(raw, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": sendable(raw.value)}
    if isinstance(raw, Mapping):
        return {key: sendable(item) for key, item in raw.items()}
    if isinstance(raw, list):
        return [sendable(item) for item in raw]
    return raw


def _unwrapped(value: Any) -> Any:
    """What stands in the SDK's proxies: they answer the name `__target` with it."""
    while not isinstance(value, dict | list | str | int | float | bool | None) and isinstance(
        value, Mapping | Sequence
    ):
        value = cast(Any, value)["__target"]
    return value


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
    """The policies of one pack, which share one judgement of the stack.

    `exempt` are the exemptions where the configuration names none; None stands for those of the pack's own file.
    """

    def __init__(
        self, rules: Sequence[Rule], exempt: Sequence[Exemption] | None = None, today: date | None = None
    ) -> None:
        self.rules = tuple(rule for rule in rules if rule.scope is not Scope.PARITY)
        self._parity = tuple(rule for rule in rules if rule.scope is Scope.PARITY)
        # The file of the pack names rules of the catalogue, whichever of them are applied.
        self._known = {rule.id for rule in (*RULES, *rules)}
        self._default = exemptions(configured({}), self._known) if exempt is None else tuple(exempt)
        self._exempt: tuple[Exemption, ...] = self._default
        self._exempt_config: Mapping[str, Any] = {}
        self._beside: dict[str, tuple[Exemption, ...]] = {}
        self._today = today or datetime.now(UTC).date()
        self._inputs: dict[str, Any] = {}
        self._recording: str | None = None
        self._stack: Stack | None = None
        self._last = -1
        self._settings = dict(settings(self.rules))
        self._missing: set[str] = {rule.id for rule in self.rules if rule.missing(rule.defaults())}

    def policies(self) -> list[Policy]:
        """A policy for each rule, and those on exemptions, expiry, unknown values and rule errors.

        Rules on both stacks are not applicable to one. They are served because the engine refuses a configuration that
        names a policy which the pack does not have.

        The one on exemptions comes first: the engine hands its configuration over with the first resource.
        """
        made = [self._policy(index, rule) for index, rule in enumerate(self.rules)]
        parity = [self._inapplicable(rule) for rule in self._parity]
        further = [self._not_evaluated(len(made)), self._errors(len(made) + 1), self._expired()]
        return [self._exemptions(), *made, *further, *parity]

    def _policy(self, index: int, rule: Rule) -> Policy:
        about = _about(rule)
        if rule.scope is Scope.RESOURCE:
            remedy = self._remediating(rule) if remedy_of(rule) is not None else None
            return ResourceValidationPolicy(validate=self._for_resource(rule), remediate=remedy, **about)
        return StackValidationPolicy(validate=self._for_stack(index, rule), **about)

    @staticmethod
    def _inapplicable(rule: Rule) -> Policy:
        def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            args.not_applicable(
                f"{rule.id} compares both stacks: run `{command()} check` on the previews or exports of both"
            )

        return StackValidationPolicy(validate=validate, **_about(rule))

    def _for_resource(self, rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
        types = frozenset(rule.types)

        def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
            self._record(rule.id, args)
            if t.usual(args.resource_type) in types:
                self._configure(rule, args)
                resource = _resource(args, self._inputs[args.urn], {})
                self._tell(self._judged(rule, Stack("", [resource])), report_violation)

        return validate

    def _for_stack(self, index: int, rule: Rule) -> Callable[[StackValidationArgs, ReportViolation], None]:
        def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            self._configure(rule, args)
            self._tell(self._judged(rule, self._stack_of(index, args)), report_violation)

        return validate

    def _remediating(self, rule: Rule) -> Callable[[ResourceValidationArgs], Any]:
        types = frozenset(rule.types)

        def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
            if t.usual(args.resource_type) not in types:
                return None
            self._configure(rule, args)
            # The SDK keeps what is secret and what is an asset in its own objects, which go back as they are.
            resource = _resource(args, sendable(args.props), {})
            return corrected(rule, resource, self._settings[rule.id].parameters)

        return remediate

    def _exemptions(self) -> ResourceValidationPolicy:
        """Takes exemptions from the configuration, and refuses malformed ones beside resources."""

        def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
            self._record(EXEMPTIONS, args)
            try:
                self._exempt_by(plain(args.get_config() or {}))
                found = tuple(beside([_resource(args, self._inputs[args.urn], {})], self._known))
            except PolicyInputError as error:
                report_violation(str(error), args.urn)
                return
            self._beside[args.urn] = found

        return ResourceValidationPolicy(
            name=EXEMPTIONS,
            description="Exemptions have a rule, a reason and an end",
            enforcement_level=EnforcementLevel.MANDATORY,
            config_schema=PolicyConfigSchema(
                {
                    "file": {"type": "string", "description": "YAML file; a relative path counts from the pack."},
                    "entries": {"type": "array", "items": {"type": "object"}, "description": "Exemptions themselves."},
                }
            ),
            remediation_steps="Write rule, reason and end of each exemption as the README of the pack shows.",
            validate=validate,
        )

    def _exempt_by(self, config: Mapping[str, Any]) -> None:
        if config != self._exempt_config:
            entries = configured(exemptions_in({EXEMPTIONS: config}))
            named = config.keys() & {"file", "entries"}
            self._exempt = exemptions(entries, self._known) if named else self._default
            self._exempt_config = config

    def _not_evaluated(self, index: int) -> StackValidationPolicy:
        def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            for report in self._all(index, args):
                for entry in report.not_evaluated:
                    report_violation(f"{entry.rule.id}: {entry.property} {entry.reason}", entry.urn or None)

        return StackValidationPolicy(
            name=NOT_EVALUATED,
            description="A rule could not be evaluated",
            enforcement_level=EnforcementLevel.ADVISORY,
            remediation_steps="Look again after the update, or check the output of `pulumi stack export` then.",
            validate=validate,
        )

    def _errors(self, index: int) -> StackValidationPolicy:
        def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            for report in self._all(index, args):
                for error in report.errors:
                    report_violation(error.text, error.urn or None)

        return StackValidationPolicy(
            name=RULE_ERRORS,
            description="A rule itself failed, so its verdict is missing",
            enforcement_level=EnforcementLevel.MANDATORY,
            remediation_steps="Correct the rule, or disable it by its name.",
            validate=validate,
        )

    def _expired(self) -> StackValidationPolicy:
        def validate(_: StackValidationArgs, report_violation: ReportViolation) -> None:
            for exemption in self._exempt:
                if exemption.expired(self._today):
                    report_violation(exemption.expiry_text, None)
            for urn, near in self._beside.items():
                for exemption in near:
                    if exemption.expired(self._today):
                        report_violation(exemption.expiry_text, urn)

        return StackValidationPolicy(
            name=EXPIRED,
            description="No exemption has expired",
            enforcement_level=EnforcementLevel.MANDATORY,
            remediation_steps="Delete the exemption, or review its reason and set a later date.",
            validate=validate,
        )

    def _all(self, index: int, args: StackValidationArgs) -> Iterator[Report]:
        stack = self._stack_of(index, args)
        for rule in self.rules:
            yield self._judged(rule, stack)

    def _stack_of(self, index: int, args: StackValidationArgs) -> Stack:
        """The SDK calls each policy with the whole stack anew; it is turned into ours once for each round of calls."""
        if self._stack is None or index <= self._last:
            self._stack = stack_of(args.resources, self._inputs)
        self._last = index
        return self._stack

    def _record(self, policy: str, args: ResourceValidationArgs) -> None:
        """The engine calls every policy for each resource; the first of them keeps what it declares."""
        if self._recording is None:
            self._recording = policy
        if self._recording == policy:
            self._inputs[args.urn] = plain(args.props)

    def _judged(self, rule: Rule, stack: Stack) -> Report:
        report = judge([stack], self._settings, rules=[rule], beside_resources=False)
        if not (report.violations or report.not_evaluated):
            return report
        near = [entry for finding in report.findings for entry in self._beside.get(finding.urn, ())]
        return excused(report, [*self._exempt, *near], self._today)

    def _configure(self, rule: Rule, args: ResourceValidationArgs | StackValidationArgs) -> None:
        """The engine has set the severity already; a rule that it has switched off is not called."""
        config = args.get_config()
        if config:
            given = {name: item for name, item in plain(config).items() if name != LEVEL}
            parameters = settings([rule], {rule.id: given})[rule.id].parameters
            self._settings[rule.id] = Setting(rule.severity, parameters)
            self._missing.discard(rule.id)
            if rule.missing(parameters):
                self._missing.add(rule.id)
        if rule.id in self._missing:
            names = ", ".join(rule.missing(self._settings[rule.id].parameters))
            args.not_applicable(f"not configured: set {names} of {rule.id} in the policy configuration")

    @staticmethod
    def _tell(report: Report, report_violation: ReportViolation) -> None:
        for violation in report.violations:
            late = next((e for e in report.expired if e.covers(violation.rule.id, violation.urn, e.expires)), None)
            note = f" Its exemption expired on {late.expires}." if late is not None else ""
            report_violation(f"{violation.message}. {violation.rule.remediation}{note}", violation.urn or None)


def _about(rule: Rule) -> dict[str, Any]:
    """What the engine shows of a rule, and what it takes as its configuration."""
    return {
        "name": rule.id,
        "description": rule.title,
        "display_name": rule.title,
        "enforcement_level": _LEVELS[rule.severity],
        "config_schema": PolicyConfigSchema({name: p.schema() for name, p in rule.parameters.items()}),
        "severity": Severity(risk_of(rule).value),
        "remediation_steps": rule.remediation,
        "url": url_of(rule) or None,
        "framework": _framework(rule),
        "tags": [rule.service, *(f"{name}:{code}" for name, codes in rule.controls.items() for code in codes)],
    }


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
