"""`pulumi-resource-eks`: a cluster with the child resources that a blueprint contains (`blueprint.pulumi_eks`)."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Mapping
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from blueprint.model import BlueprintError, Resource
from blueprint.pulumi_eks import CLUSTER, Component, expand
from blueprint.references import Reference, references_in, replace_references
from rehearsal.plugins.base import BasePlugin
from rehearsal.plugins.property_paths import at, steps
from rehearsal.plugins.wire import RESOURCE, SIGNATURE, UNKNOWN, Unknown, decoded, encoded, holds_unknown, revealed

# A reference of this type represents an input that is unknown before the update.
_UNKNOWN_INPUT = "rehearsal:index:UnknownInput"
_GET_RESOURCE = "pulumi:pulumi:getResource"


class Plugin(BasePlugin):
    """Creates `eks:index:Cluster`. It refuses inputs that a blueprint cannot expand, with their names."""

    name = "eks"
    accepts_all = True

    def Construct(self, request: Any, context: grpc.ServicerContext) -> Any:
        if request.type != CLUSTER:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{request.type}: this plugin creates only {CLUSTER}")
        try:
            return _Construction(request).run()
        except BlueprintError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


class _Construction:
    """Registers one cluster and its children with the engine. Each child may use outputs of earlier ones."""

    def __init__(self, request: Any) -> None:
        self._request = request
        channel = grpc.insecure_channel(request.monitorEndpoint, options=[("grpc.max_receive_message_length", -1)])
        self._monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
        self._urns: dict[str, str] = {}
        self._states: dict[tuple[str, str], dict[str, Any]] = {}
        self._others: dict[tuple[str, str], str] = {}
        self._dependencies = sorted(
            {*request.dependencies, *(urn for given in request.inputDependencies.values() for urn in given.urns)}
        )

    def run(self) -> Any:
        """Return the component's URN and outputs."""
        request = self._request
        registered = self._monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=request.type,
                name=request.name,
                parent=request.parent,
                custom=False,
                dependencies=request.dependencies,
                providers=request.providers,
                aliases=request.aliases,
                acceptSecrets=True,
                acceptResources=True,
            )
        )
        component = Component(
            urn=registered.urn,
            name=request.name,
            inputs=self._inputs(revealed(decoded(request.inputs)), "inputs"),
            provider=request.providers.get("aws"),
            dependencies=(),
            make_urn=lambda parent, type_, name: f"{parent}${type_}::{name}",
        )
        expansion = expand(component)
        self._urns[component.urn] = registered.urn
        for child in expansion.children:
            self._register(child)
        outputs = encoded(self._resolved(expansion.outputs))
        self._monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=registered.urn, outputs=outputs)
        )
        return provider_pb2.ConstructResponse(urn=registered.urn, state=outputs)

    def _inputs(self, value: Any, path: str) -> Any:
        """Replace unknown inputs and ids of other resources by references."""
        if isinstance(value, Unknown):
            return str(Reference(_UNKNOWN_INPUT, path, "value"))
        if isinstance(value, Mapping) and value.get(SIGNATURE) == RESOURCE:
            qualified, name = value["urn"].split("::", 3)[2:]
            type_ = qualified.split("$")[-1]
            self._others[type_, name] = value["urn"]
            return {**value, "id": str(Reference(type_, name, "id"))}
        if isinstance(value, Mapping):
            return {key: self._inputs(item, f"{path}.{key}") for key, item in value.items()}
        if isinstance(value, list):
            return [self._inputs(item, f"{path}[{index}]") for index, item in enumerate(value)]
        return value

    def _register(self, child: Resource) -> None:
        package = child.type.removeprefix("pulumi:providers:").split(":")[0]
        answer = self._monitor.RegisterResource(
            resource_pb2.RegisterResourceRequest(
                type=child.type,
                name=child.name,
                parent=self._urns[child.parent or ""],
                custom=child.custom,
                object=encoded(self._resolved(dict(child.properties))),
                dependencies=sorted({*self._dependencies, *self._siblings(child)}),
                provider=child.provider or "",
                version=_version(package) if child.custom else "",
                ignoreChanges=child.options.get("ignoreChanges", ()),
                acceptSecrets=True,
                acceptResources=True,
                supportsPartialValues=True,
            )
        )
        self._urns[child.urn] = answer.urn
        id_ = UNKNOWN if self._request.dryRun and not answer.id else answer.id
        self._states[child.type, child.name] = {**revealed(decoded(answer.object)), "id": id_}

    def _siblings(self, child: Resource) -> set[str]:
        named = {urn for urn in child.dependencies if urn in self._urns}
        return {self._urns[urn] for urn in named}

    def _resolved(self, value: Any) -> Any:
        """Replace the references in a value by their values. A text with an unknown part is unknown."""
        if isinstance(value, Mapping) and value.get(SIGNATURE) == RESOURCE:
            return {**value, "urn": self._urns[value["urn"]], "id": self._resolved(value["id"])}
        if isinstance(value, Mapping):
            return {self._text(key): self._resolved(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._resolved(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> Any:
        found = {str(reference): self._value(reference) for reference in references_in(text)}
        if text in found:
            return found[text]
        if any(holds_unknown(value) for value in found.values()):
            return UNKNOWN
        return replace_references(text, lambda reference: str(found[str(reference)]))

    def _value(self, reference: Reference) -> Any:
        if reference.type == _UNKNOWN_INPUT:
            return UNKNOWN
        state = self._states.get((reference.type, reference.name)) or self._other(reference.type, reference.name)
        value = at(state, steps(reference.path))
        return UNKNOWN if value is None and self._request.dryRun else value

    @functools.cache  # noqa: B019 lives as long as one request
    def _other(self, type_: str, name: str) -> dict[str, Any]:
        """Return the state of a resource that the program passes as an input."""
        urn = self._others[type_, name]
        answer = self._monitor.Invoke(
            resource_pb2.ResourceInvokeRequest(tok=_GET_RESOURCE, args=encoded({"urn": urn}), acceptResources=True)
        )
        found = revealed(decoded(getattr(answer, "return")))
        return {**(found.get("state") or {}), "id": found.get("id") or UNKNOWN}


def _version(package: str) -> str:
    return importlib.metadata.version(f"pulumi-{package}")


def main() -> None:
    """Run the plugin."""
    Plugin().run()


if __name__ == "__main__":
    main()
