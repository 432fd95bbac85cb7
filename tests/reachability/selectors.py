"""What a stack selects by tag or by name, and what of it there is to select."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from blueprint import Blueprint, Resource

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


@dataclass(frozen=True)
class Tagged:
    """Something that carries tags in the stack's region: `kind` is instance, volume, group, or a type of resource."""

    kind: str
    name: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Selector:
    """Who selects, things of which kinds (any, where it names none), by which tags; values may hold `*`."""

    name: str
    kinds: tuple[str, ...]
    tags: Mapping[str, tuple[str, ...]]

    def selects(self, thing: Tagged) -> bool:
        """Whether the thing carries every tag with one of its values."""
        return (not self.kinds or thing.kind in self.kinds) and all(
            any(fnmatch(str(thing.tags.get(key, "")), value) for value in values) for key, values in self.tags.items()
        )


def here(stack: Blueprint, *types: str) -> Iterator[Resource]:
    """Resources of the stack's own region."""
    for resource in stack.of_type(*types) if types else stack.resources:
        if resource.custom and not (resource.provider or "").endswith("::primary-side"):
            yield resource


def things(stack: Blueprint) -> Iterator[Tagged]:
    """What carries tags: resources, with the provider's default tags, and what launch templates and groups make."""
    defaults = _default_tags(stack)
    for resource in here(stack):
        tags = resource.properties.get("tags")
        if resource.type == "aws:autoscaling/group:Group":
            yield Tagged("group", resource.name, {each["key"]: each["value"] for each in tags or []})
        elif resource.type == "aws:ec2/instance:Instance":
            launched = _launched(stack, "instance")
            yield Tagged("instance", resource.name, {**launched, **defaults, **(tags or {})})
        elif resource.type.startswith("aws:") and isinstance(tags, Mapping):
            yield Tagged(resource.type, resource.name, {**defaults, **tags})
        if resource.type == "aws:autoscaling/tag:Tag":
            tag = resource.properties["tag"]
            yield Tagged("node group", resource.name, {tag["key"]: tag["value"]})
        for specification in resource.properties.get("tagSpecifications", []) if resource.type == TEMPLATE else []:
            yield Tagged(specification["resourceType"], resource.name, specification["tags"])
        if resource.type == "kubernetes:storage.k8s.io/v1:StorageClass":
            specified = [v for k, v in resource.properties.get("parameters", {}).items() if "tagSpecification" in k]
            yield Tagged("volume", resource.name, dict(each.split("=", 1) for each in specified))


def selectors(stack: Blueprint) -> Iterator[Selector]:
    """Every selection by tag that the stack declares for its own region."""
    targets = "aws:ssm/maintenanceWindowTarget:MaintenanceWindowTarget", "aws:ssm/association:Association"
    for window in here(stack, *targets):
        for target in window.properties["targets"]:
            if target["key"].startswith("tag:"):
                wanted = {target["key"].removeprefix("tag:"): tuple(target["values"])}
                yield Selector(f"{window.type} {window.name}", ("instance",), wanted)
    for group in here(stack, "aws:ssm/patchGroup:PatchGroup"):
        yield Selector(f"patch group {group.name}", ("instance",), {"PatchGroup": (group.properties["patchGroup"],)})
    for plan in here(stack, "aws:backup/selection:Selection"):
        tags = {each["key"]: (each["value"],) for each in plan.properties["selectionTags"]}
        yield Selector(f"backup selection {plan.name}", (), tags)
    for policy in here(stack, "aws:dlm/lifecyclePolicy:LifecyclePolicy"):
        details = policy.properties["policyDetails"]
        kinds = tuple(each.lower() for each in details["resourceTypes"])
        tags = {key: (value,) for key, value in details["targetTags"].items()}
        yield Selector(f"snapshot policy {policy.name}", kinds, tags)
    yield from _discoveries(stack)
    yield from _conditions(stack)


def _discoveries(stack: Blueprint) -> Iterator[Selector]:
    """What programs in the cluster look for: the autoscaler its groups, Prometheus its hosts."""
    for release in stack.of_type("kubernetes:helm.sh/v3:Release"):
        for tag in release.properties["values"].get("autoDiscovery", {}).get("tags", []):
            yield Selector(f"autoscaler {tag}", ("node group",), {tag: ("?*",)})
    for resource in stack.resources:
        for search in resource.properties.get("spec", {}).get("ec2SDConfigs", []) if resource.custom else []:
            names = [each["values"] for each in search["filters"] if each["name"] == "tag:Name"]
            yield Selector(f"scraping {resource.name}", ("instance",), {"Name": tuple(names[0])})


def _conditions(stack: Blueprint) -> Iterator[Selector]:
    """Tags of the platform's own that roles are bound to; those that a service sets itself are not the platform's."""
    for policy in here(stack, "aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"):
        for statement in json.loads(policy.properties["policy"])["Statement"]:
            for tests in statement.get("Condition", {}).values():
                for key, value in tests.items():
                    match = re.fullmatch(r"aws:ResourceTag/(.+)", key)
                    if match and match[1] != "managedByFIS":
                        values = tuple(value) if isinstance(value, list) else (value,)
                        yield Selector(f"{policy.name} {statement.get('Sid')}", (), {match[1]: values})


def _default_tags(stack: Blueprint) -> Mapping[str, str]:
    defaults: Any = stack.one("pulumi:providers:aws", "regional").properties["defaultTags"]
    return (json.loads(defaults) if isinstance(defaults, str) else defaults)["tags"]


def _launched(stack: Blueprint, kind: str) -> Mapping[str, str]:
    for template in stack.of_type(TEMPLATE):
        if template.name == "engine-fixed":
            for specification in template.properties["tagSpecifications"]:
                if specification["resourceType"] == kind:
                    return specification["tags"]
    return {}
