"""A resource monitor that records complete registrations and answers them with references."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import resource_pb2

from blueprint.model import BlueprintError, Resource
from blueprint.outputs import computed_outputs
from blueprint.pulumi_eks import CLUSTER, Component, Expansion, expand, state_of
from blueprint.references import STACK_REFERENCE, Reference
from blueprint.secrets import SECRET_SIGNATURE, SIGNATURE_KEY, Secret, holds_secret, revealed

StackOutputs = Mapping[str, Mapping[str, Any]]
"""Outputs of other stacks, by organization/project/stack."""


class _NoMocks(mocks.Mocks):
    """The recorder answers registrations itself; a call to a provider function is refused."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict, list[tuple[str, str]] | None]:
        raise BlueprintError(
            f"the program calls {args.token} while it is evaluated; the same settings must always declare the "
            "same graph, so look nothing up: make it a setting"
        )

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict]:
        raise AssertionError("the recorder answers registrations itself")


class Recorder(mocks.MockMonitor):
    """Records the registrations of one program run."""

    def __init__(self, stack_outputs: StackOutputs) -> None:
        super().__init__(_NoMocks())
        self._stack_outputs = stack_outputs
        self._recorded: dict[str, Resource] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._outputs_of: dict[str, Mapping[str, Any]] = {}
        self._root: str | None = None
        self._lock = threading.Lock()

    @property
    def recorded(self) -> tuple[Resource, ...]:
        """All registered resources except the stack itself, sorted by URN."""
        return tuple(
            replace(resource, outputs_registered=urn in self._outputs_of)
            for urn, resource in sorted(self._recorded.items())
        )

    @property
    def stack_outputs(self) -> Mapping[str, Any]:
        """The program's exports."""
        return self._outputs_of.get(self._root or "", {})

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return the engine's URN: types of all parents except the stack, then the resource's own."""
        if parent and parent != self._root:
            type_ = f"{parent.split('::')[2]}${type_}"
        return f"urn:pulumi:{settings.get_stack()}::{settings.get_project()}::{type_}::{name}"

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            self._root = urn
            return resource_pb2.RegisterResourceResponse(urn=urn)
        properties = plain(request.object)
        with self._lock:
            self._claim_name(request.type, request.name, urn)
            self._recorded[urn] = self._resource(request, urn, properties)
        if request.remote:
            return self._register_remote(request, urn, properties)
        id_ = str(Reference(request.type, request.name, "id")) if request.custom else ""
        answer = computed_outputs(request.type, request.name, properties) if request.custom else properties
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, id_, answer)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=struct(answer))

    def _register_remote(
        self, request: Any, urn: str, properties: Mapping[str, Any]
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a component that a plugin creates, with its children as the plugin would declare them."""
        expansion = self._expanded(request, urn, properties)
        with self._lock:
            for child in expansion.children:
                self._claim_name(child.type, child.name, child.urn)
                self._recorded[child.urn] = child
                self._outputs_of[child.urn] = {}
        for child in expansion.children:
            registered = mocks.MockMonitor.ResourceRegistration(child.urn, str(child.reference("id")), state_of(child))
            self.resources[child.urn] = registered
        self._outputs_of[urn] = expansion.outputs
        return resource_pb2.RegisterResourceResponse(urn=urn, object=struct(expansion.outputs))

    def _expanded(self, request: Any, urn: str, properties: Mapping[str, Any]) -> Expansion:
        if request.type != CLUSTER:
            raise BlueprintError(
                f"{request.type} {request.name!r} is created by a plugin, and only the expansion of "
                f"{CLUSTER} is known: declare its resources directly"
            )
        return expand(
            Component(
                urn=urn,
                name=request.name,
                inputs=properties,
                provider=_provider_urn(request.providers.get("aws", "")),
                dependencies=tuple(sorted(set(request.dependencies) - {self._root})),
                make_urn=self.make_urn,
            )
        )

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:  # noqa: N802
        self._outputs_of[request.urn] = plain(request.outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        if request.type != STACK_REFERENCE:
            raise BlueprintError(
                f"the program reads {request.type} {request.name!r} while it runs; only other stacks may be read"
            )
        urn = self.make_urn(request.parent, request.type, request.name)
        name = plain(request.properties)["name"]
        if name not in self._stack_outputs:
            raise BlueprintError(f"the program refers to stack {name!r}, whose outputs are not known here")
        outputs = self._stack_outputs[name]
        secret = [output for output, value in outputs.items() if holds_secret(value)]
        # Mark only secret outputs, by name, as the engine does; otherwise all outputs of the stack count as secret.
        state = {"name": name, "outputs": revealed(dict(outputs)), "secretOutputNames": secret}
        return resource_pb2.ReadResourceResponse(urn=urn, properties=struct(state))

    def _claim_name(self, type_: str, name: str, urn: str) -> None:
        """Claim a type and name: both together must be unique in a stack, because references use them."""
        key = (type_, name)
        if key in self._names:
            raise BlueprintError(
                f"{type_} {name!r} is declared twice, as {self._names[key]} and {urn}; give one of them another name"
            )
        self._names[key] = urn

    def _resource(self, request: Any, urn: str, properties: Mapping[str, Any]) -> Resource:
        return Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent if request.parent != self._root else None,
            provider=_provider_urn(request.provider),
            properties=properties,
            dependencies=tuple(sorted(set(request.dependencies) - {self._root})),
            options=_options(request),
        )


def _provider_urn(reference: str) -> str | None:
    """Return the URN of a provider reference `<urn>::<id>`; the URN itself has four parts."""
    return "::".join(reference.split("::")[:4]) or None


def _options(request: Any) -> dict[str, Any]:
    """Return the lifecycle options that were set."""
    aliases = [*request.aliasURNs, *(_alias(alias) for alias in request.aliases)]
    timeouts = {
        action: getattr(request.customTimeouts, action)
        for action in ("create", "update", "delete")
        if getattr(request.customTimeouts, action)
    }
    options = {
        "protect": request.protect,
        "retainOnDelete": request.retainOnDelete,
        "ignoreChanges": list(request.ignoreChanges),
        "replaceOnChanges": list(request.replaceOnChanges),
        "deleteBeforeReplace": request.deleteBeforeReplace,
        "deletedWith": request.deletedWith,
        "additionalSecretOutputs": list(request.additionalSecretOutputs),
        "aliases": aliases,
        "customTimeouts": timeouts,
        "import": request.importId,
    }
    return {name: value for name, value in options.items() if value}


def _alias(alias: Any) -> str | dict[str, Any]:
    return alias.urn or json_format.MessageToDict(alias.spec)


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Convert a protobuf struct to Python values: integers as int, secrets as `Secret`, assets as they were sent."""
    return {key: _plain_value(value) for key, value in message.fields.items()}


def _plain_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = plain(value.struct_value)
        if fields.get(SIGNATURE_KEY) == SECRET_SIGNATURE:
            return Secret(fields.get("value"))
        return fields
    if kind == "list_value":
        return [_plain_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "null_value" or kind is None:
        return None
    return getattr(value, kind)


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Convert Python values to the protobuf struct of the engine's answers."""
    message = struct_pb2.Struct()
    message.update(_sendable(dict(values)))
    return message


def _sendable(value: Any) -> Any:
    if isinstance(value, Secret):
        return rpc.wrap_rpc_secret(_sendable(value.value))
    if isinstance(value, Mapping):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sendable(item) for item in value]
    return value
