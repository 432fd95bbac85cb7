"""What the commands print: a document for programs on stdout, or tables for people; progress goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from recovery.budget import LONGER, RTO_SECONDS
from recovery.check import Check
from recovery.executor import Moment, Point
from recovery.plan import Plan, Verb
from recovery.redaction import redacted_message
from recovery.report import Report
from recovery.restore import Restored

_SHOWN_ORDERS = 20


class Show:
    """One command's output; `as_json` leaves stdout to exactly one document."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._out = Console(highlight=False, markup=False)
        self._progress = Console(stderr=True, highlight=False, markup=False)
        self._begun: dict[str, float] = {}

    def watch(self, moment: Moment) -> None:
        """A line when a step begins, and one when it is done."""
        step = moment.step
        if moment.point is Point.BEFORE_INTENT:
            self._begun[step.name] = moment.seconds
            self._progress.print(f"{step.name}: {step.does}")
        elif moment.point is Point.AFTER_RESULT:
            self._progress.print(f"{step.name}: done in {moment.seconds - self._begun[step.name]:.2f} s")

    def announce(self, line: str) -> None:
        self._progress.print(f"  {line}", markup=False)

    def document(self, document: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(document, indent=2, sort_keys=True, default=str) + "\n")

    def error(self, message: str, code: int, **more: Any) -> None:
        message = redacted_message(message, sys.argv[1:])
        if self.as_json:
            self.document({"error": message, "exit_code": code, **more})
        # One line, however narrow the terminal is.
        self._progress.print(f"refused: {message}" if code else message, soft_wrap=True)

    def plan(self, plan: Plan, source: str, target: str, budget: Mapping[str, Any] | None) -> None:
        if self.as_json:
            self.document(plan_document(plan, source, target, budget))
            return
        self._out.print(f"{plan.verb}: {plan.does}", f"from {source} to {target}", f"loses {plan.loses}", sep="\n")
        table = Table("step", "stage", "what it does", "after")
        for step in plan.steps:
            table.add_row(step.name, str(step.stage), step.does, ", ".join(step.needs))
        self._out.print(table)
        if budget is not None:
            self._budget(budget, second_disaster=plan.verb == Verb.FAILOVER_TO_PRIMARY)

    def checks(self, checks: Sequence[Check]) -> None:
        if self.as_json:
            ready = all(check.ready for check in checks)
            self.document({"ready": ready, "checks": [asdict(check) for check in checks]})
            return
        table = Table("", "what", "found", "way out")
        for check in checks:
            table.add_row("ready" if check.ready else "MISSING", check.name, check.found, check.way_out)
        self._out.print(table)

    def status(self, status: Mapping[str, Any]) -> None:
        if self.as_json:
            self.document(status)
            return
        table = Table("what", "how it stands")
        for name, value in status.items():
            table.add_row(name, "nothing" if value is None else json.dumps(value, indent=1) if value else str(value))
        self._out.print(table)

    def report(self, report: Report) -> None:
        if self.as_json:
            self.document(report.document())
            return
        table = Table("step", "how it ended", "seconds", "what proves it")
        for step in report.steps:
            proof = step.trouble or ", ".join(f"{key} {value}" for key, value in step.facts.items() if key != "named")
            table.add_row(step.name, str(step.status), f"{step.seconds:.2f}", proof)
        self._out.print(table)
        self._unreplicated(report)
        if report.recovery_seconds is not None:
            lease = f", {report.lease_seconds:g} s of them the old lease" if report.lease_seconds else ""
            self._out.print(f"first accepted order {report.recovery_seconds:g} s after the decision{lease}")
        if report.tradable_seconds is not None:
            self._out.print(f"first engine in service {report.tradable_seconds:g} s after the decision")
        self._out.print(f"{report.verb} {report.run} is {report.outcome}" + _next(report))

    def restored(self, restored: Restored) -> None:
        if self.as_json:
            self.document({**asdict(restored), "verified": restored.verified})
            return
        table = Table("live table", "restored as", "items", "checksum", "contradictions")
        for one in restored.tables:
            table.add_row(
                one.live, one.restored, str(one.items), one.checksum[:16], ", ".join(one.mismatches) or "none"
            )
        self._out.print(table)
        self._out.print(
            "to use them, in each stack that serves or stands by, and in the one of this region first:",
            f"  pulumi config set trading:restoredAt {restored.setting}",
            "  pulumi up",
            sep="\n",
        )

    def say(self, text: str, **document: Any) -> None:
        if self.as_json:
            self.document(document)
        else:
            self._out.print(text, markup=False)

    def _unreplicated(self, report: Report) -> None:
        """Orders that steps have named: what the takeover did not know, and what waits for the trading desk."""
        for step in report.steps:
            for order in step.facts.get("named", [])[:_SHOWN_ORDERS]:
                self._out.print(f"  {_named(order)}", markup=False)

    def _budget(self, budget: Mapping[str, Any], *, second_disaster: bool) -> None:
        """`second_disaster`: the terms beside the traffic pass before it, and count."""
        table = Table("term of the recovery time", "seconds at most", "from")
        beside = budget.get("beside", ())
        terms = [term for term in budget["terms"] if not (second_disaster and term["name"] == LONGER)]
        for term in [*terms, *(beside if second_disaster else ())]:
            table.add_row(term["name"], f"{term['seconds']:g}", term["source"])
        seconds = budget.get("secondDisasterSeconds", budget["seconds"]) if second_disaster else budget["seconds"]
        table.add_row("sum", f"{seconds:g}", "decision to first accepted order")
        headroom = RTO_SECONDS - seconds
        table.add_row("headroom", f"{headroom:.2f}", f"of {RTO_SECONDS:g} s: what another step before it may take")
        for term in () if second_disaster else beside:
            table.add_row(f"while clients learn of the switch: {term['name']}", f"{term['seconds']:g}", term["source"])
        if (engines := budget.get("engines")) and not second_disaster:
            table.add_row(f"after it: {engines['name']}", f"{engines['seconds']:g}", engines["source"])
            table.add_row("tradable", f"{budget['tradableSeconds']:g}", "decision to the first order that is traded")
        detection = budget["detection"]
        table.add_row(f"before the decision: {detection['name']}", f"{detection['seconds']:g}", detection["source"])
        self._out.print(table)


def _named(order: Mapping[str, Any]) -> str:
    if "arrived_since" in order:
        arrived = "has arrived since" if order["arrived_since"] else "has not arrived"
        if again := order.get("again"):
            arrived = f"was accepted by {order['region']}, and again by {again['region']} under epoch {again['epoch']}"
        return f"not known at the takeover: {order['order_id']}, {arrived}"
    return ", ".join(f"{key} {value}" for key, value in order.items())


def plan_document(plan: Plan, source: str, target: str, budget: Mapping[str, Any] | None) -> dict[str, Any]:
    """A plan as a program reads it."""
    return {
        "verb": plan.verb,
        "does": plan.does,
        "loses": plan.loses,
        "source": source,
        "target": target,
        "steps": [
            {"name": step.name, "stage": step.stage, "does": step.does, "needs": step.needs} for step in plan.steps
        ],
        "budget": budget,
    }


def _next(report: Report) -> str:
    return "" if report.outcome == "done" else ": put right what failed, then `resume`"
