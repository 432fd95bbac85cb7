"""A recorded stack as the checks read it: resources by type and region, plain numbers, names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import references_in
from components.settings import Settings

AWS_PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True)
class Declared:
    """A blueprint and the settings that it was recorded with."""

    blueprint: Blueprint
    settings: Settings

    @property
    def account(self) -> str:
        """The only account that the stack may be declared in."""
        return self.settings.general.account_id

    @property
    def region(self) -> str:
        """The stack's own region."""
        return self.settings.region.name

    @property
    def emulated(self) -> bool:
        """Whether the settings say that AWS is the in-memory one."""
        return self.settings.general.emulator

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Regions that the stack makes resources in, its own first."""
        made = (self.region_of(r) for r in self.blueprint.resources if r.custom and r.type.startswith("aws:"))
        return tuple(dict.fromkeys((self.region, *made)))

    @cached_property
    def tags(self) -> dict[str, str]:
        """Tags of everything that this stack makes: how its own resources are told from others."""
        for provider in self.blueprint.of_type(AWS_PROVIDER):
            if _region(provider) == self.region and "defaultTags" in provider.properties:
                # The engine hands a provider its nested arguments as JSON text.
                return dict(json.loads(provider.properties["defaultTags"])["tags"])
        return {}

    def region_of(self, resource: Resource) -> str:
        """The region of the resource's provider."""
        return self._regions_by_provider.get(resource.provider or "", self.region)

    def of_type(self, region: str | None, *types: str) -> list[Resource]:
        """Resources of some types in one region; None for all regions."""
        found = self.blueprint.of_type(*types)
        return [resource for resource in found if region is None or self.region_of(resource) == region]

    def named(self, value: Any) -> Resource | None:
        """The resource that a reference (`${type::name#path}`) names; None for a plain value."""
        for reference in references_in(value):
            return self.blueprint.by_reference.get((reference.type, reference.name))
        return None

    def texts(self) -> Iterator[tuple[Resource, str]]:
        """Every text among the inputs of the stack's AWS resources."""
        for resource in self.blueprint.resources:
            if resource.type.startswith("aws:"):
                for text in _texts(resource.properties):
                    yield resource, text

    @cached_property
    def _regions_by_provider(self) -> dict[str, str]:
        return {provider.urn: _region(provider) for provider in self.blueprint.of_type(AWS_PROVIDER)}


def number(value: Any, otherwise: int = 0) -> int:
    """An input as a whole number; `otherwise` where it is absent or only known after the update."""
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return otherwise


def _region(provider: Resource) -> str:
    return str(provider.properties["region"])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, Iterable):
        for item in value:
            yield from _texts(item)
