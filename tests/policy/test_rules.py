"""Every rule passes, fails, and cannot be evaluated; and on the recorded platform none is silent and none cries."""

from __future__ import annotations

from typing import Any

import pytest

from policy.catalogue import BY_ID, RULES
from policy.report import Report
from policy.rule import Scope
from tests.policy.cases import CASES, Case
from tests.policy.changes import changed, hidden
from tests.policy.judging import evaluate

Json = dict[str, Any]


def _spoken(report: Report) -> set[str]:
    return {violation.rule.id for violation in report.violations}


def _lines(report: Report) -> list[str]:
    found = [f"{v.rule.id} {v.urn.split('::')[-1]}: {v.message}" for v in report.violations]
    return found + [f"{n.rule.id} {n.urn.split('::')[-1]}: {n.property} {n.reason}" for n in report.not_evaluated]


def test_every_rule_has_a_case_that_breaks_it() -> None:
    assert {case.rule for case in CASES} == set(BY_ID)


@pytest.mark.parametrize("state", ["standing_by", "taken_over", "made", "made_over"])
def test_the_platform_satisfies_every_rule(state: str, request: pytest.FixtureRequest) -> None:
    blueprints = request.getfixturevalue(state)
    report = evaluate(blueprints)
    lines = _lines(report)
    assert not lines, "a rule cries on the clean platform"
    assert report.rules == len(RULES), "both stacks are judged by every rule"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_speaks_when_it_is_broken_and_no_other_does(case: Case, made: list[Json], made_over: list[Json]) -> None:
    report = evaluate(changed(made_over if case.active else made, case.made))
    spoken, lines = _spoken(report), _lines(report)
    assert spoken == {case.rule}, f"{[*map(str, case.made)]} break {case.rule} alone: {lines}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_speaks_when_the_platform_itself_is_broken(
    case: Case, standing_by: list[Json], taken_over: list[Json]
) -> None:
    report = evaluate(changed(taken_over if case.active else standing_by, case.real))
    spoken, lines = _spoken(report), _lines(report)
    assert spoken == {case.rule, *case.also}, f"{[*map(str, case.real)]} break {case.rule} alone: {lines}"


_NEEDS = [(rule.id, type_, path) for rule in RULES for type_, path in rule.needs]


@pytest.mark.parametrize(("rule", "type_", "path"), _NEEDS, ids=[f"{rule}-{path}" for rule, _, path in _NEEDS])
def test_a_rule_says_so_when_what_it_needs_is_not_known(
    rule: str, type_: str, path: str, made: list[Json], made_over: list[Json]
) -> None:
    """An unknown never passes in silence: it is named, and it is no violation either."""
    blueprints = made_over if rule in _AFTER_TAKEOVER else made
    report = evaluate(hidden(blueprints, type_, path), rules=[BY_ID[rule]])
    properties = [entry.property for entry in report.not_evaluated]
    assert properties, f"{rule} needs {path} of {type_}, and passes without knowing it"
    assert all(properties), "what is not known is named"
    spoken = _spoken(report)
    assert not spoken, "a rule that does not know accuses nobody"


_AFTER_TAKEOVER = {case.rule for case in CASES if case.active}


def test_every_rule_says_what_it_needs() -> None:
    silent = [rule.id for rule in RULES if not rule.needs and rule.scope is not Scope.PARITY]
    assert not silent, f"these rules cannot be hidden anything from: {silent}"


def test_each_stack_exports_whether_it_takes_orders(standing_by: list[Json], taken_over: list[Json]) -> None:
    active = [blueprint["outputs"].get("active") for blueprint in (*standing_by, taken_over[1])]
    assert active == [True, False, True], "a rule that speaks of a takeover cannot guess that there was one"
