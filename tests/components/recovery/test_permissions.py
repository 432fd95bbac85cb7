"""The failover function and operators have permission for each call of a run; the in-memory AWS checks none."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from blueprint import Blueprint
from recovery.clients import Clients
from recovery.plan import Verb
from tests.components.security.graph import ACCOUNT, ROLE_POLICY, listed, statements
from tests.recovery.test_kills import ready_for
from tests.recovery.world import World

BY_THE_FUNCTION = (Verb.FAILOVER, Verb.DRILL)
BY_PEOPLE = tuple(verb for verb in Verb if verb is not Verb.OPEN)
# IAM's names, where they are not those of the API; who calls STS about itself needs no leave.
_PREFIXES = {"efs": "elasticfilesystem"}
_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
Call = tuple[str, str]
"""An action, and the table or index that it is about, `*` for other services."""


class Recorded:
    """A client that notes what it is asked."""

    def __init__(self, real: Any, service: str, region: str, calls: set[Call]) -> None:
        self._real, self._service, self._region, self._calls = real, service, region, calls

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self._note(name, parameters)
            return getattr(self._real, name)(**parameters)

        return call

    def get_paginator(self, name: str) -> Any:
        recorded, real = self, self._real.get_paginator(name)

        class Pages:
            def paginate(self, **parameters: Any) -> Iterator[Any]:
                recorded._note(name, parameters)
                return real.paginate(**parameters)

        return Pages()

    def _note(self, name: str, parameters: dict[str, Any]) -> None:
        action = f"{_PREFIXES.get(self._service, self._service)}:{_operations(self._service)[name]}"
        about = "*"
        if table := parameters.get("TableName"):
            about = f"arn:aws:dynamodb:{self._region}:{ACCOUNT}:table/trading-{table}"
            about += f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        self._calls.add((_ACTIONS.get(action, action), about))


@cache
def _operations(service: str) -> dict[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


@pytest.fixture(autouse=True)
def _coarse_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.steps.compare._SEGMENT_DEPTH", 4)


def calls_of(verb: Verb) -> set[Call]:
    """Every kind of call that a run of a verb makes."""
    world, calls = ready_for(verb), set[Call]()

    def made(service: str, region: str) -> Any:
        return Recorded(World.client(world, service, region), service, region, calls)

    report = world.operations(clients=lambda here, there: Clients(here, there, made, made)).begin(verb)
    assert report.outcome == "done"
    return {call for call in calls if not call[0].startswith("sts:")}


def refused(stack: Blueprint, role: str, calls: set[Call]) -> list[Call]:
    """Calls that a role's own policy does not allow."""
    allowed = [each for each in statements(stack.one(ROLE_POLICY, role)) if each["Effect"] == "Allow"]
    return sorted(
        (action, about)
        for action, about in calls
        if not any(
            any(fnmatchcase(action, pattern) for pattern in listed(each["Action"]))
            and (about == "*" or any(fnmatchcase(about, pattern) for pattern in listed(each["Resource"])))
            for each in allowed
        )
    )


@pytest.mark.parametrize("verb", BY_THE_FUNCTION)
def test_the_failover_function_has_permission_for_its_calls(dr: Blueprint, verb: Verb) -> None:
    assert refused(dr, "failover", calls_of(verb)) == []


@pytest.mark.parametrize("verb", BY_PEOPLE)
def test_an_operator_has_permission_for_the_runbooks_calls(dr: Blueprint, verb: Verb) -> None:
    assert refused(dr, "operator", calls_of(verb)) == []
