"""Input and result of an expansion: a pulumi-eks component, and its children with their outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from blueprint.model import BlueprintError, Resource
from blueprint.outputs import computed_outputs
from blueprint.secrets import revealed

CLUSTER = "eks:index:Cluster"

# The signature of a resource reference (pulumi/sdk, resource/properties: SigKey, ResourceReferenceSig).
_SIGNATURE_KEY, _RESOURCE = "4dabf18193072939515e22adb298388d", "5cf8f73096256a8f31e491e813e4eb8e"
# Inputs that are not modelled here, and the alternative.
_NOT_EXPANDED = {
    "autoMode": "declare the node groups",
    "creationRoleProvider": "use providerCredentialOpts",
    "fargate": "declare an aws.eks.FargateProfile",
    "instanceRole": "declare the node groups with their roles",
    "instanceRoles": "declare the node groups with their roles",
    "nodeGroupOptions": "declare the node groups",
    "roleMappings": "use accessEntries",
    "storageClasses": "declare the storage classes",
    "userMappings": "use accessEntries",
}


@dataclass(frozen=True)
class Component:
    """The component as the program declares it: URN, name, inputs, AWS provider, and dependencies.

    `make_urn` returns the URN of a child from its parent's URN, its type and its name.
    """

    urn: str
    name: str
    inputs: Mapping[str, Any]
    provider: str | None
    dependencies: tuple[str, ...]
    make_urn: Callable[[str, str, str], str]


@dataclass(frozen=True)
class Expansion:
    """The children that the plugin would register, in its order, and its outputs."""

    children: tuple[Resource, ...]
    outputs: Mapping[str, Any]


def refuse(component: Component) -> None:
    """Raise `BlueprintError` that names each input that is not modelled here."""
    inputs = component.inputs
    refused = {name: way for name, way in _NOT_EXPANDED.items() if inputs.get(name)}
    if not inputs.get("skipDefaultNodeGroup"):
        refused["skipDefaultNodeGroup"] = "set it, and declare the node groups"
    if inputs.get("authenticationMode") != "API":
        refused["authenticationMode"] = "set API, and use accessEntries"
    for required in ("vpcId", "version"):
        if not inputs.get(required):
            refused[required] = "set it: the plugin would look it up"
    if refused:
        listed = "; ".join(f"{name}: {way}" for name, way in sorted(refused.items()))
        raise BlueprintError(f"{CLUSTER} {component.name!r} has inputs that a blueprint cannot expand: {listed}")


def state_of(child: Resource) -> dict[str, Any]:
    """Outputs of a child, as the engine returns them for a resource reference."""
    return computed_outputs(child.type, child.name, child.properties)


def resource_value(child: Resource) -> dict[str, Any]:
    """A child as a property value; the SDK turns it into a resource through its URN."""
    return {
        _SIGNATURE_KEY: _RESOURCE,
        "urn": child.urn,
        "id": str(child.reference("id")),
        "packageVersion": "",
    }


def reference_of(value: Any, path: str) -> str:
    """A property of a resource that was given as an input, from its id: `${<type>::<name>#id}`."""
    given = str(revealed(value)["id"])
    return given.removesuffix("#id}") + f"#{path}}}"
