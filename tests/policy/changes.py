"""Changing a blueprint: taking the encryption off that very bucket, moving that very host to another zone."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from policy.values import UNKNOWN_TEXT

Json = dict[str, Any]
ABSENT: Any = object()
OUTPUT = "outputs"
PRIMARY, RECOVERY = 0, 1


@dataclass(frozen=True)
class Change:
    """What to change. Without `path` the resource itself is taken away; a callable value gets the old one."""

    type: str
    name: str
    path: str = ""
    value: Any = ABSENT
    stack: int = PRIMARY
    twin: str = ""
    """The name of a copy that is changed in the resource's place."""
    added: bool = False
    """The resource is added, `value` are its properties."""

    def __str__(self) -> str:
        return f"{self.type.split(':')[-1]} {self.name}: {self.path or 'taken away'}"


def set_(type_: str, name: str, path: str, value: Any = ABSENT, stack: int = PRIMARY) -> Change:
    """The property has another value, or none."""
    return Change(type_, name, path, value, stack)


def gone(type_: str, name: str, stack: int = PRIMARY) -> Change:
    """The resource is not declared."""
    return Change(type_, name, stack=stack)


def twin(type_: str, name: str, called: str, path: str, value: Any) -> Change:
    """There is another one like it, which differs in that property."""
    return Change(type_, name, path, value, twin=called)


def new(type_: str, name: str, stack: int = PRIMARY, /, **properties: Any) -> Change:
    """Another resource is declared, in the stack's own region."""
    return Change(type_, name, value=properties, stack=stack, added=True)


def output(name: str, value: Any, stack: int = PRIMARY) -> Change:
    """The stack exports something else."""
    return Change(OUTPUT, name, value=value, stack=stack)


def in_document(change: Callable[[Any], Any]) -> Callable[[str], str]:
    """A change of a JSON document that is held as text; what it returns, if anything, takes the document's place."""

    def apply(text: str) -> str:
        document = json.loads(text)
        changed = change(document)
        return json.dumps(document if changed is None else changed)

    return apply


def changed(blueprints: Sequence[Json], changes: Sequence[Change]) -> list[Json]:
    """Blueprints with the changes carried out. What is not touched is shared with the given ones."""
    result = [{**blueprint, "resources": list(blueprint["resources"])} for blueprint in blueprints]
    for change in changes:
        blueprint = result[change.stack]
        if change.type == OUTPUT:
            blueprint["outputs"] = {**blueprint["outputs"], change.name: change.value}
            continue
        resources = blueprint["resources"]
        if change.added:
            resources.append(_added(resources, change))
            continue
        index = _index(resources, change)
        if change.twin:
            resources.append(
                {**resources[index], "name": change.twin, "urn": f"{resources[index]['urn']}-{change.twin}"}
            )
            index = len(resources) - 1
        if not change.path:
            del resources[index]
        else:
            resources[index] = copy.deepcopy(resources[index])
            _set(resources[index], change.path, change.value)
    return result


def hidden(blueprints: Sequence[Json], type_: str, path: str) -> list[Json]:
    """Blueprints in which that property of every such resource is known only after the update."""
    result = [{**blueprint, "resources": list(blueprint["resources"])} for blueprint in blueprints]
    for blueprint in result:
        for index, resource in enumerate(blueprint["resources"]):
            if resource["type"] == type_:
                blueprint["resources"][index] = copy.deepcopy(resource)
                _set(blueprint["resources"][index], path, UNKNOWN_TEXT)
    return result


def _added(resources: list[Json], change: Change) -> Json:
    beside = next(r for r in resources if r["type"].startswith("aws:") and r["provider"])
    *front, _, _ = beside["urn"].split("::")
    urn = "::".join([*front, change.type, change.name])
    like = {"type": change.type, "name": change.name, "urn": urn, "custom": True, "options": {"protect": True}}
    return {**beside, **like, "properties": change.value}


def _index(resources: list[Json], change: Change) -> int:
    for index, resource in enumerate(resources):
        if (resource["type"], resource["name"]) == (change.type, change.name):
            return index
    raise LookupError(f"the platform declares no {change.type} {change.name}; the case must be written anew")


def _set(resource: Json, path: str, value: Any) -> None:
    *before, last = path.split(".")
    container: Any = resource if before[:1] == ["options"] else resource["properties"]
    for key in before:
        if isinstance(container, list):
            container = container[0]
        if container.get(key) is None:
            container[key] = {}
        container = container[key]
    if isinstance(container, list):
        container = container[0]
    if value is ABSENT:
        container.pop(last, None)
    else:
        container[last] = value(container.get(last)) if callable(value) else value
