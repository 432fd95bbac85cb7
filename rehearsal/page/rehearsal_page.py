"""The report page of a whole rehearsal."""

from __future__ import annotations

from collections.abc import Sequence

from blueprint import Blueprint
from recovery.budget import Budget
from rehearsal.page.architecture import architecture
from rehearsal.page.costs import costs
from rehearsal.page.document import document
from rehearsal.page.drills import drills, losses
from rehearsal.page.recovery_time import recovery_time
from rehearsal.page.stacks import created, policies, summary, times
from rehearsal.page.trace import trace
from rehearsal.report import Report
from rehearsal.trace import Span
from runbook.outputs import BUDGET


def page(report: Report, blueprints: Sequence[Blueprint], spans: Sequence[Span] = ()) -> str:
    """The HTML document. `blueprints` are the recorded stacks to draw; the recovery stack's export has the budget."""
    series = report.drills
    results = series.results if series else []
    sections = [summary(report), architecture(blueprints), created(report), policies(report.policy)]
    sections += [recovery_time(budget, results) for budget in _budgets(blueprints)]
    sections += [drills(results, series.broken if series else ()), losses(results), costs(blueprints), times(report)]
    if spans:
        sections.append(trace(spans))
    return document(
        "Rehearsal report",
        "Both stacks in an in-memory AWS; figures are measured on this machine except where marked modelled.",
        sections,
    )


def _budgets(blueprints: Sequence[Blueprint]) -> list[Budget]:
    exports = [blueprint.outputs[BUDGET] for blueprint in blueprints if BUDGET in blueprint.outputs]
    return [Budget.of_json(one) for one in exports]
