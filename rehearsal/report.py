"""Result of the rehearsal, as report.json and as a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from blueprint import Resource
from policy.check import Report as Judged
from policy.rule import Severity
from preflight.model import Finding as Asked
from preflight.model import Verdict
from rehearsal.drill.series import Series, outcome, shown
from rehearsal.drill.takeover import TakenOver
from rehearsal.engines import Drift, Outcome
from rehearsal.functions import FunctionCheck
from rehearsal.stacks import Declared
from rehearsal.verification import Finding

# Minimum share of declared resources that must be created.
REQUIRED_SHARE = 0.95

PHASES = ("evaluate", "preview", "up", "destroy")


@dataclass
class StackReport:
    """One stack in one state. `seconds` are by phase: evaluate, preview, up, destroy. `kubernetes_objects` are declared
    for the cluster's own API, and `kubernetes_created` are those that an engine with a Kubernetes plugin created.
    Neither counts in `declared` and `created`."""

    declared: int
    created: int = 0
    not_created: list[tuple[str, str, str]] = field(default_factory=list)
    unsupported_arguments: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    second_plan_ran: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    made: tuple[Resource, ...] = ()
    kubernetes_objects: int = 0
    kubernetes_created: int = 0
    policy_violations: list[str] = field(default_factory=list)
    unevaluated_rules: dict[str, int] | None = None

    @classmethod
    def of(cls, declared: Declared, outcome: Outcome) -> StackReport:
        """Create the entry from the engine's result; `planned_again` then adds which resources really exist."""
        resources = tuple(r for r in declared.blueprint.resources if r.custom and r.type.startswith("aws:"))
        objects = [r for r in declared.blueprint.resources if r.type.startswith("kubernetes:")]
        return cls(
            declared=len(resources),
            created=sum(resource.urn in outcome.created for resource in resources),
            not_created=list(outcome.not_created),
            unsupported_arguments=list(outcome.unsupported_arguments),
            replaced=list(outcome.replaced),
            seconds={"evaluate": declared.evaluated_in, **outcome.seconds},
            made=tuple(resource for resource in resources if resource.urn in outcome.created),
            kubernetes_objects=len(objects),
            kubernetes_created=sum(resource.urn in outcome.created for resource in objects),
            policy_violations=list(outcome.policy_violations),
            unevaluated_rules=None if outcome.unevaluated_rules is None else dict(outcome.unevaluated_rules),
        )

    def planned_again(self, read_back: frozenset[str], drift: Sequence[Drift]) -> None:
        """Set the created resources: those that are in the engine's state and that the refreshing second plan read
        back."""
        vanished = [resource for resource in self.made if resource.urn not in read_back]
        self.not_created += [(r.type, r.name, "created, but missing when it was read back") for r in vanished]
        self.created = len(self.made) - len(vanished)
        self.drift = list(drift)
        self.second_plan_ran = True

    @property
    def share(self) -> float:
        """Created of declared, 0 to 1."""
        return self.created / self.declared if self.declared else 1.0

    def as_json(self) -> dict[str, Any]:
        """Return the form for report.json."""
        return {
            "declared": self.declared,
            "created": self.created,
            "kubernetes_objects": self.kubernetes_objects,
            "kubernetes_objects_not_applied": self.kubernetes_objects - self.kubernetes_created,
            "not_created": [{"type": t, "name": n, "reason": why} for t, n, why in self.not_created],
            "unsupported_arguments": self.unsupported_arguments,
            "replaced": self.replaced,
            "policy_violations_in_the_engine": self.policy_violations,
            "rules_not_evaluated_in_the_engine_preview": self.unevaluated_rules,
            "second_plan_clean": self.second_plan_ran and not self.drift,
            "drift": [{"address": d.address, "arguments": list(d.arguments)} for d in self.drift],
            "seconds": {phase: round(value, 1) for phase, value in self.seconds.items()},
        }


