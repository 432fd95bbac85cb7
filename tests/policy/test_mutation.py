"""The mutation run itself: which comparisons have no order, and how the rate is told. It needs no Cosmic Ray."""

from __future__ import annotations

import ast

import pytest

from tests.policy.mutants import sample
from tests.policy.mutation.judge import Result
from tests.policy.mutation.kinds import module_of, unordered
from tests.policy.mutation.mutants import Mutant, modules
from tests.policy.mutation.reporting import counted, interval, rate


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        ("'DAILY'", True),
        ("f'{x}'", True),
        ("None", True),
        ("True", True),
        ("['a']", True),
        ("{'a', 'b'}", True),
        ("t.BUCKET", True),
        ("t.KEYS", True),
        ("_OBJECTS", True),
        ("resource.text('mode')", True),
        ("str(value)", True),
        ("value.lower()", True),
        ("', '.join(names)", True),
        ("resource.type", True),
        ("stack.region", True),
        ("stack.region_of(resource)", True),
        ("resource.text('mode') or 'none'", True),
        ("1", False),
        ("1.5", False),
        ("_SEVERAL", False),
        ("len(values)", False),
        ("resource.number('days')", False),
        ("parameters['days']", False),
        ("days", False),
        ("resource.get('days')", False),
        ("value.get('status')", False),
        ("left + right", False),
    ],
)
def test_which_operands_have_no_order(operand: str, expected: bool) -> None:
    """Texts, None, booleans and containers, by their own text, by the module's names and by annotations of policy."""
    expression = ast.parse(operand, mode="eval").body
    assert unordered(expression, module_of("audit")) is expected


def test_names_of_modules() -> None:
    """All modules, or those that are named."""
    assert "audit" in modules([])
    assert "__init__" not in modules([])
    assert modules(["trust", "audit", "unheard-of"]) == ["audit", "trust"]


def _mutant(index: int, counted_: bool) -> Mutant:
    return Mutant("audit", "AddNot", index, 1, 1, "f", counted_)


def test_a_sample_has_as_large_a_share_of_both_kinds() -> None:
    """The same seed gives the same sample; 0 takes all."""
    yes, no = [_mutant(index, True) for index in range(80)], [_mutant(index, False) for index in range(40)]
    chosen = sample(yes, no, 20, 7)
    assert [mutant.counted for mutant in chosen] == [True] * 20 + [False] * 10
    assert [m.occurrence for m in sample(yes, no, 20, 7)] == [m.occurrence for m in chosen]
    assert [m.occurrence for m in sample(yes, no, 20, 8)] != [m.occurrence for m in chosen]
    assert len(sample(yes, no, 0, 7)) == 120
    assert len(sample(yes, no, 500, 7)) == 120


def test_the_rate_and_its_interval() -> None:
    """Of the mutants that count; Wilson's interval of 9 of 10 is 59.6 to 98.2 percent."""
    results = [Result(_mutant(index, index < 10), index not in (0, 12), 0.1) for index in range(15)]
    assert rate(results) == (13, 15, pytest.approx(86.67, abs=0.01))
    assert rate(counted(results)) == (9, 10, pytest.approx(90.0))
    assert interval(9, 10) == (pytest.approx(59.6, abs=0.1), pytest.approx(98.2, abs=0.1))
    assert interval(10, 10)[1] == pytest.approx(100.0)
    assert interval(0, 0) == (0.0, 100.0)
