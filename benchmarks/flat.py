"""A flat program: the resources of a recorded stack, declared one after the other, without layers or settings.

It is the floor of an evaluation: the SDK's own work for the same resources of the same classes, with the same inputs
and references, by the same recorder. What it lacks is what the program adds: settings, checks, components, and the
documents that it works out (policies, dashboards, packages of functions).
"""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pulumi
from pulumi import ResourceOptions

from blueprint import Blueprint, Resource
from blueprint.program import ROOT, run_in_thread, stack_config
from blueprint.recorder import Recorder
from blueprint.references import Reference, references_in, replace_references
from blueprint.secrets import revealed
from components.settings import PROJECT

FOLDER = ROOT / "benchmarks" / "flat_program"
_under_way: list[tuple[Resource, dict[str, Any]]] = []


class Flat:
    """The flat program of one stack; `run` evaluates it once."""

    def __init__(self, blueprint: Blueprint) -> None:
        # The children of a remote component are no calls of the SDK in either program.
        made = [r for r in blueprint.resources if r.custom and not r.implied and r.type.startswith("aws:")]
        self._resources = [(resource, revealed(dict(resource.properties))) for resource in _ordered(made)]
        self._stack = blueprint.stack
        self._config = stack_config(blueprint.stack)

    def part(self, count: int) -> Flat:
        """The flat program of the first `count` resources; what they refer to stands before them."""
        part = copy.copy(self)
        part._resources = self._resources[:count]
        return part

    @property
    def resources(self) -> int:
        """Number of declared resources."""
        return len(self._resources)

    def run(self) -> int:
        """Evaluate it; the answer is how many resources were registered."""
        recorder = Recorder({})
        _under_way[:] = self._resources
        run_in_thread(self._stack, self._config, recorder, PROJECT, FOLDER)
        return len(recorder.recorded)


def declare() -> None:
    """Declare what is under way; the program in `flat_program` calls it."""
    made: dict[tuple[str, str], Any] = {}
    for resource, properties in _under_way:
        class_ = class_of(resource.type)
        inputs = {_snake(name): _linked(value, made) for name, value in properties.items()}
        options = ResourceOptions(ignore_changes=resource.options.get("ignoreChanges"))
        if class_ is None:
            made[resource.type, resource.name] = pulumi.CustomResource(
                resource.type, resource.name, inputs, opts=options
            )
        else:
            made[resource.type, resource.name] = class_(resource.name, opts=options, **inputs)


@cache
def class_of(type_: str) -> Any:
    """The SDK's class of a type token; None where the SDK that is here has none."""
    package, module, name = type_.split(":")
    try:
        return getattr(importlib.import_module(f"pulumi_{package}.{module.split('/')[0]}"), name, None)
    except ModuleNotFoundError:
        return None


def _ordered(resources: list[Resource]) -> list[Resource]:
    """Each after those that it refers to."""
    by_name = {(resource.type, resource.name): resource for resource in resources}
    done: dict[str, Resource] = {}

    def visit(resource: Resource) -> None:
        if resource.urn in done:
            return
        done[resource.urn] = resource
        for reference in references_in(revealed(dict(resource.properties))):
            other = by_name.get((reference.type, reference.name))
            if other is not None and other.urn not in done:
                visit(other)
        done[resource.urn] = done.pop(resource.urn)

    for resource in resources:
        visit(resource)
    return list(done.values())


def _linked(value: Any, made: Mapping[tuple[str, str], Any]) -> Any:
    """A value whose references are outputs of resources that are already declared."""
    if isinstance(value, str):
        found = list(references_in(value))
        outputs = {reference: output for reference in found if (output := _output(reference, made)) is not None}
        if not outputs:
            return value
        if len(found) == 1 and str(found[0]) == value:
            return outputs[found[0]]
        names = list(outputs)
        return pulumi.Output.all(*outputs.values()).apply(
            lambda values: replace_references(
                value, lambda reference: str(values[names.index(reference)]) if reference in outputs else str(reference)
            )
        )
    if isinstance(value, dict):
        return {key: _linked(item, made) for key, item in value.items()}
    return [_linked(item, made) for item in value] if isinstance(value, list | tuple) else value


def _output(reference: Reference, made: Mapping[tuple[str, str], Any]) -> Any:
    resource = made.get((reference.type, reference.name))
    return getattr(resource, _snake(reference.path), None) if resource is not None else None


@cache
def _snake(name: str) -> str:
    """The SDK's spelling of a property, as `kms_key_id` of `kmsKeyId`."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)).lower()