def refusals(judged: Judged) -> list[str]:
    """Return the policy findings that refuse a plan, as text."""
    findings = [(finding, finding.message) for finding in judged.violations]
    findings += [(finding, f"not evaluated: {finding.property} {finding.reason}") for finding in judged.not_evaluated]
    found = [
        f"policy {finding.rule.id}: {finding.urn.rsplit('::', 1)[-1]} {words}"
        for finding, words in findings
        if finding.severity is Severity.MANDATORY
    ]
    return [*found, *(error.text for error in judged.errors)]


@dataclass
class Report:
    """Result of the whole rehearsal. `calls_to_lost_region` counts the engine's requests to the dead primary during the
    takeover by service, None without a takeover; `calls_by_others` those of the runbook, callers and functions, by
    name. `broken_takeover` is the reason why the runbook failed. `completed` lists settings that were applied through
    AWS's API because the provider does not support them. `plugins` are this project's plugins: name, version and
    limits."""

    engine: str
    provider: str
    stacks: dict[str, StackReport] = field(default_factory=dict)
    verified: list[Finding] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    calls_to_lost_region: dict[str, int] | None = None
    calls_by_others: dict[str, dict[str, int]] = field(default_factory=dict)
    takeover: TakenOver | None = None
    broken_takeover: str | None = None
    completed: list[str] = field(default_factory=list)
    strictness: dict[str, Any] = field(default_factory=dict)
    preflight: dict[str, list[Asked]] = field(default_factory=dict)
    policy: dict[str, Judged] = field(default_factory=dict)
    function_checks: list[FunctionCheck] = field(default_factory=list)
    drills: Series | None = None
    peak_memory_mb: float = 0.0
    plugins: list[dict[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Reasons why the rehearsal does not pass; empty if it passes."""
        found = [
            f"{name}: {stack.created} of {stack.declared} created, fewer than {REQUIRED_SHARE:.0%}"
            for name, stack in self.stacks.items()
            if stack.share < REQUIRED_SHARE
        ]
        found += [
            f"{name}: the second plan would change {drift.address} ({', '.join(drift.arguments)})"
            for name, stack in self.stacks.items()
            for drift in stack.drift
        ]
        found += [
            f"{finding.stack}: {finding.what} declared and not found: {mark}"
            for finding in self.verified
            for mark in finding.missing
        ]
        found += [
            f"{name}: the policy pack in the engine: {violation}"
            for name, stack in self.stacks.items()
            for violation in stack.policy_violations
        ]
        found += [f"{stage}: {refusal}" for stage, judged in self.policy.items() for refusal in refusals(judged)]
        found += [
            f"{stage}: preflight: {asked.subject} needs {asked.needed}; {asked.found}"
            for stage, findings in self.preflight.items()
            for asked in findings
            if asked.verdict in (Verdict.STOPS, Verdict.UNANSWERED)
        ]
        found += [
            f"{what}: {entry['service']} {entry['operation']}: {entry['reason']} ({entry['count']} times)"
            for key, what in (("refused", "AWS would refuse"), ("failed", "the in-memory AWS could not check"))
            for entry in self.strictness.get(key, ())
        ]
        found += [
            f"function {check.function} in {check.region}: {check.what}: {check.error}"
            for check in self.function_checks
            if check.error
        ]
        found += self.drills.problems() if self.drills else []
        found += self.takeover.problems if self.takeover else []
        found += [f"takeover failed: {self.broken_takeover}"] if self.broken_takeover else []
        return found + [f"left after destroy: {left}" for left in self.leftovers]

    def write(self, file: Path) -> None:
        """Write report.json."""
        content = {
            "engine": self.engine,
            "provider": self.provider,
            "plugins": self.plugins,
            "emulated": "an in-memory AWS on this machine answers all requests; its times are not AWS's",
            "stacks": {name: stack.as_json() for name, stack in self.stacks.items()},
            "verified": [finding.as_json() for finding in self.verified],
            "left_after_destroy": self.leftovers,
            "completed_in_the_provider's_place": self.completed,
            "calls_to_lost_region": self.calls_to_lost_region,
            "calls_to_lost_region_by_others": self.calls_by_others,
            "takeover": self.takeover.as_json() if self.takeover else None,
            "strictness": self.strictness,
            "preflight": {stage: [asked.as_json() for asked in found] for stage, found in self.preflight.items()},
            "policy": {stage: judged.as_json() for stage, judged in self.policy.items()},
            "functions": [check.as_json() for check in self.function_checks],
            "drill": self.drills.as_json() if self.drills else None,
            "peak_python_memory_mb": round(self.peak_memory_mb, 1),
            "seconds": {phase: round(value, 1) for phase, value in self.seconds.items()},
            "problems": self.problems(),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def show(self, console: Console) -> None:
        """Print the table, and everything that needs attention."""
        console.print(self._table())
        for plugin in self.plugins:
            console.print(
                f"plugin of this project: {plugin['name']} {plugin['version']}: {plugin['limits']}",
                soft_wrap=True,
                highlight=False,
            )
        for name, stack in self.stacks.items():
            for type_, resource, reason in stack.not_created:
                console.print(f"[yellow]{name}: not created: {type_} {resource}: {reason[:200]}")
            for argument in stack.unsupported_arguments:
                console.print(f"[dim]{name}: this provider does not know {argument}")
            for address in stack.replaced:
                console.print(f"[yellow]{name}: replaced by the update in place: {address}")
        for name, stack in self.stacks.items():
            if stack.kubernetes_objects:
                made = f"{stack.kubernetes_created} of {stack.kubernetes_objects} Kubernetes objects created"
                console.print(f"[dim]{name}: {made}")
        for problem in self.problems():
            console.print(f"[red]{problem}", soft_wrap=True)
        kinds = {finding.what for finding in self.verified if not finding.missing}
        if self.calls_to_lost_region is not None:
            console.print(
                f"took over with the primary's region dead; calls of the engine to it: {self.calls_to_lost_region}"
            )
        if self.takeover is not None:
            console.print(f"takeover by the runbook: {self.takeover.shown()}", soft_wrap=True)
        for line in self.completed:
            console.print(f"set through AWS's API, because the provider lacks it: {line}", soft_wrap=True)
        if self.strictness:
            console.print(
                f"{sum(self.strictness['checked'].values())} requests of {self.strictness['operations']} operations "
                f"validated by service models and {len(self.strictness['constraints'])} documented "
                f"constraints; {sum(entry['count'] for entry in self.strictness['refused'])} refused"
            )
        for stage, findings in self.preflight.items():
            counts = Counter(asked.verdict.value for asked in findings)
            console.print(f"{stage}: preflight: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
        for stage, judged in self.policy.items():
            console.print(
                f"{stage}: {judged.rules} rules of the policy pack, {judged.evaluated} judgements, "
                f"{len(judged.violations)} violations, {len(judged.not_evaluated)} not evaluated"
            )
        for name, stack in self.stacks.items():
            if stack.unevaluated_rules is not None:
                rules = ", ".join(f"{rule} ({count})" for rule, count in sorted(stack.unevaluated_rules.items()))
                console.print(
                    f"{name}: rules that the policy pack could not judge in the engine's preview: {rules or 'none'}",
                    soft_wrap=True,
                )
        if self.function_checks:
            done = sum(check.error is None for check in self.function_checks)
            console.print(f"{done} of {len(self.function_checks)} checks of functions passed, in both regions")
        if self.drills is not None:
            for result in self.drills.results:
                console.print(f"{shown(result.scenario)}: {outcome(result)}", soft_wrap=True)
        console.print(f"{len(kinds)} kinds of resource and relation verified with boto3, independent of the engine")

    def _table(self) -> Table:
        table = Table(title=f"Rehearsal: {self.engine}, {self.provider}, in an in-memory AWS")
        for column in ("stack", "declared", "created", "second plan", *PHASES):
            table.add_column(column, justify="left" if column == "stack" else "right")
        for name, stack in self.stacks.items():
            times = [f"{stack.seconds[p]:.1f} s" if p in stack.seconds else "" for p in PHASES]
            clean = "clean" if stack.second_plan_ran and not stack.drift else f"{len(stack.drift)} drift"
            table.add_row(name, str(stack.declared), str(stack.created), clean, *times)
        return table
