"""Translate one stack's blueprint into one Terraform document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import Reference, references_in
from blueprint.secrets import holds_secret, revealed
from rehearsal.lowering.assets import Packer
from rehearsal.lowering.expressions import path, text
from rehearsal.lowering.naming import resource_name, snake, terraform_type
from rehearsal.lowering.options import lifecycle, moved, timeouts
from rehearsal.lowering.schema import Block
from rehearsal.lowering.secrets import RANDOM_PASSWORD, Password, passwords
from rehearsal.lowering.values import Writer

AWS_PROVIDER = "pulumi:providers:aws"


class LoweringError(Exception):
    """The translation of a blueprint failed; the message names the resource and the property."""


class ProviderSchema:
    """Schemas of the provider's types; `load` returns the raw block of a type."""

    def __init__(
        self, types: frozenset[str], provider: Mapping[str, Any], load: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self.types = types
        self.provider = Block("provider", provider)
        self._load = load
        self._blocks: dict[str, Block] = {}

    def block(self, type_: str) -> Block:
        """Return the schema of a type that the provider has."""
        if type_ not in self._blocks:
            self._blocks[type_] = Block(type_, self._load(type_))
        return self._blocks[type_]


@dataclass(frozen=True)
class Lowered:
    """A stack as Terraform JSON.

    `addresses`: Terraform addresses by URN. `skipped`: (type, name, reason) of resources that the provider cannot
    create. `unsupported_arguments`: `<type>.<name>: <argument>`. `retained`: addresses that the engine removes from the
    state instead of destroying, when the stack stops declaring them. `passwords`: passwords by variable.
    """

    document: Mapping[str, Any]
    addresses: Mapping[str, str]
    skipped: tuple[tuple[str, str, str], ...]
    unsupported_arguments: tuple[str, ...]
    retained: frozenset[str]
    passwords: Mapping[str, Password]

    def to_text(self) -> str:
        """Return the document as the text of a file."""
        return json.dumps(self.document, indent=2, sort_keys=True) + "\n"


def lower(blueprint: Blueprint, schema: ProviderSchema, *, root: Path, folder: Path, provider_version: str) -> Lowered:
    """Translate a stack into Terraform JSON. Archives go to `folder`; asset paths are relative to `root`.

    Raises `LoweringError` if a reference names an output that the provider lacks.
    """
    return _Lowering(blueprint, schema, Packer(root, folder)).run(provider_version)


@dataclass
class _Lowering:
    blueprint: Blueprint
    schema: ProviderSchema
    packer: Packer
    unsupported: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str, str]] = field(default_factory=list)

    def run(self, provider_version: str) -> Lowered:
        self.passwords = passwords(self.blueprint)
        self.aliases = {resource.urn: resource_name(resource.name) for resource in self.blueprint.of_type(AWS_PROVIDER)}
        self.types = self._known_types()
        self.addresses = {
            urn: f"{type_}.{resource_name(self.blueprint.by_urn[urn].name)}" for urn, type_ in self.types.items()
        }
        resources = self._resources()
        document = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": provider_version}}},
            "provider": {"aws": [self._provider(urn) for urn in self.aliases]},
            "resource": resources,
            "output": {name: self._output(value) for name, value in self.blueprint.outputs.items()},
            "variable": self._variables(resources),
            "moved": moved(self.blueprint, self.addresses),
        }
        return Lowered(
            document={key: value for key, value in document.items() if value},
            addresses=self.addresses,
            skipped=tuple(self.skipped),
            unsupported_arguments=tuple(sorted(self.unsupported)),
            retained=frozenset(
                address
                for urn, address in self.addresses.items()
                if self.blueprint.by_urn[urn].options.get("retainOnDelete")
            ),
            passwords={password.variable: password for password in self.passwords.values()},
        )

    def _resources(self) -> dict[str, dict[str, Any]]:
        """Return the arguments of all resources by type and name.

        Skip a resource that refers to an output that the provider lacks, and every resource that refers to a skipped
        one.
        """
        while True:
            resources: dict[str, dict[str, Any]] = {}
            self.unsupported.clear()
            lacking: list[tuple[str, str]] = []
            for urn, type_ in self.types.items():
                resource = self.blueprint.by_urn[urn]
                try:
                    resources.setdefault(type_, {})[resource_name(resource.name)] = self._resource(resource, type_)
                except KeyError as error:
                    lacking.append((urn, str(error.args[0])))
            if not lacking:
                return resources
            for urn, reason in lacking:
                resource = self.blueprint.by_urn[urn]
                self.skipped.append((resource.type, resource.name, f"the installed provider: {reason}"))
                del self.types[urn], self.addresses[urn]

    def _known_types(self) -> dict[str, str]:
        types: dict[str, str] = {}
        for resource in self.blueprint.resources:
            if not resource.type.startswith("aws:") or not resource.custom:
                continue
            type_ = terraform_type(resource.type, self.schema.types)
            if type_ is None or type_ not in self.schema.types:
                self.skipped.append((resource.type, resource.name, "the installed provider has no such type"))
            else:
                types[resource.urn] = type_
        return types

    def _provider(self, urn: str) -> dict[str, Any]:
        """Return the configuration of a provider."""
        resource = self.blueprint.by_urn[urn]
        inputs = {key: decoded_input(value) for key, value in revealed(dict(resource.properties)).items()}
        writer = Writer(self._target, self.packer)
        written = writer.block(self.schema.provider, inputs)
        self.unsupported += [f"{resource.type}.{resource.name}: {name}" for name in writer.unsupported]
        return {"alias": self.aliases[urn], **written}

    def _resource(self, resource: Resource, type_: str) -> dict[str, Any]:
        block = self.schema.block(type_)
        writer = Writer(self._target, self.packer)
        try:
            written = writer.block(block, revealed(dict(resource.properties)))
        except ValueError as error:
            raise LoweringError(f"{resource.type} {resource.name!r}: {error.args[0]}") from error
        self.unsupported += [f"{resource.type}.{resource.name}: {name}" for name in writer.unsupported]
        if "name" not in written and block.attributes.get("name", {}).get("required"):
            written["name"] = resource.name
        meta = {
            "provider": f"aws.{self.aliases[resource.provider]}" if resource.provider else None,
            "depends_on": self._extra_dependencies(resource),
            "lifecycle": lifecycle(resource, block),
            "timeouts": timeouts(resource, block),
        }
        return {**written, **{key: value for key, value in meta.items() if value}}

    def _extra_dependencies(self, resource: Resource) -> list[str]:
        """Return dependencies without a reference in any argument."""
        shown = {(r.type, r.name) for r in references_in(revealed(dict(resource.properties)))}
        wanted = [self.blueprint.by_urn[urn] for urn in resource.dependencies if urn in self.blueprint.by_urn]
        return sorted(
            self.addresses[other.urn]
            for other in wanted
            if other.urn in self.addresses and (other.type, other.name) not in shown
        )

    def _target(self, reference: Reference) -> str:
        if reference.type == RANDOM_PASSWORD:
            return f"var.{self.passwords[reference.name].variable}"
        resource = self.blueprint.by_reference.get((reference.type, reference.name))
        if resource is None or resource.urn not in self.addresses:
            raise KeyError(f"refers to {reference}, which the Terraform document does not declare")
        return path(reference, self.addresses[resource.urn], self.schema.block(self.types[resource.urn]))

    def _output(self, value: Any) -> dict[str, Any]:
        secret = holds_secret(value)
        try:
            written = self._output_value(revealed(value))
        except KeyError as error:
            raise LoweringError(f"an export {error.args[0]}") from error
        return {"value": written, **({"sensitive": True} if secret else {})}

    def _output_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return text(value, self._target)
        if isinstance(value, Mapping):
            return {key: self._output_value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._output_value(item) for item in value]
        return value

    def _variables(self, resources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            password.variable: {"type": "string", "sensitive": True, **self._ephemeral(password, resources)}
            for password in self.passwords.values()
        }

    def _ephemeral(self, password: Password, resources: Mapping[str, Mapping[str, Any]]) -> dict[str, bool]:
        """Keep a password out of state and plan if only write-only arguments use it."""
        mark = f"var.{password.variable}}}"
        write_only = all(
            self.schema.block(type_).attributes.get(name, {}).get("write_only", False)
            for type_, named in resources.items()
            for arguments in named.values()
            for name, value in arguments.items()
            if mark in json.dumps(value)
        )
        return {"ephemeral": True} if write_only else {}


def decoded_input(value: Any) -> Any:
    """Return a provider's input as a value. The SDK encodes all inputs except plain strings as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except json.JSONDecodeError:
        return value
    # A string of digits, such as an account id, is a plain string and not JSON.
    return value if isinstance(decoded, int | float | str) and not isinstance(decoded, bool) else decoded


__all__ = ["AWS_PROVIDER", "Lowered", "LoweringError", "ProviderSchema", "lower", "snake"]
