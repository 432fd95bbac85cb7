"""Rules judge alike what a blueprint writes and what the engine hands over: values, unknowns, secrets, floats."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from policy.catalogue import BY_ID, RULES
from policy.check import judge
from policy.configuration import settings
from policy.resources import Resource
from policy.stack import Stack
from policy.values import SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN_TEXT, references_in
from tests.policy.cases import CASES, Case
from tests.policy.changes import changed
from tests.policy.judging import EXEMPTED, configured

Json = dict[str, Any]
_REFERENCE = re.compile(r"\$\{([\w-]+:[\w./-]+:\w+)::([^#}]+)#([^}]+)\}")
_SINGLE = [rule for rule in RULES if rule.scope != "parity"]


def _resolved(value: Any) -> Any:
    """The value after the update: each reference has become what the cloud has called it, each integer a float."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _name(*match.groups()), value)
    if isinstance(value, dict):
        return {key: _resolved(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# The account in `allowedAccountIds` of the recorded platform's providers: AWS creates every resource in it.
_ACCOUNT = "123456789012"


def _name(type_: str, name: str, path: str) -> str:
    service = type_.split(":")[1].split("/")[0]
    return f"arn:aws:{service}:us-east-1:{_ACCOUNT}:key/{type_.split(':')[-1]}-{name}-{path}"


def _unknown(value: Any) -> Any:
    """The value in a preview: a text that holds a reference to another resource is unknown as a whole."""
    if isinstance(value, str):
        return UNKNOWN_TEXT if any(not r.elsewhere for r in references_in(value)) else value
    if isinstance(value, dict):
        return {key: _unknown(item) for key, item in value.items()}
    return [_unknown(item) for item in value] if isinstance(value, list) else value


def _wrapped(value: Any) -> Any:
    """Every text of a property as a secret, in the engine's form."""
    if isinstance(value, str):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value}
    if isinstance(value, dict):
        return {key: _wrapped(item) for key, item in value.items()}
    return [_wrapped(item) for item in value] if isinstance(value, list) else value


def _dependencies(entry: Json, urns: dict[tuple[str, str], str]) -> dict[str, tuple[str, ...]]:
    """What the engine tells of each property: the resources that it takes outputs of."""
    return {
        key: tuple(urns[(r.type, r.name)] for r in references_in(value) if (r.type, r.name) in urns)
        for key, value in entry["properties"].items()
    }


def _stack(blueprint: Json, form: Any, *, identities: bool = False, dependencies: bool = False) -> Stack:
    urns = {(entry["type"], entry["name"]): entry["urn"] for entry in blueprint["resources"]}
    paths = {path for r in blueprint["resources"] for _, _, path in _REFERENCE.findall(json.dumps(r["properties"]))}
    resources = [
        Resource(
            entry["urn"],
            entry["type"],
            entry["name"],
            form(entry["properties"]) if not entry["type"].startswith("pulumi:") else entry["properties"],
            provider=entry["provider"],
            options=entry["options"],
            dependencies=_dependencies(entry, urns) if dependencies else {},
            outputs={p: _name(entry["type"], entry["name"], p) for p in paths} if identities else {},
            custom=entry["custom"],
        )
        for entry in blueprint["resources"]
    ]
    return Stack(blueprint["stack"], resources, blueprint["outputs"])


def _judged(stack: Stack, rules: list[Any] = _SINGLE) -> tuple[list[str], list[str]]:
    report = judge([stack], settings(RULES, configured()), rules=rules)
    spoken = [f"{v.rule.id} {v.urn.split('::')[-1]}: {v.message}" for v in report.violations]
    return spoken, [f"{n.rule.id} {n.urn.split('::')[-1]}: {n.property} {n.reason}" for n in report.not_evaluated]


def _unexempted(spoken: Iterable[str]) -> list[str]:
    return [line for line in spoken if line.split()[0] not in EXEMPTED]


@pytest.mark.parametrize("stack", [0, 1], ids=["primary", "recovery"])
def test_after_the_update_resources_are_joined_by_what_the_cloud_calls_them(
    standing_by: list[Json], stack: int
) -> None:
    spoken, not_evaluated = _judged(_stack(standing_by[stack], _resolved, identities=True))
    assert not _unexempted(spoken), "a join by reference must hold by resolved value as well"
    assert not not_evaluated, "after the update everything is known"


@pytest.mark.parametrize("stack", [0, 1], ids=["primary", "recovery"])
def test_in_a_preview_nothing_that_is_unknown_is_taken_for_a_violation(standing_by: list[Json], stack: int) -> None:
    spoken, not_evaluated = _judged(_stack(standing_by[stack], _unknown, dependencies=True))
    assert not _unexempted(spoken), "what is to be created is not known yet, and no violation for that"
    assert not_evaluated, "documents that name resources to be created are unknown, and that is said"


@pytest.mark.parametrize("stack", [0, 1], ids=["primary", "recovery"])
def test_a_secret_is_judged_by_what_it_holds(standing_by: list[Json], stack: int) -> None:
    spoken, not_evaluated = _judged(_stack(standing_by[stack], _wrapped))
    assert not _unexempted(spoken), "a value is not worse for being secret"
    assert not not_evaluated, "the engine hands the content over"


_WITHIN = [case for case in CASES if BY_ID[case.rule].scope != "parity" and case.rule != "recovery-independent"]


@pytest.mark.parametrize("case", _WITHIN, ids=lambda case: case.rule)
def test_a_broken_rule_speaks_after_the_update_as_it_does_before(case: Case, made: list[Json]) -> None:
    blueprints = changed(made, case.made)
    spoken = [
        line
        for blueprint in blueprints
        for line in _judged(_stack(blueprint, _resolved, identities=True), [BY_ID[case.rule]])[0]
    ]
    assert spoken, f"{case.rule} is silent where values are resolved"
