"""The check of ratios fails for one that worsens, that is gone, or that nobody has set a baseline for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import ratios
from benchmarks.flat import Flat, class_of
from benchmarks.ratios import Ratio, Skipped
from blueprint import Blueprint, Resource


def ratio(value: float, name: str = "evaluation primary") -> Ratio:
    return Ratio(name, value, "a floor", "by hand")


@pytest.mark.parametrize(("value", "fails"), [(0.9, False), (1.0, False), (1.099, False), (1.101, True), (2.0, True)])
def test_a_ratio_that_worsens_by_more_than_a_tenth_fails(value: float, fails: bool) -> None:
    """The limit is 10 % over the baseline, whatever the target is."""
    assert bool(ratios.worse([ratio(value)], {"evaluation primary": 1.0})) is fails


def test_a_ratio_that_is_no_longer_measured_fails_unless_the_machine_cannot() -> None:
    """A measurement cannot be dropped in silence; one that lacks a command is named with the reason."""
    baseline = {"policy under the engine": 1.0}
    assert ratios.worse([], baseline)
    assert not ratios.worse([Skipped("policy under the engine", "no command")], baseline)


def test_a_ratio_without_a_baseline_fails() -> None:
    """What is measured newly gets a baseline."""
    assert ratios.worse([ratio(1.0)], {})


@pytest.mark.parametrize(("value", "code"), [(1.05, 0), (1.3, 1)])
def test_the_command_answers_by_its_exit_code(
    value: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`make bench-check` fails by it."""
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({"evaluation primary": 1.0, "other": 1.0}))
    monkeypatch.setattr(ratios, "BASELINE", baseline)
    monkeypatch.setattr(ratios, "MEASUREMENTS", {"evaluation": lambda: [ratio(value)]})
    assert ratios.main(["--only", "evaluation", "--check"]) == code
    assert ratios.main(["--check"]) == 1, "a whole run that lacks a measurement of the baseline fails"
    assert ratios.main(["--only", "evaluation", "--update"]) == 0
    assert json.loads(baseline.read_text()) == {"evaluation primary": value, "other": 1.0}


def test_every_measurement_has_a_committed_baseline() -> None:
    """All but what needs a command that not every machine has."""
    names = set(json.loads(ratios.BASELINE.read_text()))
    assert {"evaluation primary", "evaluation dr", "policy served", "order intake in-process", "order invoked"} <= names


def test_the_flat_program_declares_the_same_resources_by_the_same_classes() -> None:
    """References become outputs of resources that stand before; the recorded inputs are those of the stack."""
    vpc, subnet = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
    inputs = {"vpcId": f"${{{vpc}::vpc#id}}", "cidrBlock": "10.0.0.0/24"}
    stack = Blueprint(
        "primary", (_resource(subnet, "a", inputs), _resource(vpc, "vpc", {"cidrBlock": "10.0.0.0/16"})), {}
    )
    program = Flat(stack)
    assert program.run() == program.resources == 2
    assert [class_of(type_).__name__ for type_ in (vpc, subnet)] == ["Vpc", "Subnet"]
    assert program.part(1).run() == 1


def _resource(type_: str, name: str, properties: dict[str, object]) -> Resource:
    return Resource(f"urn:pulumi:primary::x::{type_}::{name}", type_, name, True, None, None, properties, (), {})
