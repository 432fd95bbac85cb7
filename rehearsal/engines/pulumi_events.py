"""Results from the Pulumi engine's events: progress, failures, replacements, drift, and policy violations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pulumi import automation

from policy.configuration import NOT_EVALUATED
from rehearsal.engines.protocol import Drift, Progress, Report
from rehearsal.plugins.warnings import NOT_MADE, UNSUPPORTED

_MANDATORY = "mandatory"
_WITHOUT_CHANGE = (automation.OpType.SAME, automation.OpType.READ, automation.OpType.REFRESH)


@dataclass
class PolicyEvents:
    """Results of the policy packs that the engine has loaded.

    `violations` are mandatory ones as `rule: resource: message`; `advisory` counts advisory ones by rule;
    `not_evaluated` counts, by rule, the properties that were unknown in the preview.
    """

    violations: list[str] = field(default_factory=list)
    advisory: Counter[str] = field(default_factory=Counter)
    not_evaluated: Counter[str] = field(default_factory=Counter)

    def __call__(self, event: automation.EngineEvent) -> None:
        """Process one event."""
        found = event.policy_event
        if found is None:
            return
        message = " ".join(found.message.split())
        if found.policy_name == NOT_EVALUATED:
            # The pack reports `<rule>: <property> <reason>` (`policy.engine`), after the policy's own description.
            self.not_evaluated[_rule_in(message)] += 1
        elif found.enforcement_level == _MANDATORY:
            name = (found.resource_urn or "stack").rsplit("::", 1)[-1]
            self.violations.append(f"{found.policy_name}: {name}: {message}")
        else:
            self.advisory[found.policy_name] += 1


@dataclass
class DriftEvents:
    """Results of a refreshing preview: `read_back` are URNs that still exist in the cloud, `changes` those that it
    would change."""

    read_back: set[str] = field(default_factory=set)
    changes: list[Drift] = field(default_factory=list)

    def __call__(self, event: automation.EngineEvent) -> None:
        """Process one event."""
        finished = event.res_outputs_event
        if finished and finished.metadata.op == automation.OpType.REFRESH and finished.metadata.new:
            self.read_back.add(finished.metadata.urn)
        step = event.resource_pre_event
        if step and step.metadata.op not in _WITHOUT_CHANGE:
            changed = sorted(step.metadata.diffs or ())
            self.changes.append(Drift(step.metadata.urn, tuple(changed) or (str(step.metadata.op.value),)))


class UpdateEvents:
    """Converts the events of an update to progress, and collects failures and replacements."""

    def __init__(self, stack: str, total: int, report: Report) -> None:
        self._stack = stack
        self._total = total
        self._report = report
        self._finished: set[str] = set()
        self.errors: dict[str, str] = {}
        self.not_made: dict[str, str] = {}
        self.unsupported: set[str] = set()
        self.replaced: set[str] = set()
        self.policy = PolicyEvents()

    def __call__(self, event: automation.EngineEvent) -> None:
        """Process one event."""
        self.policy(event)
        diagnostic = event.diagnostic_event
        if diagnostic and diagnostic.severity == "error" and diagnostic.urn:
            self.errors[diagnostic.urn] = " ".join(diagnostic.message.split())
        if diagnostic and diagnostic.severity == "warning" and diagnostic.urn:
            self._note(diagnostic.urn, " ".join(diagnostic.message.split()).removeprefix("warning: "))
        step = event.resource_pre_event
        if step and step.metadata.op == automation.OpType.REPLACE:
            self.replaced.add(step.metadata.urn)
        finished = event.res_outputs_event
        state = finished and (finished.metadata.new or finished.metadata.old)
        if finished and state and state.custom:
            # A replaced resource finishes more than once, and a deleted one is not declared.
            self._finished.add(finished.metadata.urn)
            done = len(self._finished)
            name = finished.metadata.urn.rsplit("::", 1)[-1]
            operation = str(finished.metadata.op.value)
            self._report(Progress(self._stack, operation, name, done, max(done, self._total)))

    def _note(self, urn: str, message: str) -> None:
        if message.startswith(NOT_MADE):
            self.not_made[urn] = message.removeprefix(NOT_MADE)
        elif message.startswith(UNSUPPORTED):
            _, qualified, name = urn.rsplit("::", 2)
            self.unsupported.add(f"{qualified.split('$')[-1]}.{name}: {message.removeprefix(UNSUPPORTED)}")


def _rule_in(message: str) -> str:
    """The rule in a note: the word before the first colon, after the policy's own description if there is one."""
    head = message.split(":", 1)[0].split()
    return head[-1] if head else message
