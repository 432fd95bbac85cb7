"""What faults are put into: recorded stacks, and the checks that must refuse them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from blueprint import Blueprint, Resource
from preflight.account import Account
from preflight.model import Verdict
from preflight.recorded import as_declared
from preflight.run import ask

Properties = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The recorded stacks, and `client(service)` of an empty in-memory AWS in the primary's region."""

    primary: Blueprint
    dr: Blueprint
    client: Callable[..., Any]


def changed(stack: Blueprint, type_: str, name: str, change: Callable[[Properties], Mapping[str, Any]]) -> Blueprint:
    """A copy of a stack in which `change` gives new values to properties of one resource."""
    resource = stack.one(type_, name)
    other = dataclasses.replace(resource, properties={**resource.properties, **change(dict(resource.properties))})
    return _with(stack, [other if each is resource else each for each in stack.resources])


def without(stack: Blueprint, type_: str, name: str) -> Blueprint:
    """A copy of a stack that lacks one resource."""
    gone = stack.one(type_, name)
    return _with(stack, [each for each in stack.resources if each is not gone])


def _with(stack: Blueprint, resources: Iterable[Resource]) -> Blueprint:
    return Blueprint(stack.stack, tuple(resources), stack.outputs)


def replaced(key: str, old: str, new: str) -> Callable[[Properties], Mapping[str, Any]]:
    """A change of the text of one property, in every place; raises ValueError where the text is absent."""

    def change(properties: Properties) -> Mapping[str, Any]:
        text = json.dumps(properties[key])
        escaped_old, escaped_new = (json.dumps(part)[1:-1] for part in (old, new))
        if escaped_old not in text:
            raise ValueError(f"{key} does not hold {old!r}")
        return {key: json.loads(text.replace(escaped_old, escaped_new))}

    return change


def statements(key: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Properties], Mapping[str, Any]]:
    """A change of every statement of a policy document."""

    def edit(properties: Properties) -> Mapping[str, Any]:
        document = json.loads(properties[key])
        for statement in document["Statement"]:
            change(statement)
        return {key: json.dumps(document)}

    return edit


def refused(call: Callable[[], Any]) -> list[str]:
    """Code and words with which the in-memory AWS refuses a call; nothing where it serves it."""
    try:
        call()
    except ClientError as error:
        return [f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"]
    return []


def found_by(check: Any, stack: Blueprint, account: Account, settings: Mapping[str, Any] | None = None) -> list[str]:
    """What a check of the preflight stops for or warns of."""
    findings = ask(list(check.questions(as_declared(stack, settings or {}))), account)
    return [
        f"{finding.subject}: {finding.found}"
        for finding in findings
        if finding.verdict in (Verdict.STOPS, Verdict.WARNS)
    ]
