"""Groups of a blueprint's resources by layer, and dependencies between layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from blueprint.model import Blueprint, Resource

_COMPONENT_PREFIX = "trading:"


@dataclass(frozen=True)
class Layer:
    """A folder of `components`: its name, and the custom resources below its components."""

    name: str
    resources: tuple[Resource, ...]

    @property
    def by_kind(self) -> Counter[str]:
        """Number of resources by kind, such as `ec2/subnet` for type token `aws:ec2/subnet:Subnet`."""
        return Counter(kind_of(resource) for resource in self.resources)


def kind_of(resource: Resource) -> str:
    """Service and class of a type token: `ec2/subnet`; only the class for a Kubernetes object: `Deployment`."""
    package, module, name = resource.type.split(":")
    return name if package == "kubernetes" else module


def layers(blueprint: Blueprint) -> dict[str, Layer]:
    """Layers by name, in alphabetical order. Providers belong to no layer."""
    found: dict[str, list[Resource]] = {}
    for resource in blueprint.resources:
        name = layer_of(blueprint, resource)
        is_provider = resource.type.startswith("pulumi:providers:")
        if name is not None and resource.custom and not is_provider:
            found.setdefault(name, []).append(resource)
    return {name: Layer(name, tuple(found[name])) for name in sorted(found)}


def layer_of(blueprint: Blueprint, resource: Resource) -> str | None:
    """Layer of the outermost component above a resource; None without one."""
    layer = None
    current: Resource | None = resource
    while current is not None:
        if current.type.startswith(_COMPONENT_PREFIX):
            layer = current.type.split(":")[1]
        current = blueprint.by_urn.get(current.parent or "")
    return layer


def dependencies(blueprint: Blueprint) -> dict[str, Counter[str]]:
    """For each layer, the number of its resources' dependencies in each other layer."""
    layer_by_urn = {resource.urn: layer_of(blueprint, resource) for resource in blueprint.resources}
    found: dict[str, Counter[str]] = {}
    for resource in blueprint.resources:
        layer = layer_by_urn[resource.urn]
        if layer is None:
            continue
        counts = found.setdefault(layer, Counter())
        for urn in resource.dependencies:
            other = layer_by_urn.get(urn)
            if other is not None and other != layer:
                counts[other] += 1
    return found


def ranks(edges: Mapping[str, Counter[str]]) -> dict[str, int]:
    """Return the row of each layer: one more than the highest row of the layers that it depends on.

    Two layers can depend on each other through different resources. The weaker direction of such a pair, and the
    weakest edge of a longer cycle, are ignored.
    """
    kept = {layer: set(counts) for layer, counts in edges.items()}
    while True:
        try:
            order = list(TopologicalSorter(kept).static_order())
            break
        except CycleError as error:
            # graphlib lists a cycle from dependency to dependent; the first node is repeated at its end.
            cycle = error.args[1]
            pairs = zip(cycle[1:], cycle, strict=False)
            dependent, dependency = min(pairs, key=lambda pair: (edges[pair[0]][pair[1]], pair))
            kept[dependent].discard(dependency)
    rows: dict[str, int] = {}
    for layer in order:
        rows[layer] = max((rows[other] + 1 for other in kept.get(layer, ())), default=0)
    return rows
