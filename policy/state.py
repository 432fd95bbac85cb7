"""Reading what `pulumi preview --json` and `pulumi stack export` write (pulumi/sdk, apitype: ResourceV3).

Both hold resources as the engine's state has them: literal values and outputs in the place of references, and for each
property the URNs of the resources that it depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy import fields
from policy.errors import PolicyInputError, kind_of
from policy.resources import Resource
from policy.stack import Stack
from policy.tokens import AWS_PROVIDER, STACK
from policy.values import MASK, SECRET_SIGNATURE, SIGNATURE_KEY

_URN_PARTS = 4
_FIELDS: Mapping[str, fields.Type] = {"urn": str, "type": str}
_OPTIONAL: Mapping[str, fields.Type] = {
    "inputs": dict,
    "outputs": dict,
    "propertyDependencies": dict,
    "provider": str,
    "parent": str,
    "id": str,
    "custom": bool,
    "external": bool,
    "delete": bool,
    "protect": bool,
    "retainOnDelete": bool,
}
_PREVIEW = "write it anew with `pulumi preview --json`"
_EXPORT = "write it anew with `pulumi stack export`"
# Steps of which a resource has one: replacements and refreshes come beside them.
_ONCE = frozenset({"create", "same", "update"})
# What the engine writes for a step after which the resource is gone (pulumi/pkg, resource/deploy: step operations).
_GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"})
_OPTIONS = ("protect", "retainOnDelete")

Read = tuple[Stack, list[str]]
"""The stack, and what the document does not show of it."""


def preview(document: Mapping[str, Any], where: str) -> Read:
    """The stack as a preview plans it. Raises `PolicyInputError`."""
    steps = document.get("steps") or []
    if not isinstance(steps, list):
        raise PolicyInputError(f"{where}: steps: must be a list, not {kind_of(steps)}; {_PREVIEW}")
    states: dict[str, Resource] = {}
    once: set[str] = set()
    same = 0
    for index, step in enumerate(steps):
        if not isinstance(step, Mapping):
            raise PolicyInputError(f"{where}: steps[{index}]: is not an object; {_PREVIEW}")
        if step.get("op") in _GONE:
            continue
        same += step.get("op") == "same"
        planned = step.get("newState")
        if planned is None:
            continue
        place = f"{where}: steps[{index}].newState"
        resource = _resource(_unmasked(planned), place, _PREVIEW)
        if step.get("op") in _ONCE:
            _refuse_twice(resource.urn, once, place, _PREVIEW)
        states[resource.urn] = resource
    notices = []
    summary = document.get("changeSummary")
    unchanged = summary.get("same", 0) if isinstance(summary, Mapping) else 0
    if isinstance(unchanged, int) and unchanged > same:
        notices.append(
            f"{unchanged - same} unchanged resources are not shown, so rules that look for them may refuse wrongly; "
            "write it with `pulumi preview --json --show-sames`"
        )
    errors = [d for d in document.get("diagnostics") or [] if isinstance(d, Mapping) and d.get("severity") == "error"]
    if errors:
        notices.append(f"the preview ended with {len(errors)} errors, so the plan may be incomplete")
    return _stack(states, document.get("config"), where), notices


def export(document: Mapping[str, Any], where: str) -> Read:
    """The stack as it was updated last. Raises `PolicyInputError`."""
    deployment = document.get("deployment")
    if deployment is None:
        checkpoint = document.get("checkpoint")
        deployment = checkpoint.get("latest") if isinstance(checkpoint, Mapping) else None
    entries = deployment.get("resources") if isinstance(deployment, Mapping) else None
    if not isinstance(entries, list):
        raise PolicyInputError(f"{where}: has no list of resources; write it with `pulumi stack export`")
    states: dict[str, Resource] = {}
    once: set[str] = set()
    for index, entry in enumerate(entries):
        if not (isinstance(entry, Mapping) and entry.get("delete") is True):
            place = f"{where}: deployment.resources[{index}]"
            resource = _resource(entry, place, _EXPORT)
            _refuse_twice(resource.urn, once, place, _EXPORT)
            states[resource.urn] = resource
    notices = ["inputs are those of the last update, not of the program, and changes made outside pulumi are missing"]
    return _stack(states, None, where), notices


def _refuse_twice(urn: str, seen: set[str], where: str, hint: str) -> None:
    if urn in seen:
        raise PolicyInputError(f"{where}: urn = {urn!r}: stands twice; {hint}")
    seen.add(urn)


def _resource(entry: Any, where: str, hint: str) -> Resource:
    if not isinstance(entry, Mapping):
        raise PolicyInputError(f"{where}: is not an object; {hint}")
    where = fields.named(where, entry)
    fields.check(entry, _FIELDS, where, hint, needed=True)
    parts = entry["urn"].split("::", _URN_PARTS - 1)
    if len(parts) < _URN_PARTS or not parts[0].startswith("urn:pulumi:"):
        raise PolicyInputError(f"{where}: urn = {entry['urn']!r}: is no URN of a resource; {hint}")
    fields.check(entry, _OPTIONAL, where, hint)
    inputs, outputs, depends = (entry.get(name) or {} for name in ("inputs", "outputs", "propertyDependencies"))
    fields.check(
        {f"propertyDependencies.{name}": urns for name, urns in depends.items()},
        {f"propertyDependencies.{name}": list for name in depends},
        where,
        hint,
    )
    provider = entry.get("provider")
    id_ = entry.get("id")
    return Resource(
        entry["urn"],
        entry["type"],
        parts[-1],
        inputs,
        # A provider reference is `<urn>::<id>`.
        provider="::".join(provider.split("::")[:_URN_PARTS]) if provider else None,
        parent=entry.get("parent"),
        options={name: bool(entry.get(name)) for name in _OPTIONS},
        dependencies={key: tuple(map(str, urns or ())) for key, urns in depends.items()},
        outputs={**outputs, **({"id": id_} if id_ else {})},
        custom=bool(entry.get("custom")),
        external=bool(entry.get("external")),
    )


def _unmasked(value: Any) -> Any:
    """The state with each masked secret in the engine's form: a preview writes it as a plain text."""
    if value == MASK:
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": MASK}
    if isinstance(value, Mapping):
        return {key: _unmasked(item) for key, item in value.items()}
    return [_unmasked(item) for item in value] if isinstance(value, list) else value


def _stack(states: dict[str, Resource], config: Any, where: str) -> Stack:
    if not any(resource.type != STACK and resource.type != AWS_PROVIDER for resource in states.values()):
        raise PolicyInputError(f"{where}: holds no resource, so there is nothing to check")
    root = next((resource for resource in states.values() if resource.type == STACK), None)
    resources = [*states.values(), *_default_providers(states, config)]
    name = resources[0].urn.split("::")[0].removeprefix("urn:pulumi:")
    return Stack(name, resources, root.outputs if root is not None else {})


def _default_providers(states: Mapping[str, Resource], config: Any) -> list[Resource]:
    """Default providers, which a preview does not list: the configuration says their region."""
    used = {resource.provider for resource in states.values() if resource.provider}
    region = config.get("aws:region") if isinstance(config, Mapping) else None
    found = []
    for urn in sorted(used - set(states)):
        *_, type_, name = urn.split("::")
        if type_.endswith(AWS_PROVIDER) and name.startswith("default"):
            inputs = {"region": region} if isinstance(region, str) else {}
            found.append(Resource(urn, AWS_PROVIDER, name, inputs))
    return found
