"""Everything that one stack declares, and how its resources refer to each other.

References are followed, names of pulumi's never. In a blueprint a reference is written out. Under the engine it is a
resolved value, found by what it identifies (id, ARN, name, URL), or an unknown, found by the property's dependencies.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policy.arns import account_of
from policy.resources import Resource
from policy.tokens import AWS_PROVIDER, IAM_POLICY, STACK, usual
from policy.values import NotEvaluatedError, Unknown, parsed, references_in, unknown_in

_IN_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")
_URN_PARTS = 3
# AWS General Reference, "Amazon Resource Names": partitions.
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_IDENTIFYING = ("id", "arn", "name", "bucket", "identifier", "url", "family", "keyId")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a reference means that leads out of the stack: an output of another stack, or an AWS name or ARN."""

    value: str


Target = Resource | Elsewhere


class Stack:
    """The resources of one stack; `outputs` are its exports where they are known."""

    def __init__(self, name: str, resources: Iterable[Resource], outputs: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.resources = tuple(resources)
        self.outputs = outputs or {}
        self._kept: dict[str, Any] = {}
        self._attached: dict[tuple[str, str], tuple[Mapping[str, list[Resource]], list[tuple[Resource, Unknown]]]] = {}

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` returns, kept under a name: for a reading of the whole stack that several rules share."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    @cached_property
    def urn(self) -> str:
        """The URN of the stack's own resource; of a stack of which nothing says it, its name."""
        for resource in self.resources:
            if resource.type == STACK:
                return resource.urn
            if resource.urn.startswith("urn:pulumi:") and resource.urn.count("::") >= _URN_PARTS:
                stack, project, *_ = resource.urn.split("::")
                return f"{stack}::{project}::{STACK}::{project}-{stack.rpartition(':')[2]}"
        return self.name

    @cached_property
    def project(self) -> str:
        """The project of the stack, empty where no URN says it."""
        parts = self.urn.split("::")
        return parts[1] if len(parts) > 1 else ""

    @cached_property
    def by_urn(self) -> dict[str, Resource]:
        """Resources by URN."""
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        grouped: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            grouped[resource.type].append(resource)
        return grouped

    def of_type(self, *types: str) -> list[Resource]:
        """Resources whose type token is one of `types`."""
        return [resource for type_ in types for resource in self._by_type.get(type_, ())]

    # Accounts and regions

    @cached_property
    def accounts(self) -> frozenset[str]:
        """The account that the stack lives in, as far as anything tells it.

        Told by the providers' `allowedAccountIds` or by what the cloud has called the resources; where neither does,
        by the number that most ARNs of the plan have.
        """
        providers = self.of_type(AWS_PROVIDER)
        found = {account for provider in providers for account in _allowed(provider.peek("allowedAccountIds"))}
        if not found:
            arns = (r.identity.get("arn") for r in self.resources if r.type.startswith("aws:"))
            found = {a for arn in arns if isinstance(arn, str) and (a := account_of(arn)) is not None}
        if not found:
            named = Counter(a for r in self.resources for a in _account_numbers(r.properties))
            found = {account for account, _ in named.most_common(1)}
        return frozenset(found)

    def region_of(self, resource: Resource) -> str:
        """The region that a resource names, or that its provider serves.

        Raises `NotEvaluatedError` when nothing says it.
        """
        if isinstance(resource.peek("region"), str) and not resource.type.startswith("pulumi:"):
            return resource.text("region")
        if resource.provider is None:
            raise NotEvaluatedError("provider", "is not told, so the region is not known")
        provider = self.by_urn.get(resource.provider)
        if provider is None:
            raise NotEvaluatedError("provider", f"{resource.provider} is not in the plan")
        return provider.text("region")

    @cached_property
    def region(self) -> str:
        """The region of most resources. Raises `NotEvaluatedError` when no provider says one."""
        counted = Counter(resource.provider for resource in self.resources if resource.provider)
        regions: Counter[str] = Counter()
        for urn, count in counted.items():
            provider = self.by_urn.get(urn)
            if provider is not None and provider.type == AWS_PROVIDER:
                regions[provider.text("region")] += count
        if not regions:
            raise NotEvaluatedError("region", "no AWS provider in the plan says it")
        return regions.most_common(1)[0][0]

    def home(self, *types: str) -> list[Resource]:
        """Resources of these types in the stack's own region; those that it declares in the other one are left out."""
        return [r for r in self.of_type(*types) if r.provider is None or self.region_of(r) == self.region]

    @cached_property
    def standing_by(self) -> bool:
        """Whether the stack makes something in another region, as a recovery stack does until it takes over."""
        used = {resource.provider for resource in self.resources}
        providers = (provider for provider in self.of_type(AWS_PROVIDER) if provider.urn in used)
        return any(provider.text("region") != self.region for provider in providers)

    def exported(self, name: str) -> Any:
        """An output of the stack. Raises `NotEvaluatedError` when the stack does not export it."""
        if name not in self.outputs:
            raise NotEvaluatedError(f"outputs.{name}", "is not exported")
        value = parsed(self.outputs[name], f"outputs.{name}")
        return value.refuse() if isinstance(value, Unknown) else value

    # References

    def targets(self, resource: Resource, path: str, *types: str) -> list[Target]:
        """What the value at `path` refers to; of the resources only those of `types`, if any are given.

        Raises `NotEvaluatedError` when the value is unknown and its dependencies do not tell.
        """
        return self.resolved(resource, path, resource.peek(path), *types)

    def resolved(self, resource: Resource, path: str, value: Any, *types: str) -> list[Target]:
        """What `value`, which stands somewhere below `path`, refers to; as `targets` otherwise."""
        if value is None:
            return []
        if (unknown := unknown_in(value)) is not None:
            return self._by_dependency(resource, path, types) or unknown.refuse()
        if isinstance(value, list):  # One item may be a reference, and the next one an ARN.
            return [target for item in value for target in self.resolved(resource, path, item, *types)]
        found = [target for target in self._by_reference(value) if _fits(target, types)]
        if found:
            return found
        return [target for literal in _texts(value) for target in self._by_value(literal, types)]

    def target(self, resource: Resource, path: str, *types: str) -> Target | None:
        """The first of `targets`, None where nothing stands at `path`."""
        return next(iter(self.targets(resource, path, *types)), None)

    def declared(self, resource: Resource, path: str, *types: str) -> Resource | None:
        """The resource of this stack that the value at `path` refers to, None for anything else."""
        return next((t for t in self.targets(resource, path, *types) if isinstance(t, Resource)), None)

    def in_plan(self, resource: Resource, path: str, *types: str) -> Resource | None:
        """As `declared`, None where nothing stands at `path`. Raises `NotEvaluatedError` for anything else."""
        found = self.targets(resource, path, *types)
        declared = next((target for target in found if isinstance(target, Resource)), None)
        if found and declared is None:
            raise NotEvaluatedError(path, f"names what is not in the plan: {resource.peek(path)!r}")
        return declared

    def referred_by(self, other: Stack, resource: Resource, path: str, value: Any = None) -> list[Resource]:
        """Resources of this stack that another stack's resource refers to at `path`, by an output or a literal.

        `value` is what stands there, where it stands in a list below `path`.
        """
        found: list[Resource] = []
        for target in other.resolved(resource, path, resource.peek(path) if value is None else value):
            if isinstance(target, Elsewhere):
                found += [t for t in self._by_reference(self._output(target.value)) if isinstance(t, Resource)]
                found += self._by_identity.get(target.value, ())
        return found

    def _output(self, reference: str) -> Any:
        value: Any = {"outputs": self.outputs}
        for key in reference.partition("#")[2].split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def attached(self, target: Resource, type_: str, path: str) -> list[Resource]:
        """Resources of `type_` whose value at `path` refers to `target`.

        Raises `NotEvaluatedError` when none does for certain, but one might.
        """
        by_target, undecided = self._attachments(type_, path)
        found = list(by_target.get(target.urn, ()))
        maybe = []
        for resource, unknown in undecided:
            reached = self._by_dependency(resource, path, (target.type,))
            if target in reached:
                found.append(resource)
            elif not reached:
                maybe.append(unknown)
        return found if found or not maybe else maybe[0].refuse()

    def _attachments(
        self, type_: str, path: str
    ) -> tuple[Mapping[str, list[Resource]], list[tuple[Resource, Unknown]]]:
        key = (type_, path)
        if key not in self._attached:
            by_target: dict[str, list[Resource]] = defaultdict(list)
            undecided = []
            for resource in self.of_type(type_):
                value = resource.peek(path)
                if (unknown := unknown_in(value)) is not None:
                    undecided.append((resource, unknown))
                    continue
                targets = self.resolved(resource, path, value)
                for urn in {target.urn for target in targets if isinstance(target, Resource)}:
                    by_target[urn].append(resource)
            self._attached[key] = (by_target, undecided)
        return self._attached[key]

    def _by_dependency(self, resource: Resource, path: str, types: tuple[str, ...]) -> list[Target]:
        """What an unknown value at `path` comes from: a resource of `types`, or one that hands its identity on.

        The id of a secret, say, may be taken from its version, which has it from the secret: the one secret that the
        version depends on is meant. Where there are several nothing is said.
        """
        urns = resource.dependencies.get(path.split(".")[0], ())
        direct = [self.by_urn[urn] for urn in urns if urn in self.by_urn]
        found: list[Target] = [target for target in direct if _fits(target, types)]
        if found or not types:
            return found
        handed_on = {urn for between in direct for on in between.dependencies.values() for urn in on}
        reached: list[Target] = [t for urn in handed_on if (t := self.by_urn.get(urn)) is not None and _fits(t, types)]
        return reached if len(reached) == 1 else []

    def _by_reference(self, value: Any) -> Iterator[Target]:
        for reference in references_in(value):
            if reference.elsewhere:
                yield Elsewhere(f"{reference.name}#{reference.path}")
            elif (resource := self._by_type_and_name.get((usual(reference.type), reference.name))) is not None:
                yield resource

    def _by_value(self, literal: str, types: tuple[str, ...]) -> list[Target]:
        found = [r for r in self._by_identity.get(literal, ()) if not types or r.type in types]
        return list(found) if found else [Elsewhere(literal)]

    @cached_property
    def _by_type_and_name(self) -> dict[tuple[str, str], Resource]:
        return {(resource.type, resource.name): resource for resource in self.resources}

    @cached_property
    def _by_identity(self) -> dict[str, list[Resource]]:
        identities: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            if not resource.custom:
                continue
            values = {
                value
                for known in (resource.properties, resource.identity)
                for key in _IDENTIFYING
                if isinstance(value := known.get(key), str) and value
            }
            if resource.type.endswith(":Bucket") and isinstance(bucket := resource.properties.get("bucket"), str):
                values.add(f"arn:aws:s3:::{bucket}")
            if resource.type == IAM_POLICY:
                values.update(self._arns_of_policy(resource))
            for value in values:
                identities[value].append(resource)
        return identities

    def _arns_of_policy(self, policy: Resource) -> Iterator[str]:
        """The ARNs that a program may write for a policy before it exists (IAM User Guide, "IAM identifiers")."""
        name, path = policy.properties.get("name"), policy.properties.get("path") or "/"
        if isinstance(name, str) and isinstance(path, str):
            for account in self.accounts:
                yield from (f"arn:{partition}:iam::{account}:policy{path}{name}" for partition in _PARTITIONS)


def _allowed(value: Any) -> list[Any]:
    if isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _account_numbers(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if "arn:" in value:
            yield from _IN_ARN.findall(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _account_numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _account_numbers(item)


def _fits(target: Target, types: tuple[str, ...]) -> bool:
    return not types or isinstance(target, Elsewhere) or target.type in types


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value; of a JSON document, such as a redrive policy, those in it."""
    if isinstance(value, Unknown):
        value.refuse()
    if isinstance(value, str):
        if value.startswith(("{", "[")):
            with suppress(ValueError):
                value = json.loads(value)
                yield from _texts(value)
                return
        if value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
